// The powered board: what its parts share, and the numbers that host/devkit/powered.py and world.py know as well.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The exit status of the process; anything else is a panic.
enum {
    ENDING_SOFT_RESET = 21,
    ENDING_SOFT_RESET_RAW = 22,
    ENDING_RESET = 23,
    ENDING_WATCHDOG = 24,
    ENDING_DEEP_SLEEP = 25,
};

// Why it was started, in the numbers of machine.reset_cause().
enum {
    CAUSE_PWRON = 1,
    CAUSE_HARD = 2,
    CAUSE_WDT = 3,
    CAUSE_DEEPSLEEP = 4,
    CAUSE_SOFT = 5,
};

// The words of the world file. The host writes the first ones, the board the others.
enum {
    WORLD_GPIO0 = 0,
    WORLD_RADIO = 1,
    WORLD_RSSI_DBM = 2,
    WORLD_NTP = 3,
    WORLD_ASSOCIATED = 4,
    WORLD_TX_BLOCKED_US = 8,
    WORLD_RX_DROPPED = 9,
    WORLD_TX_BYTES = 10,
    WORLD_SLEEP_MS = 11,  // how long a deep sleep is to last; 0 = for ever
    // What a chip keeps over a soft reset or any reset, and this process cannot.
    WORLD_WATCHDOG_MS = 12,
    WORLD_CLOCK_OFFSET_US = 14,  // two words
};

// Where the rest of it lies, in bytes.
enum {
    WORLD_SSID = 256,
    WORLD_PASSWORD = 296,
    WORLD_MAC = 384,
    WORLD_BYTES = 512,
};

// The partitions of the stock firmware's table for 4 MB that somebody writes to.
enum {
    NVS_AT = 0x9000,
    NVS_BYTES = 0x6000,
    VFS_AT = 0x200000,
    SECTOR_BYTES = 4096,
};

// power.c
extern bool board_on;  // false in every process that was not started by --power-on
extern int board_cause;
extern volatile int32_t *board_world;
int64_t board_now_us(void);  // since the start, never set back
void board_sleep_to_tick(void);  // FreeRTOS counts time in ticks of 10 ms
void board_end(int ending) __attribute__((noreturn));

// heap.c
void heap_hide(size_t bytes);

// uart.c
void uart_start(void);
void uart_send(const char *text, size_t len);
int uart_peek(void);

// stdio.c
void stdio_start(void);

// flash.c
void flash_start(const char *folder);
uint32_t flash_bytes(void);
void flash_read(uint32_t at, void *into, size_t len);
void flash_write(uint32_t at, const void *from, size_t len);
void flash_erase(uint32_t at, size_t len);

// clock.c
void clock_start(void);

// watchdog.c
void watchdog_start(void);
void watchdog_tick(void);

// radio.c
void radio_start(void);
void radio_tick(void);
bool radio_connected(void);

// net.c
void net_cut(void);
