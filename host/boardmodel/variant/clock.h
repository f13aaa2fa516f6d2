// Setting the board's clock.
#pragma once

#include <stdint.h>

void clock_set(int64_t seconds);  // since 1970, as this model counts
void clock_set_right(void);  // to the PC's time, which the model's time server has
