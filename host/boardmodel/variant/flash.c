// The flash chip: the file flash.bin, which as flash does loses bits by writing and gets them back by erasing only.
//
// Everything goes straight to the file, so that whatever kills this process leaves what a power cut would leave.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board.h"

static int flash_fd;
static uint32_t size;

static void give_up(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(2);
}

void flash_start(const char *folder) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/flash.bin", folder);
    flash_fd = open(path, O_RDWR | O_CLOEXEC);
    struct stat status;
    if (flash_fd < 0 || fstat(flash_fd, &status) < 0) {
        give_up(path);
    }
    size = status.st_size;
}

uint32_t flash_bytes(void) {
    return size;
}

void flash_read(uint32_t at, void *into, size_t len) {
    if (pread(flash_fd, into, len, at) != (ssize_t)len) {
        give_up("flash.bin cannot be read");
    }
}

static void write_sector(uint32_t at, const uint8_t *from, size_t len) {
    uint8_t now[SECTOR_BYTES];
    flash_read(at, now, len);
    for (size_t i = 0; i < len; i++) {
        now[i] &= from[i];
    }
    if (pwrite(flash_fd, now, len, at) != (ssize_t)len) {
        give_up("flash.bin cannot be written");
    }
}

void flash_write(uint32_t at, const void *from, size_t len) {
    const uint8_t *next = from;
    while (len > 0) {
        size_t n = len < SECTOR_BYTES ? len : SECTOR_BYTES;
        write_sector(at, next, n);
        at += n;
        next += n;
        len -= n;
    }
}

// Whole sectors only.
void flash_erase(uint32_t at, size_t len) {
    uint8_t erased[SECTOR_BYTES];
    memset(erased, 0xFF, sizeof(erased));
    for (; len > 0; at += SECTOR_BYTES, len -= SECTOR_BYTES) {
        if (pwrite(flash_fd, erased, SECTOR_BYTES, at) != SECTOR_BYTES) {
            give_up("flash.bin cannot be written");
        }
    }
}
