// What makes MicroPython's unix port count, measure and schedule as it does on an ESP32.

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

// The ESP32 port has single floats; unix would have doubles.
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)

// Python threads take turns behind one lock. The unix Makefile insists on threads without it, so the .mk file
// switches the Makefile's threads off and this turns them on.
#define MICROPY_PY_THREAD (1)
#define MICROPY_PY_THREAD_GIL (1)

#include "variants/mpconfigvariant_common.h"

// With that lock Ctrl-C has to be scheduled, as the ESP32 does, instead of raised out of the signal handler.
#undef MICROPY_ASYNC_KBD_INTR
#define MICROPY_ASYNC_KBD_INTR (0)
