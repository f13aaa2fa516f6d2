# The make side of the board model: 32-bit code, threads by mpconfigvariant.h, nothing that needs more libraries.

CFLAGS += -m32
LDFLAGS += -m32 -lpthread

MICROPY_PY_THREAD = 0
MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0

# The package's own default would want micropython-lib, which Debian's source leaves out.
FROZEN_MANIFEST ?= $(VARIANT_DIR)/manifest.py

# The powered board: the port's Makefile compiles every .c file beside this one; where there is a board (power.c), these
# calls are its own.
comma := ,
LDFLAGS += $(addprefix -Wl$(comma)--wrap=, main mp_stderr_print gc_info \
	mp_hal_set_interrupt_char mp_hal_stdin_rx_chr \
	mp_hal_stdout_tx_str mp_hal_stdout_tx_strn mp_hal_stdout_tx_strn_cooked \
	time __time64 gettimeofday __gettimeofday64 connect getaddrinfo sendto close sem_wait)

# The chip's REPL, which this port has not needed so far.
ifeq ($(findstring runtime/pyexec.c,$(file <Makefile)),)
SHARED_SRC_C_EXTRA += runtime/pyexec.c
endif
