/* program.c -- what tests/runtime/test_freestanding.py links with libzr.a: one behaviour for each first argument. */
#include "zr.h"
#include "zr_panics.h"

static const zr_desc array_of_ref = {.kind = ZR_DESC_ARRAY, .count = 1, .fields = {ZR_FIELD_REF}};
static const zr_desc array_of_i64 = {.kind = ZR_DESC_ARRAY, .count = 1, .fields = {ZR_FIELD_I64}};
static const zr_desc list_of_ref = {.kind = ZR_DESC_LIST, .count = 2, .fields = {ZR_FIELD_REF, ZR_FIELD_REF}};

static __attribute__((noinline)) int64_t down(volatile int64_t *n)
{
    volatile int64_t here[4] = {*n};
    return *n == 0 ? 0 : (++*n, down(n) + here[0]);
}

static void say(const char *words)
{
    zr_object *text = zr_text_new(words, (int64_t)zr_strlen(words));
    zr_print(text);
    zr_drop(text);
}

static zr_object *argument(zr_object *list, int64_t index)
{
    return (zr_object *)((zr_list *)zr_list_cell(list, index, "argument"))->item;
}

static int64_t is(zr_object *text, const char *word)
{
    zr_object *other = zr_text_new(word, (int64_t)zr_strlen(word));
    int64_t same = zr_equal(text, other, "is");
    zr_drop(other);
    return same;
}

static void took(int64_t good)
{
    zr_object *text = zr_taken();
    say(good ? "good" : "bad");
    zr_print(text);
    zr_drop(text);
}

/* An array that holds a list that holds the array. */
static zr_object *cycle(void)
{
    zr_array *array = (zr_array *)zr_array_new(1, (int64_t)&zr_nil, &array_of_ref, "");
    zr_list *list = (zr_list *)zr_new(sizeof(zr_list), &list_of_ref, 1);
    list->item = (int64_t)array;
    list->rest = &zr_nil;
    array->items[0] = (int64_t)list;
    return &array->head;
}

/* Arrays of two, each a deep side branch and the next, `before` of them before `around` in a ring. */
static zr_object *ring(int64_t before, int64_t around)
{
    zr_array *first = NULL, *last = NULL, *entry = NULL;
    for (int64_t i = 0; i < before + around; i++) {
        zr_array *made = (zr_array *)zr_array_new(2, (int64_t)&zr_nil, &array_of_ref, "");
        zr_object *branch = &zr_nil;
        for (int64_t j = 0; j < i * 7 % 40; j++)
            branch = zr_array_new(1, (int64_t)branch, &array_of_ref, "");
        made->items[0] = (int64_t)branch;
        if (last)
            last->items[1] = (int64_t)made;
        else
            first = made;
        if (i == before)
            entry = made;
        last = made;
    }
    last->items[1] = (int64_t)entry;
    return &first->head;
}

int64_t zero_main(void)
{
    zr_object *arguments = zr_argv(), *what = argument(arguments, 0);
    int64_t status = 0; /* a leak or a cycle is left on purpose */
    if (is(what, "arguments")) {
        zr_object *text = zr_show(arguments, "f.0x0:1:1");
        zr_print(text);
        zr_drop(text);
        status = 300;
    } else if (is(what, "stack")) {
        volatile int64_t n = 1;
        say("before");
        status = down(&n);
    } else if (is(what, "crash")) {
        *(volatile int64_t *)zr_text_get_i64(what) = 1; /* what spells no number: address 0 */
    } else if (is(what, "memory")) {
        say("before");
        zr_array_new((int64_t)1 << 33, 7, &array_of_i64, "f.0x0:1:2");
    } else if (is(what, "absurd")) {
        zr_array_new(INT64_MAX, 7, &array_of_i64, "f.0x0:1:2");
    } else if (is(what, "length")) {
        zr_array_new(-3, 7, &array_of_i64, "f.0x0:1:2");
    } else if (is(what, "index")) {
        say("before");
        zr_panic(ZR_PANIC_INDEX, "a/b.0x0:12:3", INT64_MIN, 7);
    } else if (is(what, "cell")) {
        zr_list_cell(arguments, zr_text_get_i64(argument(arguments, 1)), "f.0x0:1:3");
    } else if (is(what, "slice")) {
        zr_text_slice(what, 2, 9, "f.0x0:1:4");
    } else if (is(what, "digits")) {
        zr_f64_to_fixed(1.0, 1001, "f.0x0:1:5");
    } else if (is(what, "user")) {
        zr_panic_text(argument(arguments, 1), "f.0x0:1:6");
    } else if (is(what, "show-cycle")) {
        zr_show(cycle(), "f.0x0:1:7");
    } else if (is(what, "equal-cycle")) {
        zr_equal(cycle(), cycle(), "f.0x0:1:8");
    } else if (is(what, "show-ring")) {
        zr_show(ring(zr_text_get_i64(argument(arguments, 1)), zr_text_get_i64(argument(arguments, 2))), "f.0x0:1:9");
    } else if (is(what, "equal-rings")) {
        zr_object *left = ring(0, 1 + zr_text_get_i64(argument(arguments, 1)));
        zr_equal(left, left, "f.0x0:1:9");
    } else if (is(what, "leak")) {
        zr_text_new("kept", 4);
    } else if (is(what, "exit")) {
        say("before");
        zr_exit(zr_text_get_i64(argument(arguments, 1)));
    } else if (is(what, "lines")) {
        while (zr_read_line()) {
            zr_object *line = zr_taken(), *shown = zr_show(line, "");
            zr_print(shown);
            zr_drop(shown);
            zr_drop(line);
        }
    } else if (is(what, "line-then-rest")) {
        took(zr_read_line());
        took(zr_read_stdin());
    } else if (is(what, "read")) {
        took(zr_read_file(argument(arguments, 1)));
    } else if (is(what, "write")) {
        took(zr_write_file(argument(arguments, 1), argument(arguments, 2)));
    } else if (is(what, "env")) {
        if (zr_env(argument(arguments, 1)))
            took(1);
        else
            say("not set");
    } else if (is(what, "much")) {
        for (int64_t i = 0; i < 200000; i++)
            say("0123456789");
    } else if (is(what, "drift")) {
        static zr_object still = {.count = 2, .desc = &zr_desc_text};
        static zr_list list = {.head = {.count = 1}, .rest = &still};
        static const zr_desc data = {.kind = ZR_DESC_DATA, .count = 2, .fields = {ZR_FIELD_I64, ZR_FIELD_REF}};
        list.head.desc = &data;
        zr_data *holder = (zr_data *)zr_new(32, &data, 0);
        holder->fields[1] = (int64_t)&still;
        zr_drop(&holder->head);
        status += still.count != 1;
        zr_drop(&still); /* its count comes to 0, and it is not freed */
        status += still.count >= 0;
        zr_drop(&list.head);
        status += list.head.count >= 0 || list.head.desc != &data;
    } else if (is(what, "words")) {
        for (int64_t i = 0; i < ZR_ARGS_WORDS; i++)
            zr_args[i] += i;
        for (int64_t i = 0; i < ZR_ARGS_WORDS; i++)
            status += zr_args[i] == i;
        status -= ZR_ARGS_WORDS;
        status += zr_now_ns() <= 0 || zr_fmod(7.5, 2.0) != 1.5;
    } else
        status = 99;
    zr_drop(arguments);
    return status;
}
