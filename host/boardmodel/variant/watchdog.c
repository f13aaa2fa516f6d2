// The task watchdog: when nobody feeds it in time it says so on the line, and the board is reset.

#include <stdio.h>
#include <string.h>

#include "board.h"
#include "watchdog.h"

// Python's thread writes these and the peripherals' reads them, so both are words, which are never seen half written.
static volatile int32_t timeout_ms;  // 0 = never switched on; it cannot be switched off
static volatile uint32_t fed_at_ms;  // wraps, as differences do

static uint32_t now_ms(void) {
    return board_now_us() / 1000;
}

void watchdog_set(int32_t ms) {
    watchdog_feed();  // first, or it would bite for the time before
    timeout_ms = ms;
    board_world[WORLD_WATCHDOG_MS] = ms;
}

void watchdog_feed(void) {
    fed_at_ms = now_ms();
}

// A soft reset restarts Python, not the chip, so a watchdog that was on stays on.
void watchdog_start(void) {
    watchdog_set(board_cause == CAUSE_SOFT ? board_world[WORLD_WATCHDOG_MS] : 0);
}

static void log_line(const char *text) {
    char line[160];
    int len = snprintf(line, sizeof(line), "E (%d) task_wdt: %s\r\n", (int)now_ms(), text);
    uart_send(line, len);
}

void watchdog_tick(void) {
    // Read before the clock is: what is fed meanwhile would seem to be fed in the future.
    uint32_t since_ms = fed_at_ms;
    since_ms = now_ms() - since_ms;
    if (timeout_ms == 0 || since_ms < (uint32_t)timeout_ms) {
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
