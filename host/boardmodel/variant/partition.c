// esp32.Partition: the stock firmware's partition table for 4 MB, and the block device below the file system.

#include <string.h>

#include "py/mperrno.h"
#include "py/runtime.h"
#include "extmod/vfs.h"

#include "board.h"

#define TYPE_APP (0)
#define TYPE_DATA (1)
#define ANY_SUBTYPE (255)

typedef struct {
    mp_obj_base_t base;
    uint8_t type, subtype;
    uint32_t at, size;  // a size of 0 reaches to the end of the flash
    const char *label;
} partition_t;

extern const mp_obj_type_t partition_type;

static const partition_t table[] = {
    { { &partition_type }, TYPE_DATA, 0x02, NVS_AT, NVS_BYTES, "nvs" },
    { { &partition_type }, TYPE_DATA, 0x01, NVS_AT + NVS_BYTES, 0x1000, "phy_init" },
    { { &partition_type }, TYPE_APP, 0x00, 0x10000, 0x1F0000, "factory" },
    { { &partition_type }, TYPE_DATA, 0x81, VFS_AT, 0, "vfs" },
};

static uint32_t bytes_of(const partition_t *self) {
    return self->size ? self->size : flash_bytes() - self->at;
}

// A flash of 2 MB or less ends before the vfs partition; the stock firmware then makes none.
static bool exists(const partition_t *self) {
    return self->at < flash_bytes();
}

static void print(const mp_print_t *out, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    const partition_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(out, "<Partition type=%u, subtype=%u, address=%u, size=%u, label=%s, encrypted=0>",
        self->type, self->subtype, (unsigned)self->at, (unsigned)bytes_of(self), self->label);
}

static mp_obj_t make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)type;
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    if (mp_obj_is_int(args[0])) {
        return MP_OBJ_FROM_PTR(&table[2]);  // BOOT or RUNNING: there is one app
    }
    const char *label = mp_obj_str_get_str(args[0]);
    for (size_t i = 0; i < MP_ARRAY_SIZE(table); i++) {
        if (exists(&table[i]) && strcmp(table[i].label, label) == 0) {
            return MP_OBJ_FROM_PTR(&table[i]);
        }
    }
    mp_raise_OSError(MP_ENOENT);
}

static mp_obj_t find(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_TYPE, ARG_SUBTYPE, ARG_LABEL };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_type, MP_ARG_INT, { .u_int = TYPE_APP } },
        { MP_QSTR_subtype, MP_ARG_INT, { .u_int = ANY_SUBTYPE } },
        { MP_QSTR_label, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    mp_obj_t label = args[ARG_LABEL].u_obj;
    mp_obj_t found = mp_obj_new_list(0, NULL);
    for (size_t i = 0; i < MP_ARRAY_SIZE(table); i++) {
        if (exists(&table[i]) && table[i].type == args[ARG_TYPE].u_int
            && (args[ARG_SUBTYPE].u_int == ANY_SUBTYPE || table[i].subtype == args[ARG_SUBTYPE].u_int)
            && (label == mp_const_none || strcmp(table[i].label, mp_obj_str_get_str(label)) == 0)) {
            mp_obj_list_append(found, MP_OBJ_FROM_PTR(&table[i]));
        }
    }
    return found;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(find_fun_obj, 0, find);
static MP_DEFINE_CONST_STATICMETHOD_OBJ(find_obj, MP_ROM_PTR(&find_fun_obj));

static mp_obj_t info(mp_obj_t self_in) {
    const partition_t *self = MP_OBJ_TO_PTR(self_in);
    mp_obj_t items[] = {
        MP_OBJ_NEW_SMALL_INT(self->type),
        MP_OBJ_NEW_SMALL_INT(self->subtype),
        mp_obj_new_int_from_uint(self->at),
        mp_obj_new_int_from_uint(bytes_of(self)),
        mp_obj_new_str_from_cstr(self->label),
        mp_const_false,
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(info_obj, info);

// Where a block lies in the flash; a range outside of the partition is an error, as on the chip.
static uint32_t place(size_t n_args, const mp_obj_t *args, size_t len) {
    const partition_t *self = MP_OBJ_TO_PTR(args[0]);
    int64_t offset = (int64_t)mp_obj_get_int(args[1]) * SECTOR_BYTES + (n_args == 4 ? mp_obj_get_int(args[3]) : 0);
    if (offset < 0 || offset > bytes_of(self) || len > bytes_of(self) - offset) {
        mp_raise_OSError(MP_EINVAL);
    }
    return self->at + offset;
}

static mp_obj_t readblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(args[2], &buffer, MP_BUFFER_WRITE);
    flash_read(place(n_args, args, buffer.len), buffer.buf, buffer.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(readblocks_obj, 3, 4, readblocks);

static mp_obj_t writeblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(args[2], &buffer, MP_BUFFER_READ);
    uint32_t at = place(n_args, args, buffer.len);
    if (n_args == 3) {
        if (buffer.len % SECTOR_BYTES) {
            mp_raise_OSError(MP_EINVAL);  // flash is erased by whole sectors
        }
        flash_erase(at, buffer.len);
    }
    flash_write(at, buffer.buf, buffer.len);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(writeblocks_obj, 3, 4, writeblocks);

static mp_obj_t ioctl(mp_obj_t self_in, mp_obj_t request, mp_obj_t arg) {
    const partition_t *self = MP_OBJ_TO_PTR(self_in);
    switch (mp_obj_get_int(request)) {
        case MP_BLOCKDEV_IOCTL_INIT:
        case MP_BLOCKDEV_IOCTL_DEINIT:
        case MP_BLOCKDEV_IOCTL_SYNC:
            return MP_OBJ_NEW_SMALL_INT(0);
        case MP_BLOCKDEV_IOCTL_BLOCK_COUNT:
            return MP_OBJ_NEW_SMALL_INT(bytes_of(self) / SECTOR_BYTES);
        case MP_BLOCKDEV_IOCTL_BLOCK_SIZE:
            return MP_OBJ_NEW_SMALL_INT(SECTOR_BYTES);
        case MP_BLOCKDEV_IOCTL_BLOCK_ERASE: {
            mp_obj_t where[] = { self_in, arg };
            flash_erase(place(2, where, SECTOR_BYTES), SECTOR_BYTES);
            return MP_OBJ_NEW_SMALL_INT(0);
        }
        default:
            return mp_const_none;
    }
}
static MP_DEFINE_CONST_FUN_OBJ_3(ioctl_obj, ioctl);

static const mp_rom_map_elem_t locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_find), MP_ROM_PTR(&find_obj) },
    { MP_ROM_QSTR(MP_QSTR_info), MP_ROM_PTR(&info_obj) },
    { MP_ROM_QSTR(MP_QSTR_readblocks), MP_ROM_PTR(&readblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_writeblocks), MP_ROM_PTR(&writeblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&ioctl_obj) },
    { MP_ROM_QSTR(MP_QSTR_BOOT), MP_ROM_INT(0) },
    { MP_ROM_QSTR(MP_QSTR_RUNNING), MP_ROM_INT(1) },
    { MP_ROM_QSTR(MP_QSTR_TYPE_APP), MP_ROM_INT(TYPE_APP) },
    { MP_ROM_QSTR(MP_QSTR_TYPE_DATA), MP_ROM_INT(TYPE_DATA) },
};
static MP_DEFINE_CONST_DICT(locals, locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    partition_type,
    MP_QSTR_Partition,
    MP_TYPE_FLAG_NONE,
    make_new, make_new,
    print, print,
    locals_dict, &locals
    );
