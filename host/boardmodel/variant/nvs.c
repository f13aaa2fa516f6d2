// esp32.NVS: small values by namespace and key, kept in the flash's nvs partition, so that erasing the flash erases them.
//
// The format is our own. The partition is two halves; commit() writes all entries into the half with the older
// number, its head last, so that whenever power goes one half holds all of an old or all of a new state.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "py/runtime.h"
#include "lib/uzlib/uzlib.h"

#include "board.h"

#define HALF_BYTES (NVS_BYTES / 2)
#define MAGIC (0x314E564E)  // "NVN1"
#define NAME_BYTES (16)  // of a namespace or a key, its 0 included

// ESP-IDF's numbers.
#define NOT_FOUND (0x1102)
#define NOT_ENOUGH_SPACE (0x1105)
#define INVALID_NAME (0x1106)
#define KEY_TOO_LONG (0x1109)
#define INVALID_LENGTH (0x110C)

enum { KIND_I32 = 1, KIND_BLOB = 2 };

typedef struct {
    uint32_t magic, number, bytes, crc;
} head_t;

typedef struct {
    char space[NAME_BYTES], key[NAME_BYTES];
    uint16_t kind, bytes;  // the value follows
} entry_t;

#define ROOM_BYTES (HALF_BYTES - sizeof(head_t))

// All entries one after the other: the working copy, which commit() makes permanent.
static struct {
    bool loaded;
    uint32_t number;
    uint32_t bytes;
    uint8_t entries[ROOM_BYTES];
} nvs;

typedef struct {
    mp_obj_base_t base;
    char space[NAME_BYTES];
} nvs_obj_t;

static uint32_t half(uint32_t number) {
    return NVS_AT + (number % 2) * HALF_BYTES;
}

static uint32_t crc(const void *data, size_t len) {
    return uzlib_crc32(data, len, 0);
}

static bool load_half(uint32_t at, head_t *head) {
    flash_read(at, head, sizeof(*head));
    if (head->magic != MAGIC || head->bytes > ROOM_BYTES || half(head->number) != at) {
        return false;
    }
    flash_read(at + sizeof(*head), nvs.entries, head->bytes);
    return crc(nvs.entries, head->bytes) == head->crc;
}

static void load(void) {
    if (nvs.loaded) {
        return;
    }
    nvs.loaded = true;
    head_t first, second;
    bool first_good = load_half(half(0), &first);
    bool second_good = load_half(half(1), &second);
    if (first_good && (!second_good || first.number > second.number)) {
        load_half(half(0), &second);
        second_good = true;
    }
    if (second_good) {
        nvs.number = second.number;
        nvs.bytes = second.bytes;
    }
}

static void commit_all(void) {
    head_t head = { MAGIC, nvs.number + 1, nvs.bytes, crc(nvs.entries, nvs.bytes) };
    uint32_t at = half(head.number);
    flash_erase(at, HALF_BYTES);
    flash_write(at + sizeof(head), nvs.entries, nvs.bytes);
    flash_write(at, &head, sizeof(head));
    nvs.number = head.number;
}

static void raise(int code) __attribute__((noreturn));

static void raise(int code) {
    const char *name = code == NOT_FOUND ? "ESP_ERR_NVS_NOT_FOUND"
        : code == NOT_ENOUGH_SPACE ? "ESP_ERR_NVS_NOT_ENOUGH_SPACE"
        : code == INVALID_NAME ? "ESP_ERR_NVS_INVALID_NAME"
        : code == KEY_TOO_LONG ? "ESP_ERR_NVS_KEY_TOO_LONG" : "ESP_ERR_NVS_INVALID_LENGTH";
    mp_obj_t args[] = { MP_OBJ_NEW_SMALL_INT(-code), mp_obj_new_str_from_cstr(name) };
    nlr_raise(mp_obj_exception_make_new(&mp_type_OSError, 2, 0, args));
}

static void copy_name(char *into, mp_obj_t name_in) {
    size_t len;
    const char *name = mp_obj_str_get_data(name_in, &len);
    if (len == 0) {
        raise(INVALID_NAME);
    }
    if (len >= NAME_BYTES) {
        raise(KEY_TOO_LONG);
    }
    memset(into, 0, NAME_BYTES);
    memcpy(into, name, len);
}

static size_t whole(const entry_t *entry) {
    return sizeof(entry_t) + ((entry->bytes + 3) & ~3);
}

