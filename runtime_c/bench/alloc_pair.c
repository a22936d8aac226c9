/* alloc_pair.c -- one size taken and given back, `count` times: the cost of a pair and nothing else. */
#include "bench.h"

int main(int argc, char **argv)
{
    long count = bench_count(argc, argv);
    uint64_t sum = 0;
    for (long i = 0; i < count; i++) {
        volatile uint64_t *block = take(48);
        *block = (uint64_t)i;
        sum += *block;
        give((void *)block);
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
