// The serial line: the chip's UART0 as ports/esp32/uart.c drives it, with its FIFO, its pace and its receive ring.

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "py/mphal.h"
#include "py/mpthread.h"
#include "py/ringbuf.h"
#include "py/runtime.h"

#include "board.h"

#define TX_FIFO_BYTES (128)
#define BYTE_NS (1000000000LL / 11520)  // ten bits at 115200 baud
#define GIL_KEPT_BYTES (20)  // writes up to this size keep the lock, as in the ESP32 port
#define TICK_NS (10 * 1000 * 1000)
#define NUDGE_MS (5)

// Unused by MicroPython; it only has to end a system call in which the main thread waits.
#define WAKE_SIGNAL (SIGRTMIN + 6)

static pthread_t main_thread;
static volatile int interrupt_char = -1;

static pthread_mutex_t rx_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t rx_arrived;
static uint8_t rx_bytes[260];
static ringbuf_t rx_ring = { rx_bytes, sizeof(rx_bytes), 0, 0 };

static pthread_mutex_t tx_lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t tx_empty_at_ns;  // when the last byte in the FIFO will have left it

// Receiving.

static bool interrupt_is_pending(void) {
    return MP_STATE_MAIN_THREAD(mp_pending_exception) == MP_OBJ_FROM_PTR(&MP_STATE_VM(mp_kbd_exception));
}

// What uart_irq_handler() does with a byte.
static void arrived(uint8_t byte) {
    if (byte == interrupt_char) {
        mp_sched_keyboard_interrupt();
        return;
    }
    pthread_mutex_lock(&rx_lock);
    if (ringbuf_put(&rx_ring, byte) < 0) {
        board_world[WORLD_RX_DROPPED]++;
    }
    pthread_cond_signal(&rx_arrived);
    pthread_mutex_unlock(&rx_lock);
}

static void *receive(void *unused) {
    (void)unused;
    uint8_t bytes[TX_FIFO_BYTES];
    struct pollfd line = { STDIN_FILENO, POLLIN, 0 };
    for (;;) {
        // A system call that begins just after the signal would sleep on, so the signal is repeated.
        bool nudge = interrupt_is_pending();
        if (nudge) {
            pthread_kill(main_thread, WAKE_SIGNAL);
        }
        if (poll(&line, 1, nudge ? NUDGE_MS : -1) <= 0) {
            continue;
        }
        ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
        if (n <= 0) {
            _exit(0);  // nobody holds the other end of the line any more
        }
        for (ssize_t i = 0; i < n; i++) {
            arrived(bytes[i]);
        }
    }
    return NULL;
}

int uart_peek(void) {
    pthread_mutex_lock(&rx_lock);
    int byte = ringbuf_peek(&rx_ring);
    pthread_mutex_unlock(&rx_lock);
    return byte;
}

// The next byte, or -1 when none comes within a tick.
static int take(bool wait) {
    pthread_mutex_lock(&rx_lock);
    int byte = ringbuf_get(&rx_ring);
    if (byte < 0 && wait) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += TICK_NS;
        if (until.tv_nsec >= 1000000000) {
            until.tv_nsec -= 1000000000;
            until.tv_sec++;
        }
        pthread_cond_timedwait(&rx_arrived, &rx_lock, &until);
        byte = ringbuf_get(&rx_ring);
    }
    pthread_mutex_unlock(&rx_lock);
    return byte;
}

int __real_mp_hal_stdin_rx_chr(void);

int __wrap_mp_hal_stdin_rx_chr(void) {
    if (!board_on) {
        return __real_mp_hal_stdin_rx_chr();
    }
    int byte = take(false);
    while (byte < 0) {
        mp_handle_pending(true);
        MP_THREAD_GIL_EXIT();
        byte = take(true);
        MP_THREAD_GIL_ENTER();
    }
    return byte;
}

void __real_mp_hal_set_interrupt_char(int c);

void __wrap_mp_hal_set_interrupt_char(int c) {
    if (!board_on) {
        __real_mp_hal_set_interrupt_char(c);
        return;
    }
    interrupt_char = (signed char)c;  // a char in some versions; -1 means none
}