// The entry with this name and kind, or NULL; a kind of 0 is any.
static entry_t *look_up(mp_obj_t self_in, mp_obj_t key_in, int kind) {
    nvs_obj_t *self = MP_OBJ_TO_PTR(self_in);
    char key[NAME_BYTES];
    copy_name(key, key_in);
    for (uint32_t at = 0; at < nvs.bytes;) {
        entry_t *entry = (entry_t *)(nvs.entries + at);
        if (memcmp(entry->space, self->space, NAME_BYTES) == 0 && memcmp(entry->key, key, NAME_BYTES) == 0
            && (kind == 0 || entry->kind == kind)) {
            return entry;
        }
        at += whole(entry);
    }
    return NULL;
}

static entry_t *require(mp_obj_t self_in, mp_obj_t key_in, int kind) {
    entry_t *entry = look_up(self_in, key_in, kind);
    if (entry == NULL) {
        raise(NOT_FOUND);
    }
    return entry;
}

static void drop(entry_t *entry) {
    size_t bytes = whole(entry);
    uint8_t *next = (uint8_t *)entry + bytes;
    memmove(entry, next, nvs.entries + nvs.bytes - next);
    nvs.bytes -= bytes;
}

static void put(mp_obj_t self_in, mp_obj_t key_in, int kind, const void *value, size_t len) {
    nvs_obj_t *self = MP_OBJ_TO_PTR(self_in);
    entry_t *old = look_up(self_in, key_in, kind);
    size_t freed = old ? whole(old) : 0;
    entry_t entry = { .kind = kind, .bytes = len };
    if (len > UINT16_MAX || nvs.bytes - freed + whole(&entry) > ROOM_BYTES) {
        raise(NOT_ENOUGH_SPACE);
    }
    if (old) {
        drop(old);
    }
    memcpy(entry.space, self->space, NAME_BYTES);
    copy_name(entry.key, key_in);
    uint8_t *at = nvs.entries + nvs.bytes;
    memset(at, 0, whole(&entry));
    memcpy(at, &entry, sizeof(entry));
    memcpy(at + sizeof(entry), value, len);
    nvs.bytes += whole(&entry);
}

static mp_obj_t make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    load();
    nvs_obj_t *self = mp_obj_malloc(nvs_obj_t, type);
    copy_name(self->space, args[0]);
    return MP_OBJ_FROM_PTR(self);
}

static void print(const mp_print_t *out, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)self_in;
    (void)kind;
    mp_printf(out, "<NVS namespace>");
}

static mp_obj_t set_i32(mp_obj_t self_in, mp_obj_t key, mp_obj_t value_in) {
    int32_t value = mp_obj_get_int(value_in);
    put(self_in, key, KIND_I32, &value, sizeof(value));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(set_i32_obj, set_i32);

static mp_obj_t get_i32(mp_obj_t self_in, mp_obj_t key) {
    int32_t value;
    memcpy(&value, require(self_in, key, KIND_I32) + 1, sizeof(value));
    return mp_obj_new_int(value);
}
static MP_DEFINE_CONST_FUN_OBJ_2(get_i32_obj, get_i32);

static mp_obj_t set_blob(mp_obj_t self_in, mp_obj_t key, mp_obj_t value_in) {
    mp_buffer_info_t value;
    mp_get_buffer_raise(value_in, &value, MP_BUFFER_READ);
    put(self_in, key, KIND_BLOB, value.buf, value.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(set_blob_obj, set_blob);

static mp_obj_t get_blob(mp_obj_t self_in, mp_obj_t key, mp_obj_t into) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(into, &buffer, MP_BUFFER_WRITE);
    entry_t *entry = require(self_in, key, KIND_BLOB);
    if (entry->bytes > buffer.len) {
        raise(INVALID_LENGTH);
    }
    memcpy(buffer.buf, entry + 1, entry->bytes);
    return MP_OBJ_NEW_SMALL_INT(entry->bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_3(get_blob_obj, get_blob);

static mp_obj_t erase_key(mp_obj_t self_in, mp_obj_t key) {
    drop(require(self_in, key, 0));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(erase_key_obj, erase_key);

static mp_obj_t commit(mp_obj_t self_in) {
    (void)self_in;
    commit_all();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(commit_obj, commit);

static const mp_rom_map_elem_t locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_get_i32), MP_ROM_PTR(&get_i32_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_i32), MP_ROM_PTR(&set_i32_obj) },
    { MP_ROM_QSTR(MP_QSTR_get_blob), MP_ROM_PTR(&get_blob_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_blob), MP_ROM_PTR(&set_blob_obj) },
    { MP_ROM_QSTR(MP_QSTR_erase_key), MP_ROM_PTR(&erase_key_obj) },
    { MP_ROM_QSTR(MP_QSTR_commit), MP_ROM_PTR(&commit_obj) },
};
static MP_DEFINE_CONST_DICT(locals, locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    nvs_type,
    MP_QSTR_NVS,
    MP_TYPE_FLAG_NONE,
    make_new, make_new,
    print, print,
    locals_dict, &locals
    );
