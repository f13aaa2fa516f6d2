// Leaves the stand-ins out of what MicroPython says of its heap: on the chip, machine, network and the like are not in it.

#include "py/gc.h"

#include "board.h"

static size_t hidden_bytes;  // 0 where this is no board

void heap_hide(size_t bytes) {
    hidden_bytes = bytes;
}

void __real_gc_info(gc_info_t *info);

// gc.mem_alloc(), gc.mem_free() and micropython.mem_info() ask this.
void __wrap_gc_info(gc_info_t *info) {
    __real_gc_info(info);
    info->total -= hidden_bytes;
    info->used -= hidden_bytes;
}
