/* zr_io.c -- standard input and output with buffers, whole files, the environment, the clock.
 *
 * Output is flushed when the buffer is full, at every end, before waiting for input, and after each line when it
 * is a terminal.  When nobody reads any more (a closed pipe) the program ends quietly with ZR_PIPE_STATUS; any
 * other failure to write is said on standard error.  What a call takes lies ready until zr_taken.
 * It knows texts and system calls; a new reason for failure is a row of `reasons` and of compiler/errno_words.py.
 */
#include "zr.h"
#include "zr_panics.h"
#include "zr_sched.h"
#include "zr_sys.h"

#define REASONS(ROW)                         \
    ROW(2, "no such file or directory")      \
    ROW(13, "permission denied")             \
    ROW(17, "file exists")                   \
    ROW(20, "not a directory")               \
    ROW(21, "is a directory")                \
    ROW(22, "invalid argument")              \
    ROW(24, "too many open files")           \
    ROW(28, "no space left on device")       \
    ROW(30, "read-only file system")         \
    ROW(36, "file name too long")            \
    ROW(40, "too many levels of symbolic links")

enum { NO_SUCH_FILE = 2 };

static char out[1 << 16], in[1 << 16];
static int64_t out_length, in_at, in_length;
static int out_is_terminal = -1;

static char **environment;
static char **arguments;
static int64_t argument_count;

static ZR_TLS zr_object *taken;

void zr_init(int64_t argc, char **argv, char **envp)
{
    argument_count = argc;
    arguments = argv;
    environment = envp;
    const char *stats = zr_environment("ZR_STATS", 8);
    if (stats && stats[0] == '1' && stats[1] == 0)
        zr_track();
}

/* ---- reasons ---- */

static void reason(zr_builder *to, int64_t error)
{
    const char *words = NULL;
    char digits[ZR_I64_DIGITS];
    switch (error) {
#define ROW(number, text) case number: words = text; break;
        REASONS(ROW)
#undef ROW
    }
    if (words)
        zr_builder_put(to, words, (int64_t)zr_strlen(words));
    else {
        zr_builder_put(to, "error ", 6);
        zr_builder_put(to, digits, zr_put_i64(digits, error));
    }
}

static int64_t take(zr_object *text)
{
    taken = text;
    return 1;
}

static int64_t take_reason(long failure)
{
    zr_builder words = {0};
    reason(&words, -failure);
    take(zr_builder_done(&words));
    return 0;
}

zr_object *zr_taken(void)
{
    zr_object *text = taken;
    taken = NULL;
    return text;
}

/* ---- output ---- */

/* Everything or a failure: 0 or a negative error. */
static long write_all(int fd, const char *bytes, int64_t n)
{
    while (n > 0) {
        long wrote = zr_sys_write(fd, bytes, (size_t)n);
        if (wrote == -ZR_EAGAIN)
            zr_sys_wait_for_room(fd);
        else if (zr_sys_failed(wrote)) {
            if (wrote != -ZR_EINTR)
                return wrote;
        } else {
            bytes += wrote;
            n -= wrote;
        }
    }
    return 0;
}

static void output_failed(long failure)
{
    zr_builder line = {0};
    if (failure == -ZR_EPIPE)
        zr_end(ZR_PIPE_STATUS);
    zr_builder_put(&line, "panic: standard output: ", 24);
    reason(&line, -failure);
    zr_builder_put(&line, "\n", 1);
    zr_stderr(line.text->bytes, line.length);
    zr_end(101);
}

/* Standard output belongs to one call at a time, so lines of different actors do not mix.  A thread that ends the program
 * in the middle of a call holds it already. */
static int32_t output_lock, input_lock;
static uintptr_t output_owner;

static inline void take_output(void)
{
    if (ZR_LIKELY(!zr_many))
        return;
    uintptr_t me = (uintptr_t)__builtin_thread_pointer();
    if (__atomic_load_n(&output_owner, __ATOMIC_RELAXED) == me)
        return;
    zr_lock(&output_lock);
    __atomic_store_n(&output_owner, me, __ATOMIC_RELAXED);
}

static inline void leave_output(void)
{
    if (ZR_LIKELY(!zr_many))
        return;
    __atomic_store_n(&output_owner, 0, __ATOMIC_RELAXED);
    zr_unlock(&output_lock);
}

static inline void take_input(void)
{
    if (zr_many)
        zr_lock(&input_lock);
}

static inline void leave_input(void)
{
    if (zr_many)
        zr_unlock(&input_lock);
}

/* For ends that have something else to say: what cannot be written is lost. */
void zr_flush_quietly(void)
{
    take_output();
    int64_t n = out_length;
    out_length = 0;
    write_all(1, out, n);
}

static void flush(void)
{
    int64_t n = out_length;
    out_length = 0;
    long failure = write_all(1, out, n);
    if (failure)
        output_failed(failure);
}

void zr_flush(void)
{
    take_output();
    flush();
    leave_output();
}

static void put(const char *bytes, int64_t n)
{
    if (n > (int64_t)sizeof out - out_length) {
        flush();
        if (n >= (int64_t)sizeof out) {
            long failure = write_all(1, bytes, n);
            if (failure)
                output_failed(failure);
            return;
        }
    }
    zr_copy(out + out_length, bytes, (size_t)n);
    out_length += n;
}

static void line_ended(void)
{
    if (out_is_terminal < 0)
        out_is_terminal = zr_sys_is_terminal(1);
    if (out_is_terminal)
        flush();
}

