// sys.stdin, sys.stdout and sys.stderr of a powered board: those of the bare-metal ports, over the serial line.

#include "py/mphal.h"
#include "py/mpprint.h"
#include "py/obj.h"
#include "py/runtime.h"
#include "py/stream.h"

#include "board.h"

// The unix port says that it has none.
#undef mp_hal_stdio_poll
#define mp_hal_stdio_poll board_stdio_poll

// MicroPython's own file, under other names since the unix port has these objects already.
#define mp_sys_stdin_obj board_stdin_obj
#define mp_sys_stdout_obj board_stdout_obj
#define mp_sys_stderr_obj board_stderr_obj
#define stdio_obj_type board_stdio_type

uintptr_t board_stdio_poll(uintptr_t flags);

#include "shared/runtime/sys_stdio_mphal.c"

#undef mp_sys_stdin_obj
#undef mp_sys_stdout_obj
#undef mp_sys_stderr_obj

uintptr_t board_stdio_poll(uintptr_t flags) {
    uintptr_t ready = flags & MP_STREAM_POLL_WR;
    if ((flags & MP_STREAM_POLL_RD) && uart_peek() >= 0) {
        ready |= MP_STREAM_POLL_RD;
    }
    return ready;
}

// The unix port's objects are not constant and, like ours, a type followed by the number of a stream.
extern mp_obj_base_t mp_sys_stdin_obj, mp_sys_stdout_obj, mp_sys_stderr_obj;

void stdio_start(void) {
    mp_sys_stdin_obj.type = &board_stdio_type;
    mp_sys_stdout_obj.type = &board_stdio_type;
    mp_sys_stderr_obj.type = &board_stdio_type;
}

// The chip has one line for everything, so what the unix port prints to stderr goes there too.
extern const mp_print_t __real_mp_stderr_print;

static void print_error(void *data, const char *text, size_t len) {
    if (board_on) {
        mp_hal_stdout_tx_strn_cooked(text, len);
    } else {
        __real_mp_stderr_print.print_strn(data, text, len);
    }
}

const mp_print_t __wrap_mp_stderr_print = { NULL, print_error };
