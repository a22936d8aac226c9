/* zr_list.c -- what lists need beyond fields: length and a cell by its index, by walking.
 *
 * The empty list is the one object zr_nil; lists are immutable, so a walk always ends.
 */
#include "zr.h"
#include "zr_panics.h"

static const zr_desc desc_nil = {.kind = ZR_DESC_LIST};
zr_object zr_nil = {ZR_IMMORTAL, 0, &desc_nil}; /* in .data: every executable keeps a writable, file-backed segment */

int64_t zr_list_len(zr_object *list)
{
    int64_t n = 0;
    for (; list != &zr_nil; list = ((zr_list *)list)->rest)
        n++;
    return n;
}

zr_object *zr_list_cell(zr_object *list, int64_t index, const char *loc)
{
    zr_object *cell = list;
    for (int64_t i = index; i > 0 && cell != &zr_nil; i--)
        cell = ((zr_list *)cell)->rest;
    if (index < 0 || cell == &zr_nil)
        zr_panic(ZR_PANIC_INDEX, loc, index, zr_list_len(list));
    return cell;
}
