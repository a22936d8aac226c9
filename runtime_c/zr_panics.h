/* zr_panics.h -- every way a running program can end early, one row each.
 *
 * The same table as compiler/panics.py; tests/runtime/test_tables.py compares the two, word by word.
 * It knows no wording rules beyond {0}, {1} (the two facts) and {text} (the program's own message).
 * A new panic is a row here and a row there.
 */
#ifndef ZR_PANICS_H
#define ZR_PANICS_H

/* C name, number, status, message */
#define ZR_PANICS(ROW)                                                          \
    ROW(ZR_PANIC_USER,         0, 101, "{text}")                                \
    ROW(ZR_PANIC_DIVISION,     1, 101, "division by zero")                      \
    ROW(ZR_PANIC_OVERFLOW,     2, 101, "division overflow")                     \
    ROW(ZR_PANIC_INDEX,        3, 101, "index {0} out of range for length {1}") \
    ROW(ZR_PANIC_EMPTY_LIST,   4, 101, "empty list")                            \
    ROW(ZR_PANIC_SLICE,        5, 101, "slice {0}..{1} out of range")           \
    ROW(ZR_PANIC_ARRAY_LENGTH, 6, 101, "array length {0} out of range")         \
    ROW(ZR_PANIC_DIGITS,       7, 101, "digits {0} out of range")               \
    ROW(ZR_PANIC_CYCLE,        8, 101, "value contains itself")                 \
    ROW(ZR_PANIC_NOT_OWNER,    9, 101, "receive by another than the owner")     \
    ROW(ZR_PANIC_TYPE,        10, 101, "value is {0}, not {1}")

/* Ends without a place: one line on standard error each. */
#define ZR_STACK_STATUS 102
#define ZR_STACK_LINE "panic: stack exhausted"
#define ZR_MEMORY_STATUS 103
#define ZR_MEMORY_LINE "panic: memory exhausted"
#define ZR_DEADLOCK_STATUS 104
#define ZR_DEADLOCK_LINE "panic: deadlock"

/* Standard output went away (a closed pipe): a quiet end, with the status that a shell gives to SIGPIPE. */
#define ZR_PIPE_STATUS 141

enum zr_panic_kind {
#define ROW(name, number, status, message) name = number,
    ZR_PANICS(ROW)
#undef ROW
};

#endif
