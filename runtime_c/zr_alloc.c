/* zr_alloc.c -- the allocator: size classes, a heap per thread, spans of 64 KiB slots in 4 MiB segments.
 *
 * The layout is in zr_heap.h.
 * `page.owner` is the thread whose plain `zr_free` may push on the page; it is 0 for whatever needs a closer look
 * (full pages, inner slots, large blocks, tracking), so one comparison guards the fast path.
 * A block freed by another thread goes to its heap's atomic list and comes home at that heap's next slow step.
 * Statistics are exact without work on the fast path of free: live blocks are the pages' own counts.  `zr_track`
 * sends everything through the slow path, which also knows the peak.
 * Threads live until the program ends (zr_sched.c), so no heap is ever without its thread.
 * Source: mimalloc (Leijen, Zorn, de Moura 2019), free-list sharding by page.
 */
#include "zr_heap.h"
#include "zr_sched.h"
#include "zr_sys.h"

#if defined(__SANITIZE_ADDRESS__)
void __asan_poison_memory_region(void const volatile *, size_t);
void __asan_unpoison_memory_region(void const volatile *, size_t);
#define POISON(at, n) __asan_poison_memory_region(at, n)
#define UNPOISON(at, n) __asan_unpoison_memory_region(at, n)
#define RAW __attribute__((no_sanitize_address)) /* free blocks are poisoned, and the links lie in them */
#else
#define POISON(at, n) ((void)0)
#define UNPOISON(at, n) ((void)0)
#define RAW
#endif

static heap *tracked_heaps; /* atomic */

static page no_page; /* its free list is always empty */

/* Its alignment is that of the whole thread-local block: zr_start.c rounds by it. */
static ZR_TLS _Alignas(64) page *direct[DIRECT] = {[0 ... DIRECT - 1] = &no_page};
static ZR_TLS int64_t allocs;
static ZR_TLS heap mine;

static inline uintptr_t self(void) { return (uintptr_t)__builtin_thread_pointer(); }

size_t zr_block_size(size_t n)
{
    return n <= CLASS_BYTES ? class_bytes(class_of(n)) : large_bytes(n);
}

/* ---- segments ---- */

/* Aligned memory from the system.  The first try is beside the last mapping, where it is usually aligned. */
static segment *map_segment(size_t bytes)
{
    size_t span = (bytes + SEGMENT_BYTES - 1) & ~(SEGMENT_BYTES - 1);
    char *near = mine.near ? mine.near - span : NULL;
    long got = zr_sys_map(near, bytes, ZR_PROT_RW, ZR_MAP_ANON);
    if (!zr_sys_failed(got) && (size_t)got % SEGMENT_BYTES) {
        zr_sys_unmap((void *)got, bytes);
        got = zr_sys_map(NULL, bytes + SEGMENT_BYTES, ZR_PROT_RW, ZR_MAP_ANON);
        if (!zr_sys_failed(got)) {
            size_t before = -(size_t)got % SEGMENT_BYTES;
            if (before)
                zr_sys_unmap((void *)got, before);
            zr_sys_unmap((char *)got + before + bytes, SEGMENT_BYTES - before);
            got += (long)before;
        }
    }
    if (zr_sys_failed(got))
        zr_memory_end();
    segment *made = (segment *)got;
    mine.near = (char *)made;
    mine.held_bytes += (int64_t)bytes;
    *made = (segment){.heap = &mine, .mapped = bytes};
    return made;
}

static void unmap_segment(segment *old)
{
    size_t bytes = old->mapped;
    mine.held_bytes -= (int64_t)bytes;
    UNPOISON(old, bytes); /* the address may serve somebody else next */
    zr_sys_unmap(old, bytes);
}

static void link_segment(segment **list, segment *made)
{
    made->next = *list;
    made->prev = NULL;
    if (*list)
        (*list)->prev = made;
    *list = made;
}

static void unlink_segment(segment **list, segment *old)
{
    if (old->next)
        old->next->prev = old->prev;
    if (old->prev)
        old->prev->next = old->next;
    else
        *list = old->next;
}

