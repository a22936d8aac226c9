/* zr_heap.h -- how the allocator's memory is laid out: segments, pages, size classes, a thread's heap.
 *
 *     segment (4 MiB, aligned) = slot 0: its own head and one `page` per slot | slots 1..63: blocks
 *     page    = one span of 1..32 slots that holds blocks of one class: a free list, refilled by carving
 *
 * A block's page is found by masking its address.  Classes step by 16 bytes to 128, then by an eighth, so at most
 * 12.5 % of a block is unused (15 bytes of the smallest).  Above 512 KiB a block is its own mapping.
 * zr_alloc.c alone includes this.
 */
#ifndef ZR_HEAP_H
#define ZR_HEAP_H

#include "zr.h"

#define SEGMENT_BYTES ((size_t)4 << 20)
#define SLOT_BYTES ((size_t)64 << 10)
#define ALL_SLOTS (~(uint64_t)1) /* slot 0 is the segment's head */
#define DIRECT_BYTES 1024        /* sizes up to this find their page by one load */
#define DIRECT (DIRECT_BYTES / 16 + 1)
#define CLASS_BYTES ((size_t)512 << 10)
#define CLASSES 104
#define CARVE_BYTES 4096u        /* carve about a system page at a time: what is never used is never touched */

enum { PARTIAL, CURRENT, FULL };

typedef struct page {
    _Alignas(64)      /* and so 64 bytes */
    void *free;       /* list of free blocks, linked through their first word */
    uintptr_t owner;
    uint32_t used;    /* live blocks, and one more while CURRENT, so a current page is never empty */
    uint32_t carved, capacity;
    uint32_t size;    /* of a block */
    struct page *next, *prev;
    uint8_t class, state;
    uint16_t slots;   /* of the span */
    uint16_t inner;   /* in the page of a later slot: how many slots back the span begins; else 0 */
} page;

typedef struct heap heap;

/* Lies over pages[0]: its owner is always 0. */
typedef struct segment {
    _Alignas(64)      /* and so what follows a large block's head is aligned too */
    size_t large;     /* bytes of the one large block here, or 0 */
    uintptr_t owner;
    heap *heap;
    uint64_t vacant;  /* slots in no span */
    struct segment *next, *prev;
    size_t mapped;
} segment;

_Static_assert(sizeof(page) == 64 && sizeof(segment) == 64, "a page is found by shifting an address");
_Static_assert(offsetof(page, owner) == offsetof(segment, owner), "one comparison serves both");

struct heap {
    page *current[CLASSES];
    page *first[CLASSES], *last[CLASSES]; /* pages with free blocks that are not current, oldest first */
    segment *segments, *last_segment;     /* with vacant slots, those in use for longest first */
    segment *full, *large;
    void *remote;                         /* atomic */
    char *near;                           /* where the next mapping would be well aligned */
    int64_t empty_segments, held_bytes, live_bytes, peak_bytes;
    int64_t live_blocks;                  /* while tracked */
    int64_t *allocs;                      /* its thread's */
    heap *next;                           /* of the tracked ones */
    int tracked;
};

static inline segment *segment_of(const void *block)
{
    return (segment *)((uintptr_t)block & ~(SEGMENT_BYTES - 1));
}

static inline page *page_of(const void *block)
{
    return (page *)((char *)segment_of(block) + (((uintptr_t)block >> 10) & 0xFC0));
}

static inline uint32_t class_of(size_t n)
{
    if (n <= 128)
        return n ? (uint32_t)((n - 1) / 16) : 0;
    uint32_t top = 63 - (uint32_t)__builtin_clzl(n - 1);
    return 8 + (top - 7) * 8 + (uint32_t)((n - 1) >> (top - 3) & 7);
}

static inline uint32_t class_bytes(uint32_t class)
{
    if (class < 8)
        return (class + 1) * 16;
    return (9 + class % 8) << (class / 8 + 3);
}

static inline uint32_t class_slots(uint32_t size)
{
    uint32_t blocks = size <= SLOT_BYTES ? 8 : 4;
    uint32_t slots = (uint32_t)((size * blocks + SLOT_BYTES - 1) / SLOT_BYTES);
    return size <= 8192 ? 1 : slots;
}

static inline size_t large_bytes(size_t n)
{
    return (sizeof(segment) + n + 4095) & ~(size_t)4095;
}

#endif
