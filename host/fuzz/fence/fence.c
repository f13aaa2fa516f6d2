// The board model's module `fence`: buffers with guard bytes around them, or walls, that valgrind watches as well.

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define RUNNING_ON_VALGRIND (0)
#define VALGRIND_COUNT_ERRORS (0)
#define VALGRIND_MAKE_MEM_NOACCESS(at, size) ((void)(at), (void)(size))
#define VALGRIND_MAKE_MEM_DEFINED(at, size) ((void)(at), (void)(size))
#endif

#define MOST_FENCES 96
#define PAGE 4096
#define GUARD_BYTES 64
#define GUARD 0xA5
#define FRAME_ROOM PAGE
#define STATUS_WALL 86

// Where a buffer stands in its pages; before and behind them are walls that nothing may touch.
enum { BETWEEN_GUARDS, AGAINST_THE_WALL_BEHIND, AGAINST_THE_WALL_BEFORE };

typedef struct {
    byte *pages;
    size_t room;
    byte *buffer;
    size_t size;
    byte *kept; // what it was when `keep` was called; of the frame, what was loaded
} fence_t;

static fence_t fences[MOST_FENCES]; // the first one is the frame's
static size_t count;
static int place;
static volatile int input;

static void say_wall(int signal, siginfo_t *info, void *context) {
    byte *at = info->si_addr;
    char text[120];
    int length = snprintf(text, sizeof text, "fence: input %d: an access at %p, no buffer's\n", input, (void *)at);
    for (size_t n = 0; n < count; n++) {
        fence_t *fence = &fences[n];
        if (at >= fence->pages - PAGE && at < fence->pages + fence->room + PAGE) {
            length = snprintf(text, sizeof text, "fence: input %d: an access at %d of %d bytes, buffer %d\n",
                input, (int)(at - fence->buffer), (int)fence->size, (int)n);
        }
    }
    if (write(STDOUT_FILENO, text, length) < 0) {
        _exit(1);
    }
    _exit(STATUS_WALL);
}

