// The module _devkit: what the stand-ins of machine, network, esp32 and the like ask of the model. Powered boards only.

#include <string.h>

#include "py/mperrno.h"
#include "py/runtime.h"

#include "board.h"
#include "clock.h"
#include "radio.h"
#include "watchdog.h"

extern const mp_obj_type_t partition_type, nvs_type;

static mp_obj_t world(mp_obj_t word) {
    return mp_obj_new_int(board_world[mp_obj_get_int(word)]);
}
static MP_DEFINE_CONST_FUN_OBJ_1(world_obj, world);

static mp_obj_t mac(void) {
    return mp_obj_new_bytes((const byte *)board_world + WORLD_MAC, 6);
}
static MP_DEFINE_CONST_FUN_OBJ_0(mac_obj, mac);

static mp_obj_t ssid_on_air(void) {
    const byte *text = (const byte *)board_world + WORLD_SSID;
    return mp_obj_new_bytes(text + 1, text[0]);
}
static MP_DEFINE_CONST_FUN_OBJ_0(ssid_on_air_obj, ssid_on_air);

static mp_obj_t reset_cause(void) {
    return MP_OBJ_NEW_SMALL_INT(board_cause);
}
static MP_DEFINE_CONST_FUN_OBJ_0(reset_cause_obj, reset_cause);

static mp_obj_t reset(void) {
    board_end(ENDING_RESET);
}
static MP_DEFINE_CONST_FUN_OBJ_0(reset_obj, reset);

static mp_obj_t deepsleep(mp_obj_t ms) {
    board_world[WORLD_SLEEP_MS] = mp_obj_get_int(ms);
    board_end(ENDING_DEEP_SLEEP);
}
static MP_DEFINE_CONST_FUN_OBJ_1(deepsleep_obj, deepsleep);

