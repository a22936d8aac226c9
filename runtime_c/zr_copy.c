/* zr_copy.c -- messages: moved when nobody else can see them, else copied whole.
 *
 * `zr_own` takes a reference and gives one whose whole graph belongs to nobody else.  When every object in it has
 * exactly one owner it is given as it is; else all is copied, shared parts once, so a message keeps its shape,
 * cycles too.  Static objects are shared by all.  Work lists lie on the heap: depth costs no stack.
 * A new kind of object is a row in `bytes_of` and, if it holds references, in `push_fields`.
 */
#include "zr.h"
#include "zr_sched.h"

typedef struct work {
    int64_t **slots;
    int64_t depth, room;
} work;

static void push(work *list, int64_t *slot)
{
    if (list->depth == list->room) {
        int64_t room = list->room ? list->room * 2 : 62;
        int64_t **bigger = zr_alloc((size_t)room * sizeof *bigger);
        if (list->slots) {
            zr_copy(bigger, list->slots, (size_t)list->depth * sizeof *bigger);
            zr_free(list->slots);
        }
        list->slots = bigger;
        list->room = room;
    }
    list->slots[list->depth++] = slot;
}

static void drop_work(work *list)
{
    if (list->slots)
        zr_free(list->slots);
}

static int64_t *fields_of(zr_object *object)
{
    if (object->desc->kind == ZR_DESC_ARRAY)
        return ((zr_array *)object)->items;
    return ((zr_data *)object)->fields + (object->desc->kind == ZR_DESC_CLOSURE);
}

/* The last field first: a list's rest waits until its element is done, so a long list needs no long work list. */
static void push_fields(work *list, zr_object *object)
{
    const zr_desc *desc = object->desc;
    int64_t *fields = fields_of(object);
    if (desc->kind == ZR_DESC_ARRAY) {
        if (desc->fields[0] == ZR_FIELD_REF)
            for (int64_t i = ((zr_array *)object)->length; i-- > 0;)
                push(list, fields + i);
        return;
    }
    for (uint32_t i = desc->count; i-- > 0;)
        if (desc->fields[i] == ZR_FIELD_REF)
            push(list, fields + i);
}

static int only_owner(int64_t root)
{
    work list = {0};
    int only = 1;
    push(&list, &root);
    while (only && list.depth) {
        zr_object *object = (zr_object *)*list.slots[--list.depth];
        if (zr_is_static(object))
            continue;
        only = object->count == 1;
        if (only)
            push_fields(&list, object);
    }
    drop_work(&list);
    return only;
}

static size_t bytes_of(const zr_object *object)
{
    switch (object->desc->kind) {
    case ZR_DESC_TEXT:
        return sizeof(zr_text) + (size_t)((const zr_text *)object)->length + 1;
    case ZR_DESC_BYTES:
        return sizeof(zr_text) + (size_t)((const zr_text *)object)->length;
    case ZR_DESC_ARRAY:
        return sizeof(zr_array) + (size_t)((const zr_array *)object)->length * 8;
    case ZR_DESC_ACTOR:
        return sizeof(zr_handle);
    case ZR_DESC_CLOSURE:
        return ZR_HEADER + 8 + (size_t)object->desc->count * 8;
    default:
        return ZR_HEADER + (size_t)object->desc->count * 8;
    }
}

/* Objects met more than once: from the old one to the new one; open addressing, at most half full. */
typedef struct table {
    struct { zr_object *from, *to; } *rows;
    size_t used, mask;
} table;

static size_t row_of(const table *known, const zr_object *from)
{
    size_t i = ((uintptr_t)from >> 4) * 0x9E3779B97F4A7C15u >> 20;
    for (i &= known->mask; known->rows[i].from && known->rows[i].from != from; i = (i + 1) & known->mask)
        ;
    return i;
}

static void grow(table *known)
{
    table bigger = {.mask = known->rows ? known->mask * 2 + 1 : 31};
    bigger.rows = zr_alloc((bigger.mask + 1) * sizeof *bigger.rows);
    for (size_t i = 0; i <= bigger.mask; i++)
        bigger.rows[i].from = NULL;
    for (size_t i = 0; known->rows && i <= known->mask; i++)
        if (known->rows[i].from)
            bigger.rows[row_of(&bigger, known->rows[i].from)] = known->rows[i];
    bigger.used = known->used;
    if (known->rows)
        zr_free(known->rows);
    *known = bigger;
}

static zr_object *copy_one(zr_object *from)
{
    size_t bytes = bytes_of(from);
    zr_object *to = zr_alloc(bytes);
    zr_copy(to, from, bytes);
    to->count = 1;
    if (from->desc->kind == ZR_DESC_ACTOR)
        zr_mailbox_share(((zr_handle *)to)->box);
    return to;
}

static zr_object *copy_of(table *known, zr_object *from)
{
    if (from->count == 1) /* met once: the only way here is the one we came */
        return copy_one(from);
    if (known->used * 2 >= known->mask)
        grow(known);
    size_t i = row_of(known, from);
    if (!known->rows[i].from) {
        known->rows[i].from = from;
        known->rows[i].to = copy_one(from);
        known->used++;
        return known->rows[i].to;
    }
    known->rows[i].to->count++;
    return NULL;
}

static int64_t copied(int64_t root)
{
    work list = {0};
    table known = {0};
    push(&list, &root);
    while (list.depth) {
        int64_t *slot = list.slots[--list.depth];
        zr_object *from = (zr_object *)*slot;
        if (zr_is_static(from))
            continue;
        zr_object *to = copy_of(&known, from);
        *slot = (int64_t)(to ? to : known.rows[row_of(&known, from)].to);
        if (to)
            push_fields(&list, to);
    }
    drop_work(&list);
    if (known.rows)
        zr_free(known.rows);
    return root;
}

int64_t zr_own(int64_t reference)
{
    if (only_owner(reference))
        return reference;
    int64_t made = copied(reference);
    zr_drop((zr_object *)reference);
    return made;
}