// Sending.

static int64_t now_ns(void) {
    return board_now_us() * 1000;
}

static void to_the_line(const char *text, size_t len) {
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, text, len);
        if (n < 0 && errno != EINTR) {
            _exit(0);
        }
        if (n > 0) {
            text += n;
            len -= n;
        }
    }
}

// Put what fits into the FIFO; how much that was.
static size_t fill(const char *text, size_t len) {
    pthread_mutex_lock(&tx_lock);
    int64_t now = now_ns();
    if (tx_empty_at_ns < now) {
        tx_empty_at_ns = now;
    }
    size_t waiting = (tx_empty_at_ns - now + BYTE_NS - 1) / BYTE_NS;
    size_t n = MIN(len, TX_FIFO_BYTES - MIN(waiting, TX_FIFO_BYTES));
    tx_empty_at_ns += n * BYTE_NS;
    to_the_line(text, n);
    board_world[WORLD_TX_BYTES] += n;
    pthread_mutex_unlock(&tx_lock);
    return n;
}

void uart_send(const char *text, size_t len) {
    size_t sent = fill(text, len);
    if (sent == len) {
        return;
    }
    int64_t since_us = board_now_us();
    do {
        board_sleep_to_tick();
        sent += fill(text + sent, len - sent);
    } while (sent < len);
    int32_t blocked_us = board_now_us() - since_us;
    if (blocked_us > board_world[WORLD_TX_BLOCKED_US]) {
        board_world[WORLD_TX_BLOCKED_US] = blocked_us;
    }
}

static void send_from_python(const char *text, size_t len) {
    if (len > GIL_KEPT_BYTES) {
        MP_THREAD_GIL_EXIT();
    }
    uart_send(text, len);
    if (len > GIL_KEPT_BYTES) {
        MP_THREAD_GIL_ENTER();
    }
}

mp_uint_t __real_mp_hal_stdout_tx_strn(const char *text, size_t len);

mp_uint_t __wrap_mp_hal_stdout_tx_strn(const char *text, size_t len) {
    if (!board_on) {
        return __real_mp_hal_stdout_tx_strn(text, len);
    }
    send_from_python(text, len);
    return len;
}

void __real_mp_hal_stdout_tx_str(const char *text);

void __wrap_mp_hal_stdout_tx_str(const char *text) {
    if (!board_on) {
        __real_mp_hal_stdout_tx_str(text);
        return;
    }
    send_from_python(text, strlen(text));
}

void __real_mp_hal_stdout_tx_strn_cooked(const char *text, size_t len);

// LF becomes CR LF; every piece is a write of its own, as shared/runtime/stdout_helpers.c has it.
void __wrap_mp_hal_stdout_tx_strn_cooked(const char *text, size_t len) {
    if (!board_on) {
        __real_mp_hal_stdout_tx_strn_cooked(text, len);
        return;
    }
    const char *end = text + len;
    while (text < end) {
        const char *lf = memchr(text, '\n', end - text);
        const char *stop = lf ? lf : end;
        if (stop > text) {
            send_from_python(text, stop - text);
        }
        if (lf) {
            send_from_python("\r\n", 2);
            stop++;
        }
        text = stop;
    }
}

static void woken(int unused) {
    (void)unused;
}

int __real_sem_wait(sem_t *semaphore);

// A garbage collection waits by this until the other threads have marked what they hold. The signal that ends waits
// must not end that one, or the memory of those threads would be freed under them.
int __wrap_sem_wait(sem_t *semaphore) {
    int failed = __real_sem_wait(semaphore);
    while (board_on && failed && errno == EINTR) {
        failed = __real_sem_wait(semaphore);
    }
    return failed;
}

void uart_start(void) {
    main_thread = pthread_self();
    struct sigaction wake = { .sa_handler = woken };  // no SA_RESTART: that is the point of it
    sigaction(WAKE_SIGNAL, &wake, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&rx_arrived, &attributes);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_t thread;
    pthread_create(&thread, NULL, receive, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
