/* zr_object.c -- objects by their descriptors: make, release, copy, compare, show; all on bounded stack.
 *
 * Release threads its list of dead objects through their own headers: no recursion and no extra memory.
 * Compare and show walk with an explicit path on the heap.  They panic exactly when a plain recursion would not
 * end: every so often the path's newest entry (for compare a pair) is remembered, and meeting it again below itself is a
 * cycle (Brent 1980).  Nothing is marked, so static objects may be read-only.
 * A new kind of object is a row in `child_bits`' switch, and how it is spelled in `zr_show`.
 */
#include "zr.h"
#include "zr_panics.h"

zr_object *zr_new(int64_t bytes, const zr_desc *desc, int64_t tag)
{
    zr_object *made = zr_alloc((size_t)bytes);
    made->count = 1;
    made->tag = (uint32_t)tag;
    made->desc = desc;
    return made;
}

/* ---- release ---- */

void (*zr_forget)(zr_object *handle, zr_object **dead);
#ifndef ZR_HOSTED
char zr_behind_data; /* .bss */
#endif

static inline void bury_fields(const zr_desc *desc, const int64_t *fields, zr_object **dead)
{
    for (uint32_t i = 0; i < desc->count; i++)
        if (desc->fields[i] == ZR_FIELD_REF)
            zr_bury(dead, fields[i]);
}

void zr_release(zr_object *first)
{
    if (ZR_UNLIKELY(zr_in_image(first))) { /* a static object's count has drifted here */
        first->count = ZR_IMMORTAL;
        return;
    }
    *(zr_object **)first = NULL;
    zr_release_all(first);
}

/* A list of dead objects, linked through their first words. */
void zr_release_all(zr_object *dead)
{
    while (dead) {
        zr_object *object = dead;
        const zr_desc *desc = object->desc;
        dead = *(zr_object **)object;
        const int64_t *fields = ((zr_data *)object)->fields;
        if (ZR_LIKELY(desc->kind <= ZR_DESC_LIST)) {
            bury_fields(desc, fields, &dead);
        } else if (desc->kind == ZR_DESC_ARRAY) {
            const zr_array *array = (const zr_array *)object;
            if (desc->fields[0] == ZR_FIELD_REF)
                for (int64_t i = 0; i < array->length; i++)
                    zr_bury(&dead, array->items[i]);
        } else if (desc->kind == ZR_DESC_ACTOR) {
            zr_forget(object, &dead);
        } else {
            bury_fields(desc, fields + (desc->kind == ZR_DESC_CLOSURE), &dead);
        }
        zr_free(object);
    }
}

/* ---- arrays ---- */

static zr_array *array_room(int64_t length, const zr_desc *desc)
{
    if (length > (int64_t)1 << 44) /* more than the address space */
        zr_memory_end();
    zr_array *array = (zr_array *)zr_new((int64_t)sizeof(zr_array) + length * 8, desc, 0);
    array->length = length;
    return array;
}

zr_object *zr_array_new(int64_t length, int64_t initial, const zr_desc *desc, const char *loc)
{
    if (length < 0)
        zr_panic(ZR_PANIC_ARRAY_LENGTH, loc, length, 0);
    zr_array *array = array_room(length, desc);
    for (int64_t i = 0; i < length; i++)
        array->items[i] = initial;
    if (desc->fields[0] == ZR_FIELD_REF) /* the array owns `length` references; one came with the argument */
        zr_dup_times((zr_object *)initial, length);
    return &array->head;
}

zr_object *zr_array_copy(zr_object *object)
{
    const zr_array *from = (const zr_array *)object;
    zr_array *array = array_room(from->length, object->desc);
    zr_copy(array->items, from->items, (size_t)from->length * 8);
    if (object->desc->fields[0] == ZR_FIELD_REF)
        for (int64_t i = 0; i < from->length; i++)
            zr_dup((zr_object *)from->items[i]);
    return &array->head;
}

/* ---- walking ---- */

/* How far a walk is within one object; for a list `at` is the cell it has come to. */
typedef struct step {
    zr_object *left, *right; /* as entered; `right` is NULL for show */
    zr_object *at, *beside;
    int64_t next;
} step;

typedef struct path {
    step *steps;
    int64_t depth, room;
    int64_t mark, mark_next; /* the depth whose step is looked at, whoever is there now, and the depth that will be next */
    const char *loc;
} path;

static void leave_all(path *walk)
{
    if (walk->steps)
        zr_free(walk->steps);
}