/* Memory that was touched is used again before any that was not: a new segment goes last, one that was full first. */
static void append_segment(segment *made)
{
    made->next = NULL;
    made->prev = mine.last_segment;
    if (made->prev)
        made->prev->next = made;
    else
        mine.segments = made;
    mine.last_segment = made;
}

static void prepend_segment(segment *touched)
{
    link_segment(&mine.segments, touched);
    if (!touched->next)
        mine.last_segment = touched;
}

static void take_segment(segment *old)
{
    if (!old->next)
        mine.last_segment = old->prev;
    unlink_segment(&mine.segments, old);
}

/* Every segment of spans: the full ones follow. */
static segment *first_segment(void)
{
    return mine.segments ? mine.segments : mine.full;
}

static segment *next_segment(const segment *at)
{
    return at->next || !at->vacant ? at->next : mine.full;
}

/* ---- spans ---- */

/* The lowest bit where `n` vacant slots begin, or 0. */
static uint64_t run_of(uint64_t vacant, uint32_t n)
{
    for (uint32_t i = 1; i < n && vacant; i++)
        vacant &= vacant >> 1;
    return vacant & -vacant;
}

static uint64_t slots_mask(uint32_t slot, uint32_t n)
{
    return (((uint64_t)1 << n) - 1) << slot; /* n <= 32 */
}

static page *new_page(uint32_t class)
{
    uint32_t size = class_bytes(class), slots = class_slots(size);
    segment *home = mine.segments;
    while (home && !run_of(home->vacant, slots))
        home = home->next;
    if (!home) {
        home = map_segment(SEGMENT_BYTES);
        home->vacant = ALL_SLOTS;
        append_segment(home);
        POISON((char *)home + SLOT_BYTES, SEGMENT_BYTES - SLOT_BYTES);
    } else if (home->vacant == ALL_SLOTS)
        mine.empty_segments--;
    uint32_t slot = (uint32_t)__builtin_ctzl(run_of(home->vacant, slots));
    home->vacant &= ~slots_mask(slot, slots);
    if (!home->vacant) {
        take_segment(home);
        link_segment(&mine.full, home);
    }
    page *made = (page *)home + slot;
    *made = (page){.size = size, .class = (uint8_t)class, .slots = (uint16_t)slots,
                   .capacity = (uint32_t)(slots * SLOT_BYTES / size)};
    for (uint32_t i = 1; i < slots; i++)
        made[i] = (page){.inner = (uint16_t)i};
    return made;
}

static void free_page(page *old)
{
    segment *home = segment_of(old);
    if (!home->vacant) {
        unlink_segment(&mine.full, home);
        prepend_segment(home);
    }
    home->vacant |= slots_mask((uint32_t)(old - (page *)home), old->slots);
    __atomic_store_n(&old->owner, 0, __ATOMIC_RELAXED);
    if (home->vacant == ALL_SLOTS && ++mine.empty_segments > 1) { /* one stays, against to and fro */
        mine.empty_segments--;
        take_segment(home);
        unmap_segment(home);
    }
}

/* Puts the next never used blocks on the free list, in address order; 0 when there are none. */
RAW static int carve(page *from)
{
    uint32_t n = CARVE_BYTES / from->size + 1, left = from->capacity - from->carved;
    if (n > left)
        n = left;
    char *start = (char *)segment_of(from) + (size_t)(from - (page *)segment_of(from)) * SLOT_BYTES;
    for (uint32_t i = n; i > 0; i--) {
        void **block = (void **)(start + (size_t)(from->carved + i - 1) * from->size);
        *block = from->free;
        from->free = block;
    }
    from->carved += n;
    return n > 0;
}

static void add_partial(page *more)
{
    uint32_t class = more->class;
    more->state = PARTIAL;
    more->next = NULL;
    more->prev = mine.last[class];
    if (more->prev)
        more->prev->next = more;
    else
        mine.first[class] = more;
    mine.last[class] = more;
}

static void take_partial(page *old)
{
    uint32_t class = old->class;
    if (old->next)
        old->next->prev = old->prev;
    else
        mine.last[class] = old->prev;
    if (old->prev)
        old->prev->next = old->next;
    else
        mine.first[class] = old->next;
}

/* ---- the slow paths ---- */

