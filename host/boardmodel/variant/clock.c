// The clock of the powered board: 2000-01-01 when power comes on, right only after somebody has set it.

#include <string.h>
#include <time.h>

#include "board.h"
#include "clock.h"

#define YEAR_2000_S (946684800LL)

static int64_t offset_us;  // what has to be added to the PC's clock; 0 where this is no board

static int64_t real_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void set_offset(int64_t us) {
    offset_us = us;
    memcpy((void *)&board_world[WORLD_CLOCK_OFFSET_US], &offset_us, sizeof(offset_us));
}

void clock_set(int64_t seconds) {
    set_offset(seconds * 1000000 - real_us());
}

void clock_set_right(void) {
    set_offset(0);
}

// The RTC runs on through every reset but the loss of power.
void clock_start(void) {
    if (board_cause == CAUSE_PWRON) {
        clock_set(YEAR_2000_S);
    } else {
        memcpy(&offset_us, (const void *)&board_world[WORLD_CLOCK_OFFSET_US], sizeof(offset_us));
    }
}

// What MicroPython calls to learn the time. Up to 1.25 it has times of 32 bits, later of 64 (_TIME_BITS), for which
// the C library's functions have other names.

typedef struct {
    int32_t seconds, us;
} time32_t;

typedef struct {
    int64_t seconds, us;
} time64_t;

int __wrap___gettimeofday64(time64_t *now, void *zone) {
    (void)zone;
    int64_t us = real_us() + offset_us;
    now->seconds = us / 1000000;
    now->us = us % 1000000;
    return 0;
}

int __wrap_gettimeofday(time32_t *now, void *zone) {
    time64_t wide;
    __wrap___gettimeofday64(&wide, zone);
    now->seconds = wide.seconds;
    now->us = wide.us;
    return 0;
}

int64_t __wrap___time64(int64_t *now) {
    int64_t seconds = (real_us() + offset_us) / 1000000;
    if (now) {
        *now = seconds;
    }
    return seconds;
}

int32_t __wrap_time(int32_t *now) {
    int32_t seconds = __wrap___time64(NULL);
    if (now) {
        *now = seconds;
    }
    return seconds;
}
