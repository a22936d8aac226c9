/* alloc_mix.c -- random sizes and lifetimes: a table of 4,096 blocks of which a random one is replaced, `count` times. */
#include "bench.h"

enum { TABLE = 4096 };

int main(int argc, char **argv)
{
    static uint64_t *table[TABLE];
    long count = bench_count(argc, argv);
    uint64_t sum = 0;
    for (long i = 0; i < count; i++) {
        uint64_t at = bench_next() % TABLE;
        if (table[at]) {
            sum += *table[at];
            give(table[at]);
        }
        table[at] = take(bench_size());
        *table[at] = (uint64_t)i;
    }
    for (long at = 0; at < TABLE; at++)
        if (table[at]) {
            sum += *table[at];
            give(table[at]);
        }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
