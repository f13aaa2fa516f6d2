// The task watchdog: when nobody feeds it in time it says so on the line, and the board is reset.

#include <stdio.h>
#include <string.h>

#include "board.h"
#include "watchdog.h"

static volatile int32_t timeout_ms;  // 0 = never switched on; it cannot be switched off
static volatile int64_t bites_at_us;

void watchdog_set(int32_t ms) {
    timeout_ms = ms;
    board_world[WORLD_WATCHDOG_MS] = ms;
    watchdog_feed();
}

void watchdog_feed(void) {
    bites_at_us = board_now_us() + (int64_t)timeout_ms * 1000;
}

// A soft reset restarts Python, not the chip, so a watchdog that was on stays on.
void watchdog_start(void) {
    watchdog_set(board_cause == CAUSE_SOFT ? board_world[WORLD_WATCHDOG_MS] : 0);
}

static void log_line(const char *text) {
    char line[160];
    int len = snprintf(line, sizeof(line), "E (%d) task_wdt: %s\r\n", (int)(board_now_us() / 1000), text);
    uart_send(line, len);
}

void watchdog_tick(void) {
    if (timeout_ms == 0 || board_now_us() < bites_at_us) {
        return;
    }
    log_line("Task watchdog got triggered. The following tasks/users did not reset the watchdog in time:");
    log_line(" - mpy_machine_wdt");
    log_line("Tasks currently running:");
    log_line("CPU 0: IDLE0");
    log_line("CPU 1: mp_task");
    log_line("Aborting.");
    static const char end[] = "\r\nabort() was called on core 0\r\n\r\nRebooting...\r\n";
    uart_send(end, strlen(end));
    board_end(ENDING_WATCHDOG);
}