static fence_t *new_fence(size_t room) {
    if (count == MOST_FENCES) {
        mp_raise_ValueError(MP_ERROR_TEXT("too many fences"));
    }
    if (count == 0) {
        struct sigaction action = { .sa_sigaction = say_wall, .sa_flags = SA_SIGINFO };
        sigaction(SIGSEGV, &action, NULL);
    }
    fence_t *fence = &fences[count++];
    fence->room = (room + 2 * GUARD_BYTES + PAGE - 1) / PAGE * PAGE;
    byte *walls = mmap(NULL, fence->room + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fence->pages = walls + PAGE;
    if (walls == MAP_FAILED || mprotect(fence->pages, fence->room, PROT_READ | PROT_WRITE)) {
        mp_raise_OSError(MP_ENOMEM);
    }
    fence->kept = malloc(room + 1);
    return fence;
}

// Stand so many bytes in their place, guards in all the rest.
static byte *stand(fence_t *fence, size_t size) {
    VALGRIND_MAKE_MEM_DEFINED(fence->pages, fence->room);
    memset(fence->pages, GUARD, fence->room);
    size_t slack = fence->room - size;
    fence->buffer = fence->pages + (place == BETWEEN_GUARDS ? GUARD_BYTES : place == AGAINST_THE_WALL_BEHIND ? slack : 0);
    fence->size = size;
    memset(fence->buffer, 0, size);
    VALGRIND_MAKE_MEM_NOACCESS(fence->pages, fence->room);
    VALGRIND_MAKE_MEM_DEFINED(fence->buffer, size);
    return fence->buffer;
}

static bool is_guard(const byte *at, size_t size) {
    VALGRIND_MAKE_MEM_DEFINED(at, size);
    bool same = true;
    for (size_t n = 0; n < size; n++) {
        same = same && at[n] == GUARD;
    }
    VALGRIND_MAKE_MEM_NOACCESS(at, size);
    return same;
}

static mp_obj_t fence_begin(mp_obj_t where) {
    place = mp_obj_get_int(where);
    new_fence(FRAME_ROOM);
    stand(&fences[0], 0);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(fence_begin_obj, fence_begin);

static mp_obj_t fence_bytes(mp_obj_t data) {
    mp_buffer_info_t from;
    mp_get_buffer_raise(data, &from, MP_BUFFER_READ);
    fence_t *fence = new_fence(from.len);
    memcpy(stand(fence, from.len), from.buf, from.len);
    return mp_obj_new_bytearray_by_ref(from.len, fence->buffer);
}
static MP_DEFINE_CONST_FUN_OBJ_1(fence_bytes_obj, fence_bytes);

static mp_obj_t fence_words(mp_obj_t data) {
    mp_buffer_info_t from;
    mp_get_buffer_raise(data, &from, MP_BUFFER_READ);
    fence_t *fence = new_fence(from.len);
    memcpy(stand(fence, from.len), from.buf, from.len);
    mp_obj_array_t *words = mp_obj_malloc(mp_obj_array_t, &mp_type_array);
    words->typecode = 'i';
    words->free = 0;
    words->len = from.len / sizeof(int32_t);
    words->items = fence->buffer;
    return MP_OBJ_FROM_PTR(words);
}
static MP_DEFINE_CONST_FUN_OBJ_1(fence_words_obj, fence_words);

// A frame, in the place of the one before.
static mp_obj_t fence_frame(mp_obj_t data) {
    mp_buffer_info_t from;
    mp_get_buffer_raise(data, &from, MP_BUFFER_READ);
    if (from.len > FRAME_ROOM) {
        mp_raise_ValueError(MP_ERROR_TEXT("frame too long"));
    }
    memcpy(stand(&fences[0], from.len), from.buf, from.len);
    memcpy(fences[0].kept, from.buf, from.len);
    return mp_obj_new_bytearray_by_ref(from.len, fences[0].buffer);
}
static MP_DEFINE_CONST_FUN_OBJ_1(fence_frame_obj, fence_frame);

static mp_obj_t fence_keep(void) {
    for (size_t n = 1; n < count; n++) {
        memcpy(fences[n].kept, fences[n].buffer, fences[n].size);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(fence_keep_obj, fence_keep);

// All buffers as they were kept; `number` is the input that will be told if a wall is hit.
static mp_obj_t fence_restore(mp_obj_t number) {
    input = mp_obj_get_int(number);
    for (size_t n = 1; n < count; n++) {
        memcpy(fences[n].buffer, fences[n].kept, fences[n].size);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(fence_restore_obj, fence_restore);

// The number of a buffer whose guards are not what they were (0: or the frame itself), -1: none.
static mp_obj_t fence_broken(void) {
    int broken = -1;
    for (size_t n = 0; n < count; n++) {
        fence_t *fence = &fences[n];
        size_t before = fence->buffer - fence->pages;
        size_t behind = fence->room - before - fence->size;
        // Of a large room the nearest guards are enough.
        size_t near = before < GUARD_BYTES ? before : GUARD_BYTES;
        if (!is_guard(fence->buffer - near, near)
            || !is_guard(fence->buffer + fence->size, behind < GUARD_BYTES ? behind : GUARD_BYTES)) {
            broken = n;
        }
    }
    if (memcmp(fences[0].buffer, fences[0].kept, fences[0].size)) {
        broken = 0;
    }
    return MP_OBJ_NEW_SMALL_INT(broken);
}
static MP_DEFINE_CONST_FUN_OBJ_0(fence_broken_obj, fence_broken);

// How many errors valgrind has seen so far; -1 where it does not look on.
static mp_obj_t fence_errors(void) {
    return MP_OBJ_NEW_SMALL_INT(RUNNING_ON_VALGRIND ? (int)VALGRIND_COUNT_ERRORS : -1);
}
static MP_DEFINE_CONST_FUN_OBJ_0(fence_errors_obj, fence_errors);

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_fence) },
    { MP_ROM_QSTR(MP_QSTR_begin), MP_ROM_PTR(&fence_begin_obj) },
    { MP_ROM_QSTR(MP_QSTR_bytes), MP_ROM_PTR(&fence_bytes_obj) },
    { MP_ROM_QSTR(MP_QSTR_words), MP_ROM_PTR(&fence_words_obj) },
    { MP_ROM_QSTR(MP_QSTR_frame), MP_ROM_PTR(&fence_frame_obj) },
    { MP_ROM_QSTR(MP_QSTR_keep), MP_ROM_PTR(&fence_keep_obj) },
    { MP_ROM_QSTR(MP_QSTR_restore), MP_ROM_PTR(&fence_restore_obj) },
    { MP_ROM_QSTR(MP_QSTR_broken), MP_ROM_PTR(&fence_broken_obj) },
    { MP_ROM_QSTR(MP_QSTR_errors), MP_ROM_PTR(&fence_errors_obj) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t fence_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};
MP_REGISTER_MODULE(MP_QSTR_fence, fence_module);
