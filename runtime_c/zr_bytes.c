/* zr_bytes.c -- Bytes: flat mutable bytes of a length that never changes.
 *
 * The layout is a text's, so compiled code reads and writes single bytes by itself; here is what allocates.
 * Indices and slices are checked as those of texts and arrays are, with the same panics.
 */
#include "zr.h"
#include "zr_panics.h"

const zr_desc zr_desc_bytes = {.kind = ZR_DESC_BYTES};
static const int64_t MOST_BYTES = (int64_t)1 << 47; /* the address space */

static zr_text *room(int64_t length)
{
    if (length > MOST_BYTES)
        zr_memory_end();
    zr_text *bytes = (zr_text *)zr_new((int64_t)sizeof(zr_text) + length, &zr_desc_bytes, 0);
    bytes->length = length;
    return bytes;
}

zr_object *zr_bytes_new(int64_t length, const char *loc)
{
    static const int64_t zero;
    if (length < 0)
        zr_panic(ZR_PANIC_ARRAY_LENGTH, loc, length, 0);
    zr_text *bytes = room(length);
    int64_t i = 0;
    for (; i + 8 <= length; i += 8)
        __builtin_memcpy(bytes->bytes + i, &zero, 8);
    for (; i < length; i++)
        bytes->bytes[i] = 0;
    return &bytes->head;
}

static zr_object *copy(const char *from, int64_t length)
{
    zr_text *bytes = room(length);
    zr_copy(bytes->bytes, from, (size_t)length);
    return &bytes->head;
}

zr_object *zr_bytes_slice(zr_object *object, int64_t lo, int64_t hi, const char *loc)
{
    const zr_text *bytes = (const zr_text *)object;
    if (lo < 0 || hi < lo || hi > bytes->length)
        zr_panic(ZR_PANIC_SLICE, loc, lo, hi);
    return copy(bytes->bytes + lo, hi - lo);
}

zr_object *zr_bytes_to_text(zr_object *object)
{
    const zr_text *bytes = (const zr_text *)object;
    return zr_text_new(bytes->bytes, bytes->length);
}

zr_object *zr_text_to_bytes(zr_object *object)
{
    const zr_text *text = (const zr_text *)object;
    return copy(text->bytes, text->length);
}
