/* zr_lock.c -- a lock that sleeps: one word, 0 free, 1 taken, 2 taken and somebody waits.
 *
 * Programs with one thread never come here: callers ask `zr_many` first, where that is on a hot path.
 * It knows nothing of what is locked.  Source: Drepper, Futexes Are Tricky (2011), mutex 2.
 */
#include "zr.h"
#include "zr_sched.h"
#include "zr_sys.h"

int32_t zr_many;

void zr_lock(int32_t *lock)
{
    int32_t seen = 0;
    if (__atomic_compare_exchange_n(lock, &seen, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(lock, 2, __ATOMIC_ACQUIRE) != 0)
        zr_sys_sleep(lock, 2);
}

void zr_unlock(int32_t *lock)
{
    if (__atomic_exchange_n(lock, 0, __ATOMIC_RELEASE) == 2)
        zr_sys_wake(lock, 1);
}
