/* threads.c -- the scheduler under the thread sanitizer: rings and fans of actors that are C functions.
 *
 * Exact sums are checked here; what the sanitizer says goes to standard error.  Arguments: actors, messages.
 */
#include <stdio.h>
#include <stdlib.h>

#include "zr.h"

static const zr_desc captures = {.kind = ZR_DESC_CLOSURE, .count = 1, .fields = {ZR_FIELD_REF}};
static const zr_desc list_of_i64 = {.kind = ZR_DESC_LIST, .count = 2, .fields = {ZR_FIELD_I64, ZR_FIELD_REF}};

static zr_object *closure(void (*code)(zr_object *, zr_object *), zr_object *captured)
{
    zr_data *made = (zr_data *)zr_new(32, &captures, 0);
    made->fields[0] = (int64_t)code;
    made->fields[1] = (int64_t)captured;
    return &made->head;
}

/* Adds up lists of numbers until an empty one comes, then tells the sum. */
static void adder(zr_object *self, zr_object *actor)
{
    int64_t sum = 0;
    for (;;) {
        zr_list *list = (zr_list *)*zr_receive(actor, "t:1:1");
        if (&list->head == &zr_nil)
            break;
        for (const zr_list *at = list; &at->head != &zr_nil; at = (const zr_list *)at->rest)
            sum += at->item;
        zr_drop(&list->head);
    }
    zr_send((zr_object *)((zr_data *)self)->fields[1], sum, ZR_FIELD_I64);
    zr_drop(self);
    zr_drop(actor);
}

static zr_object *numbers(int64_t n)
{
    zr_object *list = &zr_nil;
    for (int64_t i = 0; i < 5; i++) {
        zr_list *cell = (zr_list *)zr_new(sizeof(zr_list), &list_of_i64, 1);
        cell->item = n * 5 + i;
        cell->rest = list;
        list = &cell->head;
    }
    return list;
}

int main(int argc, char **argv, char **envp)
{
    int64_t actors = atoll(argv[1]), messages = atoll(argv[2]), sum = 0;
    zr_init(argc, argv, envp);
    zr_object *out = zr_inbox(), **all = calloc((size_t)actors, sizeof *all);
    for (int64_t i = 0; i < actors; i++) {
        zr_dup(out);
        all[i] = zr_spawn(closure(adder, out));
    }
    for (int64_t i = 0; i < messages; i++) {
        zr_object *list = numbers(i);
        if (i % 2)
            zr_dup(list); /* every other one is copied */
        zr_send(all[i % actors], (int64_t)list, ZR_FIELD_REF);
        if (i % 2)
            zr_drop(list);
    }
    for (int64_t i = 0; i < actors; i++)
        zr_send(all[i], (int64_t)&zr_nil, ZR_FIELD_REF);
    for (int64_t i = 0; i < actors; i++)
        sum += *zr_receive(out, "t:1:2");
    for (int64_t i = 0; i < actors; i++) {
        zr_join(all[i]);
        zr_drop(all[i]);
    }
    zr_drop(out);
    free(all);
    printf("%lld\n", (long long)sum);
    fflush(stdout);
    zr_exit(sum == messages * 5 * (messages * 5 - 1) / 2 ? 0 : 1);
}
