/* driver.c -- every function of zr.h under ASan and UBSan; one argument picks an end or a mistake to be caught.
 *
 * Answers are checked in the other tests; here only what the sanitizers see counts, and that nothing stays live.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zr.h"
#include "zr_panics.h"

static const zr_desc some = {.kind = ZR_DESC_DATA, .count = 5, .name = "Some",
                             .fields = {ZR_FIELD_I64, ZR_FIELD_F64, ZR_FIELD_BOOL, ZR_FIELD_UNIT, ZR_FIELD_REF}};
static const zr_desc none = {.kind = ZR_DESC_DATA, .name = "None"};
static const zr_desc list_of_ref = {.kind = ZR_DESC_LIST, .count = 2, .fields = {ZR_FIELD_REF, ZR_FIELD_REF}};
static const zr_desc array_of_ref = {.kind = ZR_DESC_ARRAY, .count = 1, .fields = {ZR_FIELD_REF}};
static const zr_desc array_of_f64 = {.kind = ZR_DESC_ARRAY, .count = 1, .fields = {ZR_FIELD_F64}};
static const zr_desc closure = {.kind = ZR_DESC_CLOSURE, .count = 2, .fields = {ZR_FIELD_I64, ZR_FIELD_REF}};
static const zr_desc cell = {.kind = ZR_DESC_CELL, .count = 1, .fields = {ZR_FIELD_REF}};

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static zr_object *text(const char *words) { return zr_text_new(words, (int64_t)strlen(words)); }

static void check(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "driver: %s\n", what);
        exit(1);
    }
}

static zr_object *make(int depth)
{
    switch (depth ? next_random() % 6 : next_random() % 2) {
    case 0: return text("a text");
    case 1: return zr_new(ZR_HEADER, &none, 1);
    case 2: {
        zr_data *made = (zr_data *)zr_new(ZR_HEADER + 5 * 8, &some, 0);
        double number = (double)(next_random() % 100) / 8;
        made->fields[0] = (int64_t)next_random();
        memcpy(&made->fields[1], &number, 8);
        made->fields[2] = 1;
        made->fields[3] = 0;
        made->fields[4] = (int64_t)make(depth - 1);
        return &made->head;
    }
    case 3: {
        zr_object *list = &zr_nil;
        for (int i = 0; i < 3; i++) {
            zr_list *head = (zr_list *)zr_new(sizeof(zr_list), &list_of_ref, 1);
            head->item = (int64_t)make(depth - 1);
            head->rest = list;
            list = &head->head;
        }
        return list;
    }
    case 4: return zr_array_new((int64_t)(next_random() % 4), (int64_t)make(depth - 1), &array_of_ref, "loc");
    default: return zr_array_new(2, 0, &array_of_f64, "loc");
    }
}

static void objects(void)
{
    for (int i = 0; i < 300; i++) {
        zr_object *value = make(5), *shown = zr_show(value, "loc");
        check(zr_equal(value, value, "loc") == 1, "equal to itself");
        zr_drop(shown);
        zr_drop(value);
    }
    zr_object *array = zr_array_new(3, (int64_t)text("element"), &array_of_ref, "loc");
    zr_object *copy = zr_array_copy(array);
    check(zr_equal(array, copy, "loc") == 1, "a copy is equal");
    zr_drop(array);
    zr_drop(copy);
    zr_data *held = (zr_data *)zr_new(ZR_HEADER + 8, &cell, 0);
    held->fields[0] = (int64_t)text("held");
    zr_data *function = (zr_data *)zr_new(ZR_HEADER + 24, &closure, 0);
    function->fields[0] = 1;
    function->fields[1] = 2;
    function->fields[2] = (int64_t)held;
    zr_drop(&function->head);
    zr_object *list = &zr_nil;
    for (int i = 0; i < 100000; i++) {
        zr_list *head = (zr_list *)zr_new(sizeof(zr_list), &list_of_ref, 1);
        head->item = (int64_t)&zr_nil;
        head->rest = list;
        list = &head->head;
    }
    check(zr_list_len(list) == 100000 && zr_list_cell(list, 99999, "loc") != &zr_nil, "length");
    zr_release((--list->count, list));
}

static void texts(void)
{
    zr_object *a = text("needle in a haystack"), *b = text("hay"), *both[] = {a, b, a};
    zr_object *c = zr_text_cat(both, 3), *d = zr_text_slice(c, 3, 30, "loc");
    check(zr_text_find(a, b) == 12 && zr_text_find(b, a) == -1, "find");
    zr_object *e = zr_text_to_bytes(d), *f = zr_bytes_slice(e, 1, 9, "loc"), *g = zr_bytes_to_text(f);
    zr_object *h = zr_bytes_new(13, "loc"), *shown = zr_show(h, "loc");
    check(((zr_text *)e)->length == 27 && ((zr_text *)g)->length == 8 && !zr_equal(f, h, "loc"), "bytes");
    zr_object *made[] = {e, f, g, h, shown};
    for (int i = 0; i < 5; i++)
        zr_drop(made[i]);
    check(zr_text_less(b, a) == 1 && zr_text_less(a, a) == 0, "less");
    zr_object *all[] = {a, b, c, d};
    for (int i = 0; i < 4; i++)
        zr_drop(all[i]);
    for (int64_t n = 0; n < 5000; n += 37) {
        char *bytes = calloc(1, (size_t)n + 1);
        zr_drop(zr_text_new(bytes, n));
        free(bytes);
    }
}

/* A region that refers to itself in a circle, and to what is counted outside. */
static void regions(void)
{
    for (int round = 0; round < 3; round++) {
        int64_t region = zr_region_enter(), inner = zr_region_enter();
        zr_object *outside = text("outside"), *list = &zr_nil;
        for (int i = 0; i < 1000 * round; i++) {
            zr_list *head = (zr_list *)zr_region_new(region, sizeof(zr_list), &list_of_ref, 1);
            zr_dup(outside);
            head->item = (int64_t)outside;
            head->rest = list;
            list = &head->head;
        }
        zr_object *array = zr_region_array(region, 100, (int64_t)outside, &array_of_ref, "loc");
        zr_dup(array);
        zr_drop((zr_object *)((zr_array *)array)->items[0]);
        ((zr_array *)array)->items[0] = (int64_t)array;
        zr_object *flat = zr_region_array(inner, 50000, 0, &array_of_f64, "loc"), *again = zr_region_copy(inner, flat);
        check(zr_equal(flat, again, "loc") == 1, "a copy in a region is equal");
        zr_object *bytes = zr_region_bytes(inner, 13, "loc"), *shown = zr_show(bytes, "loc");
        zr_drop(shown);
        zr_data *function = (zr_data *)zr_region_new(region, ZR_HEADER + 24, &closure, 0);
        function->fields[0] = function->fields[1] = 7;
        function->fields[2] = (int64_t)zr_region_copy(region, array);
        zr_region_bytes(region, 5, "loc");
        zr_data *held = (zr_data *)zr_new(ZR_HEADER + 8, &cell, 0); /* counted, and refers into the region */
        held->fields[0] = (int64_t)list;
        zr_data *holds = (zr_data *)zr_region_new(region, ZR_HEADER + 8, &cell, 0);
        holds->fields[0] = (int64_t)held;
        check(zr_region_array(region, 0, (int64_t)text("unused"), &array_of_ref, "loc") != NULL, "empty");
        zr_region_leave(inner, 0);
        zr_region_leave(region, 1);
    }
}