static void set_direct(uint32_t class, page *to)
{
    uint32_t size = class_bytes(class);
    if (size > DIRECT_BYTES)
        return;
    for (uint32_t i = class ? class_bytes(class - 1) / 16 + 1 : 0; i <= size / 16; i++)
        direct[i] = to;
}

RAW static void free_here(page *home, void *block)
{
    *(void **)block = home->free;
    home->free = block;
    home->used--;
    mine.live_bytes -= home->size;
    mine.live_blocks--;
    if (home->state == FULL) {
        __atomic_store_n(&home->owner, mine.tracked ? 0 : self(), __ATOMIC_RELAXED);
        add_partial(home);
    }
    if (home->used == 0) {
        take_partial(home);
        free_page(home);
    }
}

static void free_large(segment *home)
{
    mine.live_bytes -= (int64_t)home->mapped;
    mine.live_blocks--;
    unlink_segment(&mine.large, home);
    unmap_segment(home);
}

static void free_mine(void *block)
{
    segment *home = segment_of(block);
    if (home->large) {
        free_large(home);
        return;
    }
    page *from = page_of(block);
    from -= from->inner;
    POISON(block, from->size);
    free_here(from, block);
}

RAW static void drain_remote(void)
{
    if (ZR_LIKELY(!__atomic_load_n(&mine.remote, __ATOMIC_RELAXED)))
        return;
    void **block = __atomic_exchange_n(&mine.remote, NULL, __ATOMIC_ACQUIRE);
    while (block) {
        void **next = *block;
        free_mine(block);
        block = next;
    }
}

static void *alloc_large(size_t n)
{
    if (n > (size_t)1 << 47) /* more than the address space */
        zr_memory_end();
    segment *home = map_segment(large_bytes(n));
    home->large = n;
    link_segment(&mine.large, home);
    allocs++;
    mine.live_blocks++;
    mine.live_bytes += (int64_t)home->mapped;
    if (mine.live_bytes > mine.peak_bytes)
        mine.peak_bytes = mine.live_bytes;
    return home + 1;
}

RAW __attribute__((noinline)) static void *alloc_slow(size_t n)
{
    drain_remote();
    if (n > CLASS_BYTES)
        return alloc_large(n);
    uint32_t class = class_of(n);
    page *from = mine.current[class];
    while (!from || (!from->free && !carve(from))) {
        if (from) {
            from->used--;
            from->state = FULL;
            __atomic_store_n(&from->owner, 0, __ATOMIC_RELAXED);
        }
        from = mine.first[class];
        if (from)
            take_partial(from);
        else
            from = new_page(class);
        from->used++;
        from->state = CURRENT;
        mine.current[class] = from;
        if (!mine.tracked) {
            __atomic_store_n(&from->owner, self(), __ATOMIC_RELAXED);
            set_direct(class, from);
        }
    }
    void *block = from->free;
    from->free = *(void **)block;
    from->used++;
    allocs++;
    mine.live_blocks++;
    mine.live_bytes += from->size;
    if (mine.live_bytes > mine.peak_bytes)
        mine.peak_bytes = mine.live_bytes;
    UNPOISON(block, n);
    return block;
}