void zr_write(zr_object *object)
{
    const zr_text *text = (const zr_text *)object;
    take_output();
    put(text->bytes, text->length);
    if (text->length && text->bytes[text->length - 1] == '\n')
        line_ended();
    leave_output();
}

void zr_print(zr_object *object)
{
    const zr_text *text = (const zr_text *)object;
    take_output();
    put(text->bytes, text->length);
    put("\n", 1);
    line_ended();
    leave_output();
}

/* ---- input ---- */

static long read_some(int fd, char *to, int64_t n)
{
    for (;;) {
        long got = zr_sys_read(fd, to, (size_t)n);
        if (got == -ZR_EAGAIN)
            zr_sys_wait_for_input(fd);
        else if (got != -ZR_EINTR)
            return got;
    }
}

/* Appends all that is left; 0 or a negative error. */
static long read_all(int fd, zr_builder *to)
{
    for (int64_t chunk = 4096;; chunk = to->length) { /* twice as much each time */
        if (chunk < 4096)
            chunk = 4096;
        zr_builder_reserve(to, chunk);
        long got = read_some(fd, to->text->bytes + to->length, to->room - to->length);
        if (got <= 0)
            return got;
        to->length += got;
    }
}

static int64_t read_line(void)
{
    zr_builder line = {0};
    for (;;) {
        int64_t start = in_at;
        while (in_at < in_length && in[in_at] != '\n')
            in_at++;
        zr_builder_put(&line, in + start, in_at - start);
        if (in_at < in_length) {
            in_at++;
            return take(zr_builder_done(&line));
        }
        zr_flush(); /* a question is seen before its answer is waited for */
        in_at = 0;
        in_length = read_some(0, in, sizeof in);
        if (in_length <= 0) { /* the end; what cannot be read is one too */
            in_length = 0;
            if (line.length)
                return take(zr_builder_done(&line));
            zr_builder_drop(&line);
            return 0;
        }
    }
}

int64_t zr_read_line(void)
{
    take_input();
    int64_t found = read_line();
    leave_input();
    return found;
}

int64_t zr_read_stdin(void)
{
    zr_builder rest = {0};
    take_input();
    zr_builder_put(&rest, in + in_at, in_length - in_at);
    in_at = in_length = 0;
    zr_flush();
    long failure = read_all(0, &rest);
    leave_input();
    if (failure) {
        zr_builder_drop(&rest);
        return take_reason(failure);
    }
    return take(zr_builder_done(&rest));
}

/* ---- files ---- */

static int has_nul(const zr_text *text)
{
    return zr_strlen(text->bytes) != (size_t)text->length;
}

static long open_file(const zr_text *path, int flags)
{
    if (has_nul(path))
        return -NO_SUCH_FILE; /* the system would answer for the part before the NUL */
    for (;;) {
        long fd = zr_sys_open(path->bytes, flags | ZR_O_CLOEXEC, 0666);
        if (fd != -ZR_EINTR)
            return fd;
    }
}

int64_t zr_read_file(zr_object *path)
{
    zr_builder contents = {0};
    long fd = open_file((zr_text *)path, ZR_O_RDONLY);
    if (fd < 0)
        return take_reason(fd);
    long failure = read_all((int)fd, &contents);
    zr_sys_close((int)fd);
    if (failure) {
        zr_builder_drop(&contents);
        return take_reason(failure);
    }
    return take(zr_builder_done(&contents));
}

int64_t zr_write_file(zr_object *path, zr_object *object)
{
    const zr_text *text = (const zr_text *)object;
    long fd = open_file((zr_text *)path, ZR_O_WRONLY | ZR_O_CREAT | ZR_O_TRUNC);
    if (fd < 0)
        return take_reason(fd);
    long failure = write_all((int)fd, text->bytes, text->length);
    long closed = zr_sys_close((int)fd);
    if (!failure && closed != -ZR_EINTR)
        failure = closed;
    if (failure)
        return take_reason(failure);
    return take(&zr_empty_text.head);
}

/* ---- the process ---- */

const char *zr_environment(const char *name, int64_t n)
{
    for (char **entry = environment; entry && *entry; entry++) {
        int64_t i = 0;
        while (i < n && (*entry)[i] == name[i] && name[i] && name[i] != '=')
            i++;
        if (n > 0 && i == n && (*entry)[n] == '=')
            return *entry + n + 1;
    }
    return NULL;
}

int64_t zr_env(zr_object *name)
{
    const zr_text *text = (const zr_text *)name;
    const char *value = zr_environment(text->bytes, text->length);
    return value ? take(zr_text_new(value, (int64_t)zr_strlen(value))) : 0;
}

zr_object *zr_argv(void)
{
    static const zr_desc desc_list_of_text = {.kind = ZR_DESC_LIST, .count = 2, .fields = {ZR_FIELD_REF, ZR_FIELD_REF}};
    zr_object *list = &zr_nil;
    for (int64_t i = argument_count - 1; i > 0; i--) {
        zr_list *cell = (zr_list *)zr_new(sizeof(zr_list), &desc_list_of_text, 1);
        cell->item = (int64_t)zr_text_new(arguments[i], (int64_t)zr_strlen(arguments[i]));
        cell->rest = list;
        list = &cell->head;
    }
    return list;
}

int64_t zr_now_ns(void)
{
    int64_t time[2];
    zr_sys_clock(time);
    return time[0] * 1000000000 + time[1];
}
