# The make side of the board model: 32-bit code, threads by mpconfigvariant.h, nothing that needs more libraries.

CFLAGS += -m32
LDFLAGS += -m32 -lpthread

MICROPY_PY_THREAD = 0
MICROPY_PY_BTREE = 0
MICROPY_PY_FFI = 0

# The package's own default would want micropython-lib, which Debian's source leaves out.
FROZEN_MANIFEST ?= $(VARIANT_DIR)/manifest.py
