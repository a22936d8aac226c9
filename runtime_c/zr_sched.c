/* zr_sched.c -- M:N scheduling: fibers with stacks of their own, run by as many threads as there are processors.
 *
 * One lock guards the list of ready fibers and every wait.  A fiber that waits switches to its thread's own stack
 * still holding the lock, so nobody can resume it before it has stopped; a resumed fiber may be on another thread.
 * Threads are started when a fiber is ready and nobody is free, and sleep on a futex when nothing is.  `active` counts
 * the fibers that are ready or run: when it would reach 0, nothing can ever happen again, which is a deadlock.
 * Scheduling is cooperative: only a wait or an end gives the thread to another fiber.
 * ZR_THREADS=n bounds the threads.  ZR_SCHED=det:SEED runs on one thread and lets a generator (splitmix64) choose the
 * next fiber, also at every send and spawn: the same seed gives the same schedule.
 * Whatever is thread-local is read through `here` after a switch, never kept across one.
 */
#include "zr.h"
#include "zr_panics.h"
#include "zr_sched.h"
#include "zr_sys.h"

#define STACK_BYTES ((size_t)8 << 20) /* address space; pages come when they are touched */
#define LEAST_STACK_BYTES ((size_t)1 << 20)
#define GUARD_BYTES ((size_t)1 << 20) /* no frame is as large */
#define LOOP_BYTES ((size_t)64 << 10) /* the main thread's own stack */
#define MOST_THREADS 64
#define SPARE_STACKS 64

typedef struct thread {
    void *sp; /* of its own loop, while it runs a fiber */
    zr_fiber *fiber;
    void *ended; /* the stack of the fiber that ended just now */
    void *sanitizer, *ended_sanitizer;
} thread;

typedef struct stack {
    struct stack *next; /* at the upper end of a spare stack */
    size_t bytes;
} stack;

static zr_fiber main_fiber;
static ZR_TLS thread self;

static int32_t lock;
static zr_fiber *first, *last;
static int64_t ready, active;
static int threads, most_threads, sleeping, tickets;
static int32_t wakes;
static stack *spare;
static int spares;
static int deterministic;
static uint64_t state;

static void loop(void);
void zr_switch(void **from, void *to);

/* What a stopped stack holds, lowest first: mxcsr and x87 control, r15 r14 r13 r12 rbx rbp, return address. */
__asm__(".section .text.zr_switch,\"ax\",@progbits\n"
        ".type zr_switch, @function\n"
        ".globl zr_switch\n"
        "zr_switch:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    subq $8, %rsp\n"
        "    stmxcsr (%rsp)\n"
        "    fnstcw 4(%rsp)\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    ldmxcsr (%rsp)\n"
        "    fldcw 4(%rsp)\n"
        "    addq $8, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size zr_switch, .-zr_switch\n"
        ".text\n");

#ifdef __SANITIZE_THREAD__
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#define SANITIZER_NEW() __tsan_create_fiber(0)
#define SANITIZER_HERE() __tsan_get_current_fiber()
#define SANITIZER_END(fiber) __tsan_destroy_fiber(fiber)
#define SANITIZER_SWITCH(fiber) __tsan_switch_to_fiber(fiber, 0)
#else
#define SANITIZER_NEW() NULL
#define SANITIZER_HERE() NULL
#define SANITIZER_END(fiber) ((void)(fiber))
#define SANITIZER_SWITCH(fiber) ((void)(fiber))
#endif

/* The thread at hand; opaque, so that no compiler keeps the address across a switch. */
static __attribute__((noinline)) thread *here(void)
{
    thread *found = &self;
    __asm__ volatile("" : "+r"(found));
    return found;
}

void zr_sched_enter(void)
{
    zr_lock(&lock);
}

void zr_sched_leave(void)
{
    zr_unlock(&lock);
}

/* ---- settings ---- */

static int64_t number(const char *text)
{
    int64_t value = 0;
    for (; *text >= '0' && *text <= '9' && value < (int64_t)1 << 56; text++)
        value = value * 10 + (*text - '0');
    return value;
}

static int processors(void)
{
    uint64_t mask[16] = {0};
    long bytes = zr_sys_affinity(mask, sizeof mask);
    int n = 0;
    for (long i = 0; i < bytes / 8; i++)
        for (uint64_t word = mask[i]; word; word &= word - 1)
            n++;
    return n ? n : 1;
}