static void number(double value)
{
    zr_object *shown = zr_f64_to_text(value);
    if (zr_text_is_f64(shown)) {
        double read = zr_text_get_f64(shown);
        check(memcmp(&read, &value, 8) == 0, "reads back");
    }
    zr_drop(shown);
    zr_drop(zr_f64_to_fixed(value, (int64_t)(next_random() % 1001), "loc"));
    double other;
    uint64_t bits = next_random();
    memcpy(&other, &bits, 8);
    (void)zr_fmod(value, other);
}

static void numbers(void)
{
    const char *spellings[] = {"", "-", "12", "0x_f", "0b12", "1.5e300", "1e-400", "1e999", "9223372036854775808", "1_0.5",
                               "2.2250738585072011e-308", "4.9406564584124654e-324", "2.4703282292062327e-324"};
    for (int i = 0; i < 4000; i++) {
        double value;
        uint64_t bits = next_random();
        memcpy(&value, &bits, 8);
        number(value);
        number((double)(int64_t)(bits >> 20) / 1000);
        zr_object *shown = zr_i64_to_text((int64_t)bits);
        check(zr_text_is_i64(shown) && zr_text_get_i64(shown) == (int64_t)bits, "an I64 reads back");
        zr_drop(shown);
    }
    double edges[] = {0.0, -0.0, 5e-324, 1.7976931348623157e308, __builtin_inf(), -__builtin_inf(), __builtin_nan("")};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        number(edges[i]);
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        zr_object *source = text(spellings[i]);
        (void)zr_text_get_f64(source);
        (void)zr_text_get_i64(source);
        zr_drop(source);
    }
    char digits[2001];
    memset(digits, '7', 2000);
    digits[1] = '.';
    digits[2000] = 0;
    zr_object *source = text(digits);
    check(zr_text_get_f64(source) > 7.0, "many digits");
    zr_drop(source);
}

static void world(const char *folder)
{
    char name[4096];
    snprintf(name, sizeof name, "%s/driver.txt", folder);
    zr_object *path = text(name), *contents = text("one\ntwo\nthree"), *missing = text("/none/such"), *variable = text("PATH");
    check(zr_write_file(path, contents) == 1, "write");
    zr_drop(zr_taken());
    check(zr_read_file(path) == 1, "read");
    zr_drop(zr_taken());
    check(zr_read_file(missing) == 0, "nothing to read");
    zr_drop(zr_taken());
    if (zr_env(variable))
        zr_drop(zr_taken());
    if (zr_read_line())
        zr_drop(zr_taken());
    if (zr_read_stdin())
        zr_drop(zr_taken());
    zr_print(contents);
    zr_write(contents);
    zr_flush();
    zr_drop(zr_argv());
    check(zr_now_ns() > 0, "time");
    zr_drop(path);
    zr_drop(contents);
    zr_drop(missing);
    zr_drop(variable);
}

