// Switching the watchdog on, and feeding it.
#pragma once

#include <stdint.h>

void watchdog_set(int32_t timeout_ms);
void watchdog_feed(void);
