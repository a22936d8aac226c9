/* zr.h -- everything of the runtime that another file, or compiled code, may name.
 *
 * The first part is the ABI of compiled code: the same functions and the same layout as
 * compiler/lir/runtime.py, one declaration a line, kept equal by tests/runtime/test_tables.py; the lines
 * between the two "cdef" marks are also what cffi binds.  The second part is for collectors, tests and the
 * runtime's own files.  No libc: this header needs only the compiler's own headers.
 *
 * Conventions
 *   ownership  arguments are borrowed, results are owned, unless the line says otherwise
 *   text       known length, any bytes; one NUL after the last byte, not counted
 *   loc        NUL-terminated "file:line:col", only read when the program ends
 *   threads    every thread has its own heap, and frees blocks of other heaps too; an object belongs to one actor,
 *              static ones to all; standard input and output have locks of their own
 * A new runtime function is a row in compiler/lir/runtime.py, a line here, and its body in one topic's file.
 */
#ifndef ZR_H
#define ZR_H

#include <stddef.h>
#include <stdint.h>

#ifdef ZR_HOSTED
#define ZR_TLS __thread
#else
#define ZR_TLS __thread __attribute__((tls_model("local-exec")))
#endif
#define ZR_NEVER __attribute__((noreturn, cold))
#define ZR_ARGS_WORDS 256

/* cdef: begin */
typedef struct zr_desc {
    uint32_t kind;       /* ZR_DESC_... */
    uint32_t count;      /* how many bytes follow in `fields` */
    const char *name;    /* the constructor's, or the type's in an Any; NUL-terminated, or NULL */
    uint8_t fields[];    /* ZR_FIELD_... : data: its fields; list: element, rest; array, cell, any: the one
                            element; closure: its captures; text, bytes and nil: none */
} zr_desc;

typedef struct zr_object {
    int32_t count;       /* references; negative: static or in a region, never freed by itself */
    uint32_t tag;        /* data: which constructor */
    const zr_desc *desc;
} zr_object;

typedef struct zr_text { zr_object head; int64_t length; char bytes[]; } zr_text;
typedef struct zr_array { zr_object head; int64_t length; int64_t items[]; } zr_array;
typedef struct zr_data { zr_object head; int64_t fields[]; } zr_data;
typedef struct zr_list { zr_object head; int64_t item; zr_object *rest; } zr_list;

/* Objects. */
zr_object *zr_new(int64_t bytes, const zr_desc *desc, int64_t tag);
void zr_release(zr_object *dead);
zr_object *zr_array_new(int64_t length, int64_t initial, const zr_desc *desc, const char *loc);
zr_object *zr_array_copy(zr_object *array);
int64_t zr_equal(zr_object *left, zr_object *right, const char *loc);
zr_object *zr_show(zr_object *value, const char *loc);

/* Bytes: laid out like a text, but mutable and without a NUL behind. */
zr_object *zr_bytes_new(int64_t length, const char *loc);
zr_object *zr_bytes_slice(zr_object *bytes, int64_t lo, int64_t hi, const char *loc);
zr_object *zr_bytes_to_text(zr_object *bytes);
zr_object *zr_text_to_bytes(zr_object *text);

/* Text and numbers. */
zr_object *zr_text_slice(zr_object *text, int64_t lo, int64_t hi, const char *loc);
int64_t zr_text_find(zr_object *text, zr_object *part);
int64_t zr_text_less(zr_object *left, zr_object *right);
zr_object *zr_text_cat(zr_object **texts, int64_t n);
zr_object *zr_i64_to_text(int64_t value);
zr_object *zr_f64_to_text(double value);
zr_object *zr_f64_to_fixed(double value, int64_t digits, const char *loc);
int64_t zr_text_is_i64(zr_object *text);
int64_t zr_text_get_i64(zr_object *text);
int64_t zr_text_is_f64(zr_object *text);
double zr_text_get_f64(zr_object *text);
double zr_fmod(double x, double y);

/* Lists. */
int64_t zr_list_len(zr_object *list);
zr_object *zr_list_cell(zr_object *list, int64_t index, const char *loc);