static void enter(path *walk, zr_object *left, zr_object *right)
{
    if (walk->depth > walk->mark && walk->steps[walk->mark].left == left && walk->steps[walk->mark].right == right)
        zr_panic(ZR_PANIC_CYCLE, walk->loc, 0, 0);
    if (walk->depth == walk->room) {
        int64_t room = walk->room ? walk->room * 2 : 25;
        step *bigger = zr_alloc((size_t)room * sizeof(step));
        if (walk->steps)
            zr_copy(bigger, walk->steps, (size_t)walk->depth * sizeof(step));
        leave_all(walk);
        walk->steps = bigger;
        walk->room = room;
    }
    walk->steps[walk->depth] = (step){left, right, left, right, 0};
    if (walk->depth == walk->mark_next) { /* depths 0, 1, 3, 7, ...: some mark lies within every endless path */
        walk->mark = walk->depth;
        walk->mark_next = walk->depth * 2 + 1;
    }
    walk->depth++;
}

/* How many children, for every kind but list. */
static int64_t child_count(const zr_object *object)
{
    if (object->desc->kind == ZR_DESC_ARRAY)
        return ((const zr_array *)object)->length;
    return object->desc->count;
}

static int64_t child_bits(const zr_object *object, int64_t i)
{
    if (object->desc->kind == ZR_DESC_ARRAY)
        return ((const zr_array *)object)->items[i];
    return ((const zr_data *)object)->fields[i];
}

static uint8_t child_field(const zr_object *object, int64_t i)
{
    return object->desc->fields[object->desc->kind == ZR_DESC_ARRAY ? 0 : i];
}

static double as_f64(int64_t bits)
{
    double value;
    __builtin_memcpy(&value, &bits, 8);
    return value;
}

static int same_text(const zr_object *left, const zr_object *right)
{
    const zr_text *l = (const zr_text *)left, *r = (const zr_text *)right;
    if (l->length != r->length)
        return 0;
    for (int64_t i = 0; i < l->length; i++)
        if (l->bytes[i] != r->bytes[i])
            return 0;
    return 1;
}

/* Compares what needs no walk: 1 equal, 0 different, -1 both must be entered. */
static int compare(const zr_object *left, const zr_object *right)
{
    if (left->desc->kind == ZR_DESC_TEXT || left->desc->kind == ZR_DESC_BYTES)
        return same_text(left, right);
    if (left->desc->kind == ZR_DESC_LIST) {
        if (left == &zr_nil || right == &zr_nil)
            return left == right;
        return -1;
    }
    if (left->desc->kind == ZR_DESC_ANY && left->desc != right->desc)
        return 0; /* each type that is boxed has one descriptor */
    if (left->tag != right->tag)
        return 0;
    if (child_count(left) != child_count(right))
        return 0;
    return child_count(left) ? -1 : 1;
}

int64_t zr_equal(zr_object *left, zr_object *right, const char *loc)
{
    int verdict = compare(left, right);
    if (verdict >= 0)
        return verdict;
    path walk = {.loc = loc};
    enter(&walk, left, right);
    verdict = 1;
    while (walk.depth) {
        step *here = &walk.steps[walk.depth - 1];
        int64_t l, r;
        uint8_t field;
        if (here->at->desc->kind == ZR_DESC_LIST) {
            if (here->next && (here->at = ((zr_list *)here->at)->rest, here->beside = ((zr_list *)here->beside)->rest,
                               here->at == &zr_nil || here->beside == &zr_nil)) {
                if (here->at != here->beside) {
                    verdict = 0;
                    break;
                }
                walk.depth--;
                continue;
            }
            here->next = 1;
            l = ((zr_list *)here->at)->item;
            r = ((zr_list *)here->beside)->item;
            field = here->at->desc->fields[0];
        } else {
            if (here->next == child_count(here->at)) {
                walk.depth--;
                continue;
            }
            l = child_bits(here->at, here->next);
            r = child_bits(here->beside, here->next);
            field = child_field(here->at, here->next);
            here->next++;
        }
        if (field == ZR_FIELD_REF) {
            int sure = compare((zr_object *)l, (zr_object *)r);
            if (sure < 0)
                enter(&walk, (zr_object *)l, (zr_object *)r);
            else if (sure == 0)
                verdict = 0;
        } else if (field == ZR_FIELD_F64)
            verdict = as_f64(l) == as_f64(r);
        else if (field != ZR_FIELD_UNIT)
            verdict = l == r;
        if (!verdict)
            break;
    }
    leave_all(&walk);
    return verdict;
}

