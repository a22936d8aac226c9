/* bench.h -- what the allocation workloads share: which allocator, a generator of numbers, a checksum printed last.
 *
 * Each workload is one source, built twice: with BENCH_ZR against zr_alloc, without against the C library's malloc.
 * The numbers depend on nothing but the count, so both variants do the same, and so does every run.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef BENCH_ZR
#include "zr.h"
#define take(n) zr_alloc(n)
#define give(block) zr_free(block)
#else
#define take(n) malloc(n)
#define give(block) free(block)
#endif

static uint64_t bench_state = 0x9E3779B97F4A7C15u;

/* xorshift64 (Marsaglia 2003) */
static inline uint64_t bench_next(void)
{
    bench_state ^= bench_state << 13;
    bench_state ^= bench_state >> 7;
    bench_state ^= bench_state << 17;
    return bench_state;
}

/* Sizes as programs ask for them: mostly small, now and then a text of some kilobytes. */
static inline size_t bench_size(void)
{
    uint64_t random = bench_next();
    if (random % 64 == 0)
        return 256 + (random >> 8) % 8192;
    return 16 + (random >> 8) % 112;
}

static inline long bench_count(int argc, char **argv)
{
    char *end = NULL;
    long count = argc == 2 ? strtol(argv[1], &end, 10) : -1;
    if (count < 0 || *end) {
        fprintf(stderr, "usage: %s COUNT\n", argv[0]);
        exit(2);
    }
    return count;
}

#endif