RAW __attribute__((noinline)) static void free_slow(void *block)
{
    heap *owner = segment_of(block)->heap;
    if (owner == &mine) {
        free_mine(block);
        return;
    }
    void *head = __atomic_load_n(&owner->remote, __ATOMIC_RELAXED);
    do
        *(void **)block = head;
    while (!__atomic_compare_exchange_n(&owner->remote, &head, block, 1, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

__attribute__((noinline)) static void emptied(page *old)
{
    take_partial(old);
    free_page(old);
}

/* ---- the fast paths ---- */

RAW void *zr_alloc(size_t n)
{
    if (ZR_UNLIKELY(n > DIRECT_BYTES))
        return alloc_slow(n);
    page *from = direct[(n + 15) / 16];
    void *block = from->free;
    if (ZR_UNLIKELY(!block))
        return alloc_slow(n);
    from->free = *(void **)block;
    from->used++;
    allocs++;
    UNPOISON(block, n);
    return block;
}

RAW void zr_free(void *block)
{
    page *home = page_of(block);
    if (ZR_UNLIKELY(__atomic_load_n(&home->owner, __ATOMIC_RELAXED) != self())) {
        free_slow(block);
        return;
    }
    *(void **)block = home->free;
    home->free = block;
    POISON(block, home->size);
    if (ZR_UNLIKELY(--home->used == 0))
        emptied(home);
}

/* ---- statistics ---- */

/* From now on this thread's peak is known too.  Pages in use lose their fast path. */
void zr_track(void)
{
    zr_stats now;
    if (mine.tracked)
        return;
    zr_stats_read(&now);
    mine.tracked = 1;
    mine.live_bytes = mine.peak_bytes = now.live_bytes;
    mine.live_blocks = now.live_blocks;
    mine.allocs = &allocs;
    mine.next = __atomic_load_n(&tracked_heaps, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&tracked_heaps, &mine.next, &mine, 1, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
    for (uint32_t class = 0; class < CLASSES; class++)
        set_direct(class, &no_page);
    for (segment *at = first_segment(); at; at = next_segment(at))
        for (uint32_t slot = 1; slot < 64; slot++)
            __atomic_store_n(&((page *)at)[slot].owner, 0, __ATOMIC_RELAXED);
}

/* Exact for the calling thread's heap; walks its pages. */
void zr_stats_read(zr_stats *out)
{
    int64_t blocks = 0, bytes = 0;
    drain_remote();
    for (segment *at = mine.large; at; at = at->next) {
        blocks++;
        bytes += (int64_t)at->mapped;
    }
    for (segment *at = first_segment(); at; at = next_segment(at))
        for (uint32_t slot = 1; slot < 64; slot++) {
            const page *here = (page *)at + slot;
            if (here->inner || (at->vacant >> slot & 1) || !here->size)
                continue;
            int64_t used = (int64_t)here->used - (here->state == CURRENT);
            blocks += used;
            bytes += used * here->size;
        }
    *out = (zr_stats){.live_blocks = blocks, .live_bytes = bytes, .allocs = allocs, .frees = allocs - blocks,
                      .peak_bytes = mine.tracked ? mine.peak_bytes : -1, .held_bytes = mine.held_bytes};
}

static int64_t put_field(char *out, const char *name, int64_t value)
{
    int64_t n = (int64_t)zr_strlen(name);
    zr_copy(out, name, (size_t)n);
    return n + zr_put_i64(out + n, value);
}

/* A new thread's heap is tracked when the first one is. */
void zr_heap_start(void)
{
    if (__atomic_load_n(&tracked_heaps, __ATOMIC_RELAXED))
        zr_track();
}

/* What came back from other threads and was not yet taken home: taken out, as the program ends. */
static void forget_remote(heap *from, zr_stats *sum)
{
    void **block = __atomic_exchange_n(&from->remote, NULL, __ATOMIC_ACQUIRE);
    for (; block; block = *block) {
        const segment *home = segment_of(block);
        const page *of = page_of(block);
        sum->live_blocks--;
        sum->live_bytes -= home->large ? (int64_t)home->mapped : (of - of->inner)->size;
    }
}

/* One line on standard error when the program was started with ZR_STATS=1: the sum over all threads, exact when no
 * other actor runs; the peak is the sum of the heaps' own. */
void zr_stats_at_end(void)
{
    heap *at = __atomic_load_n(&tracked_heaps, __ATOMIC_ACQUIRE);
    if (!at)
        return;
    zr_stats sum = {0};
    for (; at; at = at->next) {
        sum.live_blocks += at->live_blocks;
        sum.live_bytes += at->live_bytes;
        sum.peak_bytes += at->peak_bytes;
        sum.allocs += *at->allocs;
        forget_remote(at, &sum);
    }
    char line[256], *out = line;
    out += put_field(out, "zr-stats: live_blocks=", sum.live_blocks);
    out += put_field(out, " live_bytes=", sum.live_bytes);
    out += put_field(out, " peak_bytes=", sum.peak_bytes);
    out += put_field(out, " allocs=", sum.allocs);
    out += put_field(out, " frees=", sum.allocs - sum.live_blocks);
    *out++ = '\n';
    zr_stderr(line, out - line);
}