/* ---- show ---- */

static void put_word(zr_builder *out, const char *word)
{
    zr_builder_put(out, word, (int64_t)zr_strlen(word));
}

/* Quoted as source spells it; control characters as \u{...}, all other bytes as they are. */
static void put_quoted(zr_builder *out, const zr_text *text)
{
    static const char hex[] = "0123456789abcdef", plain[] = "\n\t\r\"\\", letter[] = "ntr\"\\";
    char *to = zr_builder_reserve(out, text->length + 2);
    *to++ = '"';
    out->length++;
    for (int64_t i = 0; i < text->length; i++) {
        char byte = text->bytes[i], code[8];
        int64_t n = 0;
        for (int j = 0; j < 5; j++)
            if (byte == plain[j]) {
                code[n++] = '\\';
                code[n++] = letter[j];
            }
        if (n == 0 && ((unsigned char)byte < 32 || byte == 127)) {
            zr_copy(code, "\\u{", 3);
            n = 3;
            if (byte >> 4)
                code[n++] = hex[byte >> 4];
            code[n++] = hex[byte & 15];
            code[n++] = '}';
        }
        if (n == 0)
            code[n++] = byte;
        zr_builder_put(out, code, n);
    }
    zr_builder_put(out, "\"", 1);
}

static void put_bytes(zr_builder *out, const zr_text *bytes)
{
    char digits[ZR_I64_DIGITS];
    put_word(out, "(bytes-of");
    for (int64_t i = 0; i < bytes->length; i++) {
        zr_builder_put(out, " ", 1);
        zr_builder_put(out, digits, zr_put_i64(digits, (unsigned char)bytes->bytes[i]));
    }
    put_word(out, ")");
}

/* Writes what needs no walk, or enters. */
static void show_object(path *walk, zr_builder *out, zr_object *object)
{
    switch (object->desc->kind) {
    case ZR_DESC_TEXT:
        put_quoted(out, (zr_text *)object);
        return;
    case ZR_DESC_BYTES:
        put_bytes(out, (zr_text *)object);
        return;
    case ZR_DESC_CLOSURE: /* the checker refuses these; a word is better than their bits */
        put_word(out, "<function>");
        return;
    case ZR_DESC_LIST:
        put_word(out, object == &zr_nil ? "(list)" : "(list");
        if (object == &zr_nil)
            return;
        break;
    case ZR_DESC_ARRAY:
        put_word(out, "(array-of");
        break;
    case ZR_DESC_ANY:
        put_word(out, "(:");
        break;
    case ZR_DESC_CELL:
        put_word(out, "(cell");
        break;
    default:
        if (object->desc->count == 0) {
            put_word(out, object->desc->name);
            return;
        }
        put_word(out, "(");
        put_word(out, object->desc->name);
    }
    enter(walk, object, NULL);
}

static void show_field(path *walk, zr_builder *out, uint8_t field, int64_t bits)
{
    char digits[ZR_F64_DIGITS];
    zr_builder_put(out, " ", 1);
    switch (field) {
    case ZR_FIELD_I64:
        zr_builder_put(out, digits, zr_put_i64(digits, bits));
        return;
    case ZR_FIELD_F64:
        zr_builder_put(out, digits, zr_put_f64(digits, as_f64(bits)));
        return;
    case ZR_FIELD_BOOL:
        put_word(out, bits & 1 ? "true" : "false");
        return;
    case ZR_FIELD_UNIT:
        put_word(out, "unit");
        return;
    default:
        show_object(walk, out, (zr_object *)bits);
    }
}

zr_object *zr_show(zr_object *value, const char *loc)
{
    zr_builder out = {0};
    path walk = {.loc = loc};
    show_object(&walk, &out, value);
    while (walk.depth) {
        step *here = &walk.steps[walk.depth - 1];
        int is_list = here->at->desc->kind == ZR_DESC_LIST;
        if (is_list ? here->at == &zr_nil : here->next == child_count(here->at)) {
            put_word(&out, here->at->desc->kind == ZR_DESC_ANY ? " Any)" : ")");
            walk.depth--;
        } else if (is_list) {
            const zr_list *cell = (const zr_list *)here->at;
            here->at = cell->rest;
            show_field(&walk, &out, cell->head.desc->fields[0], cell->item);
        } else {
            int64_t i = here->next++;
            show_field(&walk, &out, child_field(here->at, i), child_bits(here->at, i));
        }
    }
    leave_all(&walk);
    return zr_builder_done(&out);
}
