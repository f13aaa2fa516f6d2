// The Wi-Fi station: associates, fails, loses its access point and tries again as the chip's driver does.
//
// What a program can tell of it follows ports/esp32/network_wlan.c; the times are the right size, and shorter than the
// chip's where a test would only wait.

#include <pthread.h>
#include <string.h>

#include "board.h"
#include "radio.h"

#define JOIN_MS (1000)  // association, then an address
#define NOT_FOUND_MS (1500)  // all channels heard; the chip takes 2.4 s
#define REFUSED_MS (2000)  // until the handshake with a wrong password has timed out
#define BEACONS_LOST_MS (1000)  // the chip bears silence for 6 s

#define STAT_IDLE (1000)
#define STAT_CONNECTING (1001)
#define STAT_GOT_IP (1010)

// Reasons for a disconnection, as ESP-IDF numbers them.
#define REASON_NONE (0)
#define REASON_LEFT (8)
#define REASON_BEACON_TIMEOUT (200)
#define REASON_NO_AP_FOUND (201)
#define REASON_AUTH_FAIL (202)

#define SSID_MAX (32)
#define PASSWORD_MAX (64)

typedef struct {
    char ssid[SSID_MAX + 1];
    char password[PASSWORD_MAX + 1];
} network_t;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static network_t asked;  // what connect() was given
static bool started, wanted, trying;
static volatile bool connected;
static int reason;
static int tries, most_tries;  // 0 = tries for ever
static int64_t try_ends_ms, heard_ms;

static int64_t now_ms(void) {
    return board_now_us() / 1000;
}

// A length byte, then the text.
static void copy_text(char *into, size_t at, size_t most) {
    const uint8_t *from = (const uint8_t *)board_world + at;
    size_t len = from[0] < most ? from[0] : most;
    memcpy(into, from + 1, len);
    into[len] = 0;
}

static network_t on_air(void) {
    network_t found;
    copy_text(found.ssid, WORLD_SSID, SSID_MAX);
    copy_text(found.password, WORLD_PASSWORD, PASSWORD_MAX);
    return found;
}

static int why_not(void) {
    network_t found = on_air();
    if (!board_world[WORLD_RADIO] || strcmp(found.ssid, asked.ssid) != 0) {
        return REASON_NO_AP_FOUND;
    }
    // An open network is joined with any password.
    if (found.password[0] && strcmp(found.password, asked.password) != 0) {
        return REASON_AUTH_FAIL;
    }
    return REASON_NONE;
}

static void set_connected(bool now_connected) {
    bool was = connected;
    connected = now_connected;
    board_world[WORLD_ASSOCIATED] = now_connected;
    heard_ms = now_ms();
    if (was && !now_connected) {
        net_cut();
    }
}

static void try_now(void) {
    int expected = why_not();
    trying = true;
    try_ends_ms = now_ms() + (expected == REASON_NONE ? JOIN_MS
        : expected == REASON_AUTH_FAIL ? REFUSED_MS : NOT_FOUND_MS);
}

// What the driver's handler of WIFI_EVENT_STA_DISCONNECTED does.
static void disconnected(int why) {
    reason = why;
    trying = false;
    set_connected(false);
    if (started && wanted && (most_tries == 0 || ++tries < most_tries)) {
        try_now();
    }
}

static void tick(void) {
    if (trying && now_ms() >= try_ends_ms) {
        int why = why_not();
        if (why != REASON_NONE) {
            disconnected(why);
            return;
        }
        trying = false;
        reason = REASON_NONE;
        set_connected(true);
    }
    if (connected) {
        if (why_not() == REASON_NONE) {
            heard_ms = now_ms();
        } else if (now_ms() - heard_ms >= BEACONS_LOST_MS) {
            disconnected(REASON_BEACON_TIMEOUT);
        }
    }
}

void radio_tick(void) {
    pthread_mutex_lock(&lock);
    tick();
    pthread_mutex_unlock(&lock);
}

// The driver is not Python, so a soft reset leaves a connection standing.
void radio_start(void) {
    bool kept = board_cause == CAUSE_SOFT && board_world[WORLD_ASSOCIATED] && board_world[WORLD_RADIO];
    if (kept) {
        asked = on_air();
        started = wanted = true;
    }
    set_connected(kept);
}

void radio_set_active(bool active) {
    pthread_mutex_lock(&lock);
    if (started && !active) {
        started = false;
        if (connected || trying) {
            disconnected(REASON_LEFT);
        }
    } else if (active && !started) {
        started = true;
        tries = 0;
    }
    pthread_mutex_unlock(&lock);
}

bool radio_active(void) {
    return started;
}

static int connect_now(void) {
    if (!started) {
        return RADIO_NOT_STARTED;
    }
    if (trying) {
        return RADIO_CONNECTING;
    }
    if (connected) {
        wanted = false;
        disconnected(REASON_LEFT);
    }
    tries = 0;
    wanted = true;
    try_now();
    return RADIO_FINE;
}

int radio_connect(const char *ssid, size_t ssid_len, const char *password, size_t password_len) {
    pthread_mutex_lock(&lock);
    int ret = RADIO_CONNECTING;
    if (!trying) {
        memset(&asked, 0, sizeof(asked));
        memcpy(asked.ssid, ssid, ssid_len < SSID_MAX ? ssid_len : SSID_MAX);
        memcpy(asked.password, password, password_len < PASSWORD_MAX ? password_len : PASSWORD_MAX);
        ret = connect_now();
    }
    pthread_mutex_unlock(&lock);
    return ret;
}

int radio_reconnect(void) {
    pthread_mutex_lock(&lock);
    int ret = connect_now();
    pthread_mutex_unlock(&lock);
    return ret;
}

int radio_disconnect(void) {
    pthread_mutex_lock(&lock);
    wanted = false;
    int ret = started ? RADIO_FINE : RADIO_NOT_STARTED;
    if (connected || trying) {
        disconnected(REASON_LEFT);
    }
    pthread_mutex_unlock(&lock);
    return ret;
}

// The order of the questions is network_wlan_status()'s.
int radio_status(void) {
    pthread_mutex_lock(&lock);
    int status = reason;
    if (connected) {
        status = STAT_GOT_IP;
    } else if (reason == REASON_NO_AP_FOUND || reason == REASON_AUTH_FAIL) {
        status = reason;
    } else if (reason == REASON_LEFT) {
        status = STAT_IDLE;
    } else if (wanted && (most_tries == 0 || tries < most_tries)) {
        status = STAT_CONNECTING;
    } else if (reason == REASON_NONE) {
        status = STAT_IDLE;
    }
    pthread_mutex_unlock(&lock);
    return status;
}

bool radio_connected(void) {
    return connected;
}

bool radio_connecting(void) {
    return trying;
}

void radio_set_reconnects(int more_tries) {
    most_tries = more_tries + 1;  // -1: for ever
}

int radio_reconnects(void) {
    return most_tries - 1;
}

const char *radio_ssid(void) {
    return asked.ssid;
}