static void allocator(void)
{
    static struct { char *block; size_t size; char fill; } table[500];
    for (int i = 0; i < 60000; i++) {
        uint64_t random = next_random(), at = random % 500;
        size_t size = (random >> 20) % ((random >> 10) % 50 ? 600 : 700000);
        if (table[at].block) {
            for (size_t j = 0; j < table[at].size; j += 61)
                check(table[at].block[j] == table[at].fill, "contents kept");
            zr_free(table[at].block);
        }
        table[at].block = zr_alloc(size);
        check((uintptr_t)table[at].block % 16 == 0 && zr_block_size(size) >= size, "alignment and size");
        table[at].size = size;
        table[at].fill = (char)random;
        memset(table[at].block, (char)random, size);
    }
    for (int at = 0; at < 500; at++)
        if (table[at].block) {
            zr_free(table[at].block);
            table[at].block = NULL;
        }
}

static zr_object *heard;

static void answer(zr_object *self, zr_object *actor)
{
    for (int i = 0; i < 3; i++) {
        zr_object *message = (zr_object *)*zr_receive(actor, "f.0x0:1:2");
        zr_send(heard, (int64_t)message, ZR_FIELD_REF);
    }
    zr_drop(self);
    zr_drop(actor);
}

static void actors(void)
{
    static const zr_desc captures = {.kind = ZR_DESC_CLOSURE, .count = 1, .fields = {ZR_FIELD_REF}};
    zr_data *function = (zr_data *)zr_new(32, &captures, 0);
    function->fields[0] = (int64_t)answer;
    function->fields[1] = (int64_t)text("captured");
    heard = zr_inbox();
    zr_object *actor = zr_spawn(&function->head);
    zr_data *box = (zr_data *)zr_new(24, &cell, 0); /* shared twice, and once in a circle */
    zr_array *array = (zr_array *)zr_array_new(2, (int64_t)box, &array_of_ref, "f.0x0:1:2");
    box->fields[0] = (int64_t)text("inside");
    zr_dup(&array->head);
    zr_send(actor, (int64_t)array, ZR_FIELD_REF); /* copied: we still have it */
    zr_send(actor, (int64_t)&array->head, ZR_FIELD_REF); /* the last owner, but its parts are shared */
    zr_send(actor, (int64_t)&zr_nil, ZR_FIELD_REF);
    for (int i = 0; i < 3; i++) {
        zr_array *message = (zr_array *)*zr_receive(heard, "f.0x0:1:2");
        check(i == 2 || (message->items[0] == message->items[1] && message->head.count == 1), "sharing is kept");
        check(i != 2 || &message->head == &zr_nil, "static objects are shared");
        zr_drop(&message->head);
    }
    zr_join(actor);
    zr_send(actor, (int64_t)text("too late"), ZR_FIELD_REF);
    zr_send(heard, (int64_t)text("never received"), ZR_FIELD_REF);
    zr_drop(actor);
    zr_drop(heard);
}

static volatile size_t one = 1;

int main(int argc, char **argv, char **envp)
{
    const char *what = argc > 1 ? argv[1] : "";
    zr_init(argc, argv, envp);
    if (!strcmp(what, "after-free")) {
        volatile char *block = zr_alloc(100);
        zr_free((void *)block);
        return block[50];
    }
    if (!strcmp(what, "beyond")) {
        volatile char *block = zr_alloc(100);
        return block[100 * one];
    }
    if (!strcmp(what, "panic"))
        zr_panic(ZR_PANIC_INDEX, "f.0x0:1:2", 3, INT64_MIN);
    if (!strcmp(what, "panic-text"))
        zr_panic_text(text("words"), "f.0x0:1:2");
    if (!strcmp(what, "type")) {
        static const zr_desc i64 = {ZR_DESC_ANY, 1, "I64", {ZR_FIELD_I64}}, f64 = {ZR_DESC_ANY, 1, "F64", {ZR_FIELD_F64}};
        zr_any_wrong(zr_new(24, &f64, 0), &i64, "f.0x0:1:2");
    }
    if (!strcmp(what, "exit"))
        zr_exit(7);
    if (!strcmp(what, "memory"))
        zr_alloc(SIZE_MAX / 2);
    for (int round = 0; round < 2; round++) {
        zr_stats now;
        objects();
        texts();
    regions();
        numbers();
        allocator();
        world(what);
        actors();
        zr_stats_read(&now);
        check(now.live_blocks == 0 && now.live_bytes == 0 && now.allocs == now.frees, "nothing stays live");
        zr_track(); /* the second round goes the other way through the allocator */
    }
    return 0;
}
