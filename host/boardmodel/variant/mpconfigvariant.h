// What makes MicroPython's unix port count, measure and schedule as it does on an ESP32.

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

// The ESP32 port has single floats; unix would have doubles.
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)

// Python threads take turns behind one lock (the GIL). Up to 1.25 the unix Makefile insists on threads without it,
// so the .mk file switches the Makefile's threads off and these lines turn them on.
#define MICROPY_PY_THREAD (1)
#define MICROPY_PY_THREAD_GIL (1)

// The port's own list of threads needs this one in any case; word for word as 1.26 has it, so that both may stand.
#define MICROPY_PY_THREAD_RECURSIVE_MUTEX (MICROPY_PY_THREAD)

// Up to 1.25 sleep_ms() would keep that lock; the ESP32 gives it away while it sleeps.
#define MICROPY_EVENT_POLL_HOOK \
    do { \
        mp_event_handle_nowait(); \
        MP_THREAD_GIL_EXIT(); \
        mp_hal_delay_us(500); \
        MP_THREAD_GIL_ENTER(); \
    } while (0);

#include "variants/mpconfigvariant_common.h"

// With the lock Ctrl-C has to be scheduled, as the ESP32 does, instead of raised out of the signal handler.
#undef MICROPY_ASYNC_KBD_INTR
#define MICROPY_ASYNC_KBD_INTR (0)

// What the REPL's banner and os.uname() say.
#define MICROPY_PY_OS_UNAME (1)
#define MICROPY_HW_BOARD_NAME "Inkling virtual DevKit"
#define MICROPY_HW_MCU_NAME "ESP32 (board model)"
