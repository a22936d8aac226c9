/* zr_sched.h -- fibers and the threads that run them, as the runtime's own files see it.
 *
 * A fiber is a stack with something running on it.  Everything that several threads look at is changed between
 * `zr_sched_enter` and `zr_sched_leave`, one lock for the whole scheduler.
 * It knows nothing of mailboxes and messages (zr_actor.c).
 */
#ifndef ZR_SCHED_H
#define ZR_SCHED_H

#include <stdint.h>

typedef struct zr_fiber {
    void *sp;              /* where it stopped */
    char *guard;           /* where its stack's guard begins */
    void *stack;           /* zr_sched.c: what to give back; NULL: the program's main stack */
    struct zr_fiber *next; /* in the one list it is in: ready, or waiting for the same end */
    struct zr_fiber *waiters;
    void (*run)(void *argument);
    void *argument;
    void *owned;           /* zr_actor.c: its mailboxes */
    void *awaited;         /* zr_actor.c: the mailbox it waits at */
    void *sanitizer;
    int64_t refs;
    int ended;             /* 0, ZR_ENDING, ZR_GONE */
} zr_fiber;

enum { ZR_ENDING = 1, ZR_GONE };

extern int32_t zr_many; /* more than one thread runs; once set it stays */
void zr_lock(int32_t *lock);
void zr_unlock(int32_t *lock);

void zr_sched_enter(void);
void zr_sched_leave(void);

zr_fiber *zr_fiber_here(void);                          /* the running one */
zr_fiber *zr_fiber_new(void (*run)(void *), void *argument); /* not ready yet; `run` ends with zr_fiber_end */
void zr_fiber_drop(zr_fiber *fiber);                    /* one reference less */

/* Inside the lock. */
void zr_fiber_ready(zr_fiber *fiber);
void zr_fiber_wait(void);                               /* until somebody makes it ready; leaves the lock */
void zr_fiber_end(zr_fiber *here); /* never returns; not declared so, as sanitizers would look for its stack */
void zr_fiber_pause(void); /* a place where a deterministic schedule may change; leaves the lock */

/* The platform's part: zr_start.c, or hosted zr_sched.c. */
void zr_thread_start(void (*run)(void));
extern ZR_TLS char *zr_stack_guard;                     /* where the guard of the stack in use begins */
void zr_heap_start(void);                               /* zr_alloc.c: this thread's heap is counted too */

#endif
