/* alloc_tree.c -- binary trees of depth 12 built, walked and freed, `count` times, beside one that lives long. */
#include "bench.h"

typedef struct tree { struct tree *left, *right; } tree;

static tree *grow(int depth)
{
    tree *made = take(sizeof(tree));
    made->left = depth ? grow(depth - 1) : NULL;
    made->right = depth ? grow(depth - 1) : NULL;
    return made;
}

static uint64_t fell(tree *old)
{
    uint64_t nodes = 1;
    if (old->left)
        nodes += fell(old->left) + fell(old->right);
    give(old);
    return nodes;
}

int main(int argc, char **argv)
{
    long count = bench_count(argc, argv);
    tree *old = grow(14);
    uint64_t sum = 0;
    for (long i = 0; i < count; i++)
        sum += fell(grow(12));
    sum += fell(old);
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