/* The world outside. */
void zr_print(zr_object *text);
void zr_write(zr_object *text);
int64_t zr_read_line(void);
int64_t zr_read_stdin(void);
int64_t zr_read_file(zr_object *path);
int64_t zr_write_file(zr_object *path, zr_object *text);
int64_t zr_env(zr_object *name);
zr_object *zr_taken(void);
zr_object *zr_argv(void);
void zr_exit(int64_t status);
int64_t zr_now_ns(void);
void zr_panic(int64_t kind, const char *loc, int64_t fact0, int64_t fact1);
void zr_panic_text(zr_object *text, const char *loc);
void zr_any_wrong(zr_object *box, const zr_desc *wanted, const char *loc);

/* Regions (zr_region.c). */
int64_t zr_region_enter(void);
zr_object *zr_region_new(int64_t region, int64_t bytes, const zr_desc *desc, int64_t tag);
zr_object *zr_region_array(int64_t region, int64_t length, int64_t initial, const zr_desc *desc, const char *loc);
zr_object *zr_region_copy(int64_t region, zr_object *array);
zr_object *zr_region_bytes(int64_t region, int64_t length, const char *loc);
void zr_region_leave(int64_t region, int64_t holds);

/* Actors. */
zr_object *zr_spawn(zr_object *function);
zr_object *zr_inbox(void);
void zr_send(zr_object *actor, int64_t bits, int64_t field);
int64_t *zr_receive(zr_object *actor, const char *loc);
void zr_join(zr_object *actor);

/* The allocator.  Blocks are aligned to 16 bytes; n may be 0; zr_free never takes NULL. */
void *zr_alloc(size_t n);
void zr_free(void *block);
size_t zr_block_size(size_t n);

typedef struct zr_stats {
    int64_t live_blocks, live_bytes; /* bytes count whole blocks: zr_block_size of what was asked for */
    int64_t peak_bytes;              /* greatest live_bytes; -1 unless zr_track came first */
    int64_t allocs, frees;
    int64_t held_bytes;              /* address space taken from the system for this heap */
} zr_stats;

void zr_stats_read(zr_stats *out);
void zr_track(void);

/* Hosted programs call this once; a freestanding one has it done by its start. */
void zr_init(int64_t argc, char **argv, char **envp);
zr_object *zr_text_new(const char *bytes, int64_t length);
void zr_flush(void);
/* cdef: end */

void zr_exit(int64_t status) __attribute__((noreturn));
void zr_panic(int64_t kind, const char *loc, int64_t fact0, int64_t fact1) ZR_NEVER;
void zr_panic_text(zr_object *text, const char *loc) ZR_NEVER;
void zr_any_wrong(zr_object *box, const zr_desc *wanted, const char *loc) ZR_NEVER;

enum { ZR_DESC_TEXT, ZR_DESC_DATA, ZR_DESC_LIST, ZR_DESC_ARRAY, ZR_DESC_CLOSURE, ZR_DESC_CELL, ZR_DESC_BYTES, ZR_DESC_ACTOR, ZR_DESC_ANY };
enum { ZR_FIELD_I64, ZR_FIELD_F64, ZR_FIELD_BOOL, ZR_FIELD_UNIT, ZR_FIELD_REF };

extern zr_object zr_nil;                         /* the empty list */
extern const zr_desc zr_desc_text;
extern ZR_TLS int64_t zr_args[ZR_ARGS_WORDS];    /* arguments beyond the registers */

#define ZR_HEADER 16
_Static_assert(sizeof(void *) == 8 && sizeof(zr_object) == ZR_HEADER, "an object begins with 16 bytes");
_Static_assert(offsetof(zr_object, count) == 0 && offsetof(zr_object, tag) == 4, "count, tag");
_Static_assert(offsetof(zr_object, desc) == 8 && offsetof(zr_desc, fields) == 16, "descriptor");
_Static_assert(offsetof(zr_text, length) == ZR_HEADER && offsetof(zr_text, bytes) == 24, "text");
_Static_assert(offsetof(zr_array, items) == 24 && offsetof(zr_data, fields) == ZR_HEADER, "array, data");
_Static_assert(offsetof(zr_list, rest) == 24, "list");

/* ---- between the runtime's own files ---- */

#define ZR_IMMORTAL (-0x40000000)