// How much of the heap the stand-ins take.
static mp_obj_t hide(mp_obj_t bytes) {
    heap_hide(mp_obj_get_int(bytes));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(hide_obj, hide);

static mp_obj_t flash_size(void) {
    return mp_obj_new_int_from_uint(flash_bytes());
}
static MP_DEFINE_CONST_FUN_OBJ_0(flash_size_obj, flash_size);

// Seconds since 1970, or None for what a time server would answer.
static mp_obj_t set_clock(mp_obj_t seconds) {
    if (seconds == mp_const_none) {
        clock_set_right();
    } else {
        clock_set(mp_obj_get_int(seconds));
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(set_clock_obj, set_clock);

static mp_obj_t wdt_start(mp_obj_t ms) {
    watchdog_set(mp_obj_get_int(ms));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(wdt_start_obj, wdt_start);

static mp_obj_t wdt_feed(void) {
    watchdog_feed();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(wdt_feed_obj, wdt_feed);

static void check(int refused) {
    if (refused == RADIO_NOT_STARTED) {
        mp_raise_msg(&mp_type_OSError, MP_ERROR_TEXT("Wifi Not Started"));
    }
    if (refused == RADIO_CONNECTING) {
        mp_raise_msg(&mp_type_OSError, MP_ERROR_TEXT("Wifi Internal State Error"));
    }
}

static mp_obj_t wifi_active(size_t n_args, const mp_obj_t *args) {
    if (n_args) {
        radio_set_active(mp_obj_is_true(args[0]));
    }
    return mp_obj_new_bool(radio_active());
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(wifi_active_obj, 0, 1, wifi_active);

static mp_obj_t wifi_connect(size_t n_args, const mp_obj_t *args) {
    if (n_args == 0) {
        check(radio_reconnect());
        return mp_const_none;
    }
    size_t ssid_len, password_len = 0;
    const char *ssid = mp_obj_str_get_data(args[0], &ssid_len);
    const char *password = args[1] == mp_const_none ? "" : mp_obj_str_get_data(args[1], &password_len);
    check(radio_connect(ssid, ssid_len, password, password_len));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(wifi_connect_obj, 0, 2, wifi_connect);

static mp_obj_t wifi_disconnect(void) {
    check(radio_disconnect());
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(wifi_disconnect_obj, wifi_disconnect);

static mp_obj_t wifi_connected(void) {
    return mp_obj_new_bool(radio_connected());
}
static MP_DEFINE_CONST_FUN_OBJ_0(wifi_connected_obj, wifi_connected);

static mp_obj_t wifi_connecting(void) {
    return mp_obj_new_bool(radio_connecting());
}
static MP_DEFINE_CONST_FUN_OBJ_0(wifi_connecting_obj, wifi_connecting);

static mp_obj_t wifi_status(void) {
    return MP_OBJ_NEW_SMALL_INT(radio_status());
}
static MP_DEFINE_CONST_FUN_OBJ_0(wifi_status_obj, wifi_status);

static mp_obj_t wifi_reconnects(size_t n_args, const mp_obj_t *args) {
    if (n_args) {
        radio_set_reconnects(mp_obj_get_int(args[0]));
    }
    return MP_OBJ_NEW_SMALL_INT(radio_reconnects());
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(wifi_reconnects_obj, 0, 1, wifi_reconnects);

static mp_obj_t wifi_ssid(void) {
    return mp_obj_new_str_from_cstr(radio_ssid());
}
static MP_DEFINE_CONST_FUN_OBJ_0(wifi_ssid_obj, wifi_ssid);

static const mp_rom_map_elem_t globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__devkit) },
    { MP_ROM_QSTR(MP_QSTR_world), MP_ROM_PTR(&world_obj) },
    { MP_ROM_QSTR(MP_QSTR_GPIO0), MP_ROM_INT(WORLD_GPIO0) },
    { MP_ROM_QSTR(MP_QSTR_RADIO), MP_ROM_INT(WORLD_RADIO) },
    { MP_ROM_QSTR(MP_QSTR_RSSI_DBM), MP_ROM_INT(WORLD_RSSI_DBM) },
    { MP_ROM_QSTR(MP_QSTR_NTP), MP_ROM_INT(WORLD_NTP) },
    { MP_ROM_QSTR(MP_QSTR_mac), MP_ROM_PTR(&mac_obj) },
    { MP_ROM_QSTR(MP_QSTR_ssid_on_air), MP_ROM_PTR(&ssid_on_air_obj) },
    { MP_ROM_QSTR(MP_QSTR_reset_cause), MP_ROM_PTR(&reset_cause_obj) },
    { MP_ROM_QSTR(MP_QSTR_reset), MP_ROM_PTR(&reset_obj) },
    { MP_ROM_QSTR(MP_QSTR_deepsleep), MP_ROM_PTR(&deepsleep_obj) },
    { MP_ROM_QSTR(MP_QSTR_hide), MP_ROM_PTR(&hide_obj) },
    { MP_ROM_QSTR(MP_QSTR_flash_size), MP_ROM_PTR(&flash_size_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_clock), MP_ROM_PTR(&set_clock_obj) },
    { MP_ROM_QSTR(MP_QSTR_wdt_start), MP_ROM_PTR(&wdt_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_wdt_feed), MP_ROM_PTR(&wdt_feed_obj) },
    { MP_ROM_QSTR(MP_QSTR_wifi_active), MP_ROM_PTR(&wifi_active_obj) },
    { MP_ROM_QSTR(MP_QSTR_wifi_connect), MP_ROM_PTR(&wifi_connect_obj) },
    { MP_ROM_QSTR(MP_QSTR_wifi_disconnect), MP_ROM_PTR(&wifi_disconnect_obj) },
    { MP_ROM_QSTR(MP_QSTR_wifi_connected), MP_ROM_PTR(&wifi_connected_obj) },
    { MP_ROM_QSTR(MP_QSTR_wifi_connecting), MP_ROM_PTR(&wifi_connecting_obj) },
    { MP_ROM_QSTR(MP_QSTR_wifi_status), MP_ROM_PTR(&wifi_status_obj) },
    { MP_ROM_QSTR(MP_QSTR_wifi_reconnects), MP_ROM_PTR(&wifi_reconnects_obj) },
    { MP_ROM_QSTR(MP_QSTR_wifi_ssid), MP_ROM_PTR(&wifi_ssid_obj) },
    { MP_ROM_QSTR(MP_QSTR_Partition), MP_ROM_PTR(&partition_type) },
    { MP_ROM_QSTR(MP_QSTR_NVS), MP_ROM_PTR(&nvs_type) },
};
static MP_DEFINE_CONST_DICT(globals, globals_table);

const mp_obj_module_t devkit_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&globals,
};
