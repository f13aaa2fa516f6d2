// Stands between the board's sockets and the PC's network: without Wi-Fi there is none, and losing it ends connections.

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "py/mperrno.h"
#include "py/mpthread.h"
#include "py/runtime.h"

#include "board.h"

#define SOCKETS (16)  // the ESP32 port's lwIP has as many
#define EAI_FAIL_LWIP (-202)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int sockets[SOCKETS];
static int used;

static void remember(int fd) {
    pthread_mutex_lock(&lock);
    int i = 0;
    while (i < used && sockets[i] != fd) {
        i++;
    }
    if (i == used && used < SOCKETS) {
        sockets[used++] = fd;
    }
    pthread_mutex_unlock(&lock);
}

static void forget(int fd) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < used; i++) {
        if (sockets[i] == fd) {
            sockets[i] = sockets[--used];
            break;
        }
    }
    pthread_mutex_unlock(&lock);
}

void net_cut(void) {
    pthread_mutex_lock(&lock);
    for (int i = 0; i < used; i++) {
        shutdown(sockets[i], SHUT_RDWR);
    }
    used = 0;
    pthread_mutex_unlock(&lock);
}

static bool unreachable(void) {
    return board_on && !radio_connected();
}

int __real_connect(int fd, const struct sockaddr *to, socklen_t len);

int __wrap_connect(int fd, const struct sockaddr *to, socklen_t len) {
    if (unreachable()) {
        errno = EHOSTUNREACH;
        return -1;
    }
    if (board_on) {
        remember(fd);
    }
    return __real_connect(fd, to, len);
}

ssize_t __real_sendto(int fd, const void *data, size_t n, int flags, const struct sockaddr *to, socklen_t len);

ssize_t __wrap_sendto(int fd, const void *data, size_t n, int flags, const struct sockaddr *to, socklen_t len) {
    if (unreachable()) {
        errno = EHOSTUNREACH;
        return -1;
    }
    return __real_sendto(fd, data, n, flags, to, len);
}

int __real_close(int fd);

int __wrap_close(int fd) {
    if (board_on) {
        forget(fd);
    }
    return __real_close(fd);
}

int __real_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found);

int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    struct in_addr number;
    if (unreachable() && inet_pton(AF_INET, host, &number) != 1) {
        // The unix port would make a text of the result; the chip raises lwIP's number. The caller has given the GIL
        // away, and takes it back after its call, which we do not return to.
        MP_THREAD_GIL_ENTER();
        mp_raise_OSError(EAI_FAIL_LWIP);
    }
    return __real_getaddrinfo(host, service, hints, found);
}
