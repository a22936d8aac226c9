/* alloc_queue.c -- first in, first out: `count` blocks of mixed sizes pass through a queue of 10,000. */
#include "bench.h"

enum { LENGTH = 10000 };

int main(int argc, char **argv)
{
    static uint64_t *queue[LENGTH];
    long count = bench_count(argc, argv);
    uint64_t sum = 0;
    for (long i = 0; i < count + LENGTH; i++) {
        uint64_t **slot = &queue[i % LENGTH];
        if (*slot) {
            sum += **slot;
            give(*slot);
            *slot = NULL;
        }
        if (i < count) {
            *slot = take(bench_size());
            **slot = (uint64_t)i;
        }
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
