/* zr_text.c -- texts: immutable bytes of known length with a NUL behind, and the builder that makes them.
 *
 * Knows nothing of numbers or of files.  Indices are bytes; slices are half-open, checked, copied.
 */
#include "zr.h"
#include "zr_panics.h"

const zr_desc zr_desc_text = {.kind = ZR_DESC_TEXT};
zr_text zr_empty_text = {{ZR_IMMORTAL, 0, &zr_desc_text}, 0, {0}};

static const int64_t MOST_BYTES = (int64_t)1 << 47; /* the address space */

static zr_text *text_room(int64_t length)
{
    if (length > MOST_BYTES)
        zr_memory_end();
    zr_text *text = (zr_text *)zr_new((int64_t)sizeof(zr_text) + length + 1, &zr_desc_text, 0);
    text->length = length;
    text->bytes[length] = 0;
    return text;
}

zr_object *zr_text_new(const char *bytes, int64_t length)
{
    if (length == 0)
        return &zr_empty_text.head;
    zr_text *text = text_room(length);
    zr_copy(text->bytes, bytes, (size_t)length);
    return &text->head;
}

zr_object *zr_text_slice(zr_object *object, int64_t lo, int64_t hi, const char *loc)
{
    const zr_text *text = (const zr_text *)object;
    if (lo < 0 || hi < lo || hi > text->length)
        zr_panic(ZR_PANIC_SLICE, loc, lo, hi);
    return zr_text_new(text->bytes + lo, hi - lo);
}

static int same(const char *left, const char *right, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (left[i] != right[i])
            return 0;
    return 1;
}

/* A rolling hash over a window as long as the part; a hit is always compared (Karp and Rabin 1987). */
int64_t zr_text_find(zr_object *object, zr_object *part_object)
{
    const zr_text *text = (const zr_text *)object, *part = (const zr_text *)part_object;
    const uint64_t base = 0x9E3779B97F4A7C15u;
    int64_t n = part->length;
    uint64_t wanted = 0, window = 0, first = 1;
    if (n > text->length)
        return -1;
    for (int64_t i = 0; i < n; i++) {
        wanted = wanted * base + (unsigned char)part->bytes[i];
        window = window * base + (unsigned char)text->bytes[i];
        if (i)
            first *= base; /* the weight of the window's first byte */
    }
    for (int64_t at = 0;; at++) {
        if (window == wanted && same(text->bytes + at, part->bytes, n))
            return at;
        if (at + n >= text->length)
            return -1;
        window = (window - first * (unsigned char)text->bytes[at]) * base + (unsigned char)text->bytes[at + n];
    }
}

int64_t zr_text_less(zr_object *left_object, zr_object *right_object)
{
    const zr_text *left = (const zr_text *)left_object, *right = (const zr_text *)right_object;
    int64_t n = left->length < right->length ? left->length : right->length;
    for (int64_t i = 0; i < n; i++)
        if (left->bytes[i] != right->bytes[i])
            return (unsigned char)left->bytes[i] < (unsigned char)right->bytes[i];
    return left->length < right->length;
}

zr_object *zr_text_cat(zr_object **texts, int64_t n)
{
    int64_t length = 0;
    for (int64_t i = 0; i < n; i++) {
        length += ((zr_text *)texts[i])->length;
        if (length > MOST_BYTES)
            zr_memory_end();
    }
    if (length == 0)
        return &zr_empty_text.head;
    zr_text *text = text_room(length);
    char *out = text->bytes;
    for (int64_t i = 0; i < n; i++) {
        const zr_text *piece = (const zr_text *)texts[i];
        zr_copy(out, piece->bytes, (size_t)piece->length);
        out += piece->length;
    }
    return &text->head;
}

char *zr_builder_reserve(zr_builder *builder, int64_t more)
{
    if (builder->length + more > builder->room) {
        int64_t room = builder->room * 2;
        if (room < builder->length + more)
            room = builder->length + more;
        if (room < 40)
            room = 40;
        zr_text *bigger = text_room(room);
        if (builder->text) {
            zr_copy(bigger->bytes, builder->text->bytes, (size_t)builder->length);
            zr_free(builder->text);
        }
        builder->text = bigger;
        builder->room = room;
    }
    return builder->text->bytes + builder->length;
}

void zr_builder_put(zr_builder *builder, const char *bytes, int64_t n)
{
    if (n == 0)
        return;
    zr_copy(zr_builder_reserve(builder, n), bytes, (size_t)n);
    builder->length += n;
}

void zr_builder_drop(zr_builder *builder)
{
    if (builder->text)
        zr_free(builder->text);
    *builder = (zr_builder){0};
}

zr_object *zr_builder_done(zr_builder *builder)
{
    zr_text *text = builder->text;
    size_t wanted = sizeof(zr_text) + (size_t)builder->length + 1;
    if (builder->length == 0 || zr_block_size(wanted) != zr_block_size(sizeof(zr_text) + (size_t)builder->room + 1)) {
        zr_object *exact = zr_text_new(text ? text->bytes : "", builder->length);
        zr_builder_drop(builder);
        return exact;
    }
    text->length = builder->length;
    text->bytes[text->length] = 0;
    *builder = (zr_builder){0};
    return &text->head;
}
