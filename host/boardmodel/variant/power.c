// Powers the board on: `micropython --power-on FOLDER CAUSE friendly|raw HEAP_BYTES`, from boot.py to the REPL.
//
// The process does what mp_task() in ports/esp32/main.c does up to its first reset; then it ends, and its exit
// status says how. Without --power-on it is MicroPython's plain unix port, with nothing of this in its way.

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "py/cstack.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/mpthread.h"
#include "py/objlist.h"
#include "py/objstr.h"
#include "py/runtime.h"
#include "shared/readline/readline.h"
#include "shared/runtime/pyexec.h"

#include "board.h"

#define TICK_US (10 * 1000)
#define STACK_BYTES (40000)  // as ports/unix/main.c has it: x86 frames are not Xtensa's

// Printed to whoever asks whether this binary can be powered on (host/devkit/powered.py).
#define GREETING "inkling board 1\n"

bool board_on = false;
int board_cause = CAUSE_PWRON;
volatile int32_t *board_world;

extern const mp_obj_module_t devkit_module;

static int64_t started_us;

static MP_DEFINE_STR_OBJ(slash_lib, "/lib");  // in the heap it would cost what it does not on the chip

static int64_t monotonic_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t board_now_us(void) {
    return monotonic_us() - started_us;
}

void board_sleep_to_tick(void) {
    int64_t rest_us = TICK_US - board_now_us() % TICK_US;
    struct timespec rest = { 0, rest_us * 1000 };
    nanosleep(&rest, NULL);
}

void board_end(int ending) {
    _exit(ending);
}

// What the chip does beside the CPU that runs Python: the watchdog's timer and the Wi-Fi's task.
static void *peripherals(void *unused) {
    (void)unused;
    for (;;) {
        board_sleep_to_tick();
        watchdog_tick();
        radio_tick();
    }
    return NULL;
}

static void world_start(const char *folder) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/world", folder);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    void *world = fd < 0 ? MAP_FAILED : mmap(NULL, WORLD_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (world == MAP_FAILED) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    close(fd);
    board_world = world;
}

static void hardware_start(const char *folder) {
    started_us = monotonic_us();
    world_start(folder);
    flash_start(folder);
    clock_start();
    watchdog_start();
    radio_start();
    uart_start();
    // These threads have no Python in them, so no signal that is meant for MicroPython's may reach them.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    pthread_create(&thread, NULL, peripherals, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void python_start(size_t heap_bytes) {
    char *heap = malloc(heap_bytes);
    gc_init(heap, heap + heap_bytes);
    mp_init();
    mp_sys_path = mp_obj_new_list(0, NULL);
    mp_obj_list_append(mp_sys_path, MP_OBJ_NEW_QSTR(MP_QSTR_));
    mp_obj_list_append(mp_sys_path, MP_OBJ_NEW_QSTR(MP_QSTR__dot_frozen));
    mp_obj_list_append(mp_sys_path, MP_OBJ_FROM_PTR(&slash_lib));
    mp_obj_list_init(MP_OBJ_TO_PTR(mp_sys_argv), 0);
    stdio_start();
    readline_init0();
    // Not among the built-in modules: the plain unix port is not to have it.
    mp_obj_dict_store(MP_OBJ_FROM_PTR(&MP_STATE_VM(mp_loaded_modules_dict)),
        MP_OBJ_NEW_QSTR(MP_QSTR__devkit), MP_OBJ_FROM_PTR(&devkit_module));
}

// Whether the script asked for a reset; `*fine` is whether it ended without an exception.
static bool run_script(const char *name, bool *fine) {
    int ret = pyexec_file_if_exists(name);
    #ifdef PYEXEC_NORMAL_EXIT
    *fine = ret == PYEXEC_NORMAL_EXIT;  // since 1.27
    #else
    *fine = ret == 1;
    #endif
    return ret & PYEXEC_FORCED_EXIT;
}

static void python_run(void) {
    pyexec_frozen_module("devkit/_boot.py", false);
    bool fine;
    if (run_script("boot.py", &fine)) {
        return;
    }
    if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL && fine) {
        if (run_script("main.py", &fine)) {
            return;
        }
    }
    while ((pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl()) == 0) {
    }
}

int __real_main(int argc, char **argv);

int __wrap_main(int argc, char **argv) {
    if (argc < 2 || strcmp(argv[1], "--power-on") != 0) {
        return __real_main(argc, argv);
    }
    if (argc != 6) {
        fputs(GREETING, stdout);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    mp_thread_init();
    mp_cstack_init_with_sp_here(STACK_BYTES);
    board_on = true;
    board_cause = atoi(argv[3]);
    hardware_start(argv[2]);
    if (strcmp(argv[4], "raw") == 0) {
        pyexec_mode_kind = PYEXEC_MODE_RAW_REPL;
    }
    python_start(strtoul(argv[5], NULL, 10));
    python_run();
    gc_sweep_all();  // closes the files that were left open
    mp_hal_stdout_tx_str("MPY: soft reboot\r\n");
    board_end(pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? ENDING_SOFT_RESET_RAW : ENDING_SOFT_RESET);
}