static uint64_t next_random(void)
{
    uint64_t x = state += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* ---- stacks ---- */

/* A stopped stack that begins in `run`, which finds the stack aligned as after a call. */
static void *prepared(char *top, void (*run)(void))
{
    uint64_t *words = (uint64_t *)top;
    uint32_t mxcsr;
    uint16_t control;
    __asm__("stmxcsr %0" : "=m"(mxcsr));
    __asm__("fnstcw %0" : "=m"(control));
    words -= 9;
    words[0] = mxcsr | (uint64_t)control << 32;
    for (int i = 1; i < 7; i++)
        words[i] = 0;
    words[7] = (uint64_t)run;
    words[8] = 0; /* where a caller's address would be */
    return words;
}

static stack *end_of(char *mapping, size_t bytes)
{
    return (stack *)(mapping + GUARD_BYTES + bytes - sizeof(stack));
}

/* The greatest stack that there is address space for. */
static stack *map_stack(void)
{
    for (size_t bytes = STACK_BYTES; bytes >= LEAST_STACK_BYTES; bytes /= 2) {
        long got = zr_sys_map(NULL, bytes + GUARD_BYTES, ZR_PROT_RW, ZR_MAP_ANON | ZR_MAP_NORESERVE | ZR_MAP_STACK);
        if (zr_sys_failed(got))
            continue;
        if (zr_sys_failed(zr_sys_protect((char *)got, GUARD_BYTES, ZR_PROT_NONE))) {
            zr_sys_unmap((char *)got, bytes + GUARD_BYTES);
            break;
        }
        stack *made = end_of((char *)got, bytes);
        made->bytes = bytes;
        return made;
    }
    zr_memory_end();
}

static char *mapping_of(stack *at)
{
    return (char *)(at + 1) - at->bytes - GUARD_BYTES;
}

static stack *take_stack(void)
{
    zr_sched_enter();
    stack *found = spare;
    if (found) {
        spare = found->next;
        spares--;
    }
    zr_sched_leave();
    return found ? found : map_stack();
}

/* Inside the lock. */
static void put_stack(stack *old)
{
    if (spares < SPARE_STACKS) {
        old->next = spare;
        spare = old;
        spares++;
    } else
        zr_sys_unmap(mapping_of(old), old->bytes + GUARD_BYTES);
}

/* ---- threads ---- */

/* The program's main stack becomes a fiber when the first actor is made. */
static __attribute__((noinline, cold)) void begin(void)
{
    const char *schedule = zr_environment("ZR_SCHED", 8), *bound = zr_environment("ZR_THREADS", 10);
    most_threads = processors();
    if (bound && number(bound) > 0)
        most_threads = number(bound) < MOST_THREADS ? (int)number(bound) : MOST_THREADS;
    if (most_threads > MOST_THREADS)
        most_threads = MOST_THREADS;
    if (schedule && schedule[0] == 'd' && schedule[1] == 'e' && schedule[2] == 't' && schedule[3] == ':') {
        deterministic = 1;
        most_threads = 1;
        state = (uint64_t)number(schedule + 4);
    }
    long got = zr_sys_map(NULL, LOOP_BYTES, ZR_PROT_RW, ZR_MAP_ANON);
    if (zr_sys_failed(got))
        zr_memory_end();
    self.sp = prepared((char *)got + LOOP_BYTES, loop);
    self.sanitizer = SANITIZER_NEW();
    main_fiber.guard = zr_stack_guard;
    main_fiber.refs = 1;
    main_fiber.sanitizer = SANITIZER_HERE();
    self.fiber = &main_fiber;
    active = threads = 1;
}

zr_fiber *zr_fiber_here(void)
{
    thread *at = here();
    if (ZR_UNLIKELY(!at->fiber)) {
        begin();
        return &main_fiber;
    }
    return at->fiber;
}

#ifdef ZR_HOSTED
typedef unsigned long pthread; /* of glibc, whose headers a freestanding file does not read */
int pthread_create(pthread *made, const void *attributes, void *(*run)(void *), void *argument);
ZR_TLS char *zr_stack_guard;

static void *start_hosted(void *thread_run)
{
    ((void (*)(void))thread_run)();
    return NULL;
}

void zr_thread_start(void (*thread_run)(void))
{
    pthread made;
    if (pthread_create(&made, NULL, start_hosted, (void *)thread_run))
        zr_memory_end();
}
#endif

static void start(void)
{
    zr_heap_start();
    self.sanitizer = SANITIZER_HERE();
    zr_sched_enter();
    loop();
}

/* Each thread's life, on its own stack; the lock is held wherever a fiber comes back. */
static void loop(void)
{
    for (;;) {
        while (!first) {
            sleeping++;
            while (!tickets) {
                int32_t seen = __atomic_load_n(&wakes, __ATOMIC_RELAXED);
                zr_sched_leave();
                zr_sys_sleep(&wakes, seen);
                zr_sched_enter();
            }
            tickets--;
        }
        zr_fiber *next = first, **link = &first, *before = NULL;
        for (uint64_t skip = deterministic ? next_random() % (uint64_t)ready : 0; skip; skip--) {
            before = next;
            link = &next->next;
            next = next->next;
        }
        *link = next->next;
        if (!next->next)
            last = before;
        ready--;
        thread *at = here();
        at->fiber = next;
        zr_stack_guard = next->guard;
        void *to = next->sp;
        zr_sched_leave();
        SANITIZER_SWITCH(next->sanitizer);
        zr_switch(&at->sp, to);
        if (at->ended) {
            put_stack(at->ended);
            at->ended = NULL;
            SANITIZER_END(at->ended_sanitizer);
        }
    }
}

/* ---- fibers ---- */

static void enter_fiber(void)
{
    zr_fiber *fiber = here()->fiber;
    fiber->run(fiber->argument);
}

zr_fiber *zr_fiber_new(void (*run)(void *), void *argument)
{
    stack *on = take_stack();
    zr_fiber *made = zr_alloc(sizeof *made);
    *made = (zr_fiber){.guard = mapping_of(on), .stack = on, .run = run, .argument = argument, .refs = 1};
    made->sp = prepared((char *)on, enter_fiber);
    made->sanitizer = SANITIZER_NEW();
    return made;
}

void zr_fiber_drop(zr_fiber *fiber)
{
    if (__atomic_sub_fetch(&fiber->refs, 1, __ATOMIC_ACQ_REL) == 0)
        zr_free(fiber);
}

static void append(zr_fiber *fiber)
{
    fiber->next = NULL;
    if (first)
        last->next = fiber;
    else
        first = fiber;
    last = fiber;
    ready++;
}

void zr_fiber_ready(zr_fiber *fiber)
{
    append(fiber);
    active++;
    if (sleeping) { /* one of them is told, and no longer counts as asleep */
        sleeping--;
        tickets++;
        __atomic_fetch_add(&wakes, 1, __ATOMIC_RELAXED);
        zr_sys_wake(&wakes, 1);
    } else if (threads < most_threads) {
        threads++;
        zr_many = 1;
        zr_thread_start(start);
    }
}

/* To the thread's own loop, which leaves the lock. */
static void stop(zr_fiber *fiber)
{
    thread *at = here();
    SANITIZER_SWITCH(at->sanitizer);
    zr_switch(&fiber->sp, at->sp);
}

void zr_fiber_wait(void)
{
    if (--active == 0)
        zr_end_line(ZR_DEADLOCK_STATUS, ZR_DEADLOCK_LINE);
    stop(here()->fiber);
}

void zr_fiber_pause(void)
{
    if (deterministic && first && next_random() & 1) {
        zr_fiber *fiber = here()->fiber;
        append(fiber);
        stop(fiber);
    } else
        zr_sched_leave();
}

void zr_fiber_end(zr_fiber *fiber)
{
    thread *at = here();
    void *nowhere;
    if (--active == 0)
        zr_end_line(ZR_DEADLOCK_STATUS, ZR_DEADLOCK_LINE);
    at->ended = fiber->stack;
    at->ended_sanitizer = fiber->sanitizer;
    zr_fiber_drop(fiber);
    SANITIZER_SWITCH(at->sanitizer);
    zr_switch(&nowhere, at->sp);
}
