/* zr_region.c -- memory that is given back at once: objects of a region lie one after the other in a few chunks.
 *
 *     first block = head of the region | objects          chunk = link, end | objects          large = link, end | one object
 *
 * A region is a value of whoever entered it, not a thread's: an actor may leave on another thread than it entered, and
 * regions of several actors interleave.  Its objects are counted like all others, from ZR_REGION up instead of from 0, so
 * no count ever says that one is dead; compiled code and the rest of the runtime need no test for them.
 * Leaving with `holds` first walks over the objects and takes one owner from everything they refer to (what they
 * refer to in the region itself is still there then); without, the compiler has proved that there is nothing to take.
 * What the compiler cannot prove is never allocated here.  Why: adr/0014-regions-are-proved-per-site.md
 */
#include "zr.h"
#include "zr_panics.h"

#define FIRST_BYTES 512
#define MOST_CHUNK_BYTES ((int64_t)32 << 10)
#define MOST_BYTES ((int64_t)1 << 47) /* the address space */
#define ZR_REGION (INT32_MIN + 1)

typedef struct chunk {
    struct chunk *next;
    char *end;           /* of its objects; not yet known of the current one */
} chunk;

typedef struct region {
    chunk first;
    chunk *current;      /* newest first */
    char *at, *limit;    /* what is left of the current one */
    int64_t grow;        /* bytes of the next chunk */
} region;

_Static_assert(sizeof(chunk) % 8 == 0 && sizeof(region) % 8 == 0, "objects are aligned to 8 bytes");

int64_t zr_region_enter(void)
{
    char *block = zr_alloc(FIRST_BYTES);
    region *made = (region *)block;
    *made = (region){.at = block + sizeof(region), .limit = block + FIRST_BYTES, .grow = 2 * FIRST_BYTES};
    made->current = &made->first;
    return (int64_t)made;
}

/* A chunk of its own for what is large beside the others; it goes behind the current one. */
__attribute__((noinline)) static char *more(region *of, int64_t bytes)
{
    if (bytes > of->grow / 4) {
        if (bytes > MOST_BYTES)
            zr_memory_end();
        chunk *large = zr_alloc(sizeof(chunk) + (size_t)bytes);
        large->next = of->current->next;
        large->end = (char *)(large + 1) + bytes;
        of->current->next = large;
        return (char *)(large + 1);
    }
    chunk *fresh = zr_alloc((size_t)of->grow);
    of->current->end = of->at;
    fresh->next = of->current;
    of->current = fresh;
    of->at = (char *)(fresh + 1) + bytes;
    of->limit = (char *)fresh + of->grow;
    if (of->grow < MOST_CHUNK_BYTES)
        of->grow *= 2;
    return (char *)(fresh + 1);
}

zr_object *zr_region_new(int64_t token, int64_t bytes, const zr_desc *desc, int64_t tag)
{
    region *of = (region *)token;
    char *at = of->at;
    if (ZR_UNLIKELY(bytes > of->limit - at))
        at = more(of, bytes);
    else
        of->at = at + bytes;
    zr_object *made = (zr_object *)at;
    made->count = ZR_REGION + 1;
    made->tag = (uint32_t)tag;
    made->desc = desc;
    return made;
}

static zr_array *array_room(int64_t token, int64_t length, const zr_desc *desc)
{
    if (length > MOST_BYTES / 8)
        zr_memory_end();
    zr_array *array = (zr_array *)zr_region_new(token, (int64_t)sizeof(zr_array) + length * 8, desc, 0);
    array->length = length;
    return array;
}

zr_object *zr_region_array(int64_t token, int64_t length, int64_t initial, const zr_desc *desc, const char *loc)
{
    if (length < 0)
        zr_panic(ZR_PANIC_ARRAY_LENGTH, loc, length, 0);
    zr_array *array = array_room(token, length, desc);
    for (int64_t i = 0; i < length; i++)
        array->items[i] = initial;
    if (desc->fields[0] == ZR_FIELD_REF)
        zr_dup_times((zr_object *)initial, length);
    return &array->head;
}

zr_object *zr_region_copy(int64_t token, zr_object *object)
{
    const zr_array *from = (const zr_array *)object;
    zr_array *array = array_room(token, from->length, object->desc);
    zr_copy(array->items, from->items, (size_t)from->length * 8);
    if (object->desc->fields[0] == ZR_FIELD_REF)
        for (int64_t i = 0; i < from->length; i++)
            zr_dup((zr_object *)from->items[i]);
    return &array->head;
}

static int64_t whole_words(int64_t bytes)
{
    return (bytes + 7) & ~(int64_t)7;
}

zr_object *zr_region_bytes(int64_t token, int64_t length, const char *loc)
{
    if (length < 0)
        zr_panic(ZR_PANIC_ARRAY_LENGTH, loc, length, 0);
    if (length > MOST_BYTES)
        zr_memory_end();
    int64_t size = whole_words(length);
    zr_array *bytes = (zr_array *)zr_region_new(token, (int64_t)sizeof(zr_text) + size, &zr_desc_bytes, 0);
    bytes->length = length;
    for (int64_t i = 0; i < size / 8; i++)
        bytes->items[i] = 0;
    return &bytes->head;
}

/* Takes an owner from everything that the objects of a chunk refer to. */
static void let_go(char *at, const char *end, zr_object **dead)
{
    while (at < end) {
        const zr_object *object = (const zr_object *)at;
        const zr_desc *desc = object->desc;
        const int64_t *fields = ((const zr_data *)object)->fields;
        int64_t count = desc->count;
        if (desc->kind == ZR_DESC_BYTES) {
            at += (int64_t)sizeof(zr_text) + whole_words(((const zr_text *)object)->length);
            continue;
        }
        if (desc->kind == ZR_DESC_ARRAY) {
            fields++;
            count = ((const zr_array *)object)->length;
            for (int64_t i = 0; i < count && desc->fields[0] == ZR_FIELD_REF; i++)
                zr_bury(dead, fields[i]);
        } else {
            fields += desc->kind == ZR_DESC_CLOSURE;
            for (int64_t i = 0; i < count; i++)
                if (desc->fields[i] == ZR_FIELD_REF)
                    zr_bury(dead, fields[i]);
        }
        at = (char *)(fields + count);
    }
}

void zr_region_leave(int64_t token, int64_t holds)
{
    region *of = (region *)token;
    of->current->end = of->at;
    if (holds) {
        zr_object *dead = NULL;
        for (chunk *at = of->current; at; at = at->next)
            let_go(at == &of->first ? (char *)(of + 1) : (char *)(at + 1), at->end, &dead);
        zr_release_all(dead);
    }
    for (chunk *at = of->current; at;) {
        chunk *next = at->next;
        zr_free(at);
        at = next;
    }
}