typedef struct zr_mailbox zr_mailbox;
typedef struct zr_handle { zr_object head; zr_mailbox *box; } zr_handle; /* an (Actor m) */
extern void (*zr_forget)(zr_object *handle, zr_object **dead); /* a handle dies; set when there can be one */
void zr_mailbox_share(zr_mailbox *box);
int64_t zr_own(int64_t reference); /* consumes; what comes back has no other owner, at any depth */
void zr_release_all(zr_object *dead);
#define ZR_LIKELY(x) __builtin_expect(!!(x), 1)
#define ZR_UNLIKELY(x) __builtin_expect(!!(x), 0)

extern zr_text zr_empty_text;
extern const zr_desc zr_desc_bytes;

/* A text that grows; begin with all zeros. */
typedef struct zr_builder {
    zr_text *text;
    int64_t length, room;
} zr_builder;

char *zr_builder_reserve(zr_builder *builder, int64_t more); /* where the next `more` > 0 bytes go */
void zr_builder_put(zr_builder *builder, const char *bytes, int64_t n);
zr_object *zr_builder_done(zr_builder *builder);             /* the text; the builder is empty again */
void zr_builder_drop(zr_builder *builder);

/* Digits without allocation; each returns how many bytes it wrote. */
#define ZR_I64_DIGITS 20
#define ZR_F64_DIGITS 32
int64_t zr_put_i64(char *out, int64_t value);
int64_t zr_put_f64(char *out, double value);
double zr_decimal_to_f64(const char *digits, int64_t n, int64_t exponent);

/* Ends. */
void zr_end(int64_t status) __attribute__((noreturn));                  /* nothing is flushed */
void zr_end_line(int64_t status, const char *line) ZR_NEVER; /* flushes, then one line on stderr */
void zr_memory_end(void) ZR_NEVER;
void zr_stderr(const char *bytes, int64_t n);
void zr_flush_quietly(void);
const char *zr_environment(const char *name, int64_t n);
void zr_stats_at_end(void);

static inline void zr_copy(void *to, const void *from, size_t n)
{
    char *out = to;
    const char *in = from;
    for (; n >= 8; n -= 8, out += 8, in += 8)
        __builtin_memcpy(out, in, 8);
    for (; n; n--)
        *out++ = *in++;
}

static inline size_t zr_strlen(const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}

/* Static objects are counted by all threads without care, so a count may drift, in time even to 0: where they lie
 * tells them too.  They are .data of an image at a low address, so .bss lies behind them and every mapping behind that. */
#ifdef ZR_HOSTED
/* No compiled code, so no drift: a static object's count is still its first one, which no count in a region comes near. */
static inline int zr_in_image(const zr_object *object) { return object->count == ZR_IMMORTAL; }
#else
extern char zr_behind_data;
static inline int zr_in_image(const zr_object *object) { return (const char *)object < &zr_behind_data; }
#endif

static inline int zr_is_static(const zr_object *object)
{
    return object->count < 0 || zr_in_image(object);
}

/* One owner less; a dead object's count and tag are no longer needed: its first word is the link. */
static inline void zr_bury(zr_object **dead, int64_t bits)
{
    zr_object *child = (zr_object *)bits;
    if (child->count > 0 && --child->count == 0) {
        if (ZR_UNLIKELY(zr_in_image(child))) {
            child->count = ZR_IMMORTAL;
            return;
        }
        *(zr_object **)child = *dead;
        *dead = child;
    } else if (child->count < 0 && !zr_in_image(child))
        child->count--;
}

static inline void zr_drop(zr_object *object)
{
    if (object->count > 0) {
        if (--object->count == 0)
            zr_release(object);
    } else if (!zr_in_image(object))
        object->count--;
}

static inline void zr_dup(zr_object *object)
{
    if (object->count >= 0) /* past the last count it becomes static: it leaks, it is never wrong */
        object->count = object->count == INT32_MAX ? ZR_IMMORTAL : object->count + 1;
    else if (!zr_in_image(object)) /* in a region: exact, so that no number of calls makes it drift to 0 */
        object->count++;
}

/* One owner becomes `times`, none included. */
static inline void zr_dup_times(zr_object *object, int64_t times)
{
    if (times == 0)
        zr_drop(object);
    else if (object->count >= 0)
        object->count = times > INT32_MAX - object->count ? ZR_IMMORTAL : object->count + (int32_t)(times - 1);
    else if (!zr_in_image(object)) {
        if (times > -(int64_t)object->count) /* so many owners need more memory than its count has room for */
            zr_memory_end();
        object->count += (int32_t)(times - 1);
    }
}


#endif
