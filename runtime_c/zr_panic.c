/* zr_panic.c -- the ends of a program: panics with a place, ends without one, exit.
 *
 * Standard output is flushed first, so what the program said comes before why it stopped.  It knows the rows
 * of zr_panics.h and nothing of who panics.  A new panic is a row there, none here.
 */
#include "zr.h"
#include "zr_panics.h"
#include "zr_sched.h"
#include "zr_sys.h"

static const struct { int64_t number, status; const char *message; } panics[] = {
#define ROW(name, number, status, message) {number, status, message},
    ZR_PANICS(ROW)
#undef ROW
};

void zr_stderr(const char *bytes, int64_t n)
{
    while (n > 0) {
        long wrote = zr_sys_write(2, bytes, (size_t)n);
        if (wrote == -ZR_EINTR)
            continue;
        if (wrote == -ZR_EAGAIN) {
            zr_sys_wait_for_room(2);
            continue;
        }
        if (wrote <= 0)
            return; /* there is nobody left to tell */
        bytes += wrote;
        n -= wrote;
    }
}

/* The first thread that ends the program does so alone: others stop here. */
static void end_begins(void)
{
    static uintptr_t ending;
    static int32_t never;
    if (!zr_many)
        return;
    uintptr_t nobody = 0, me = (uintptr_t)__builtin_thread_pointer();
    if (!__atomic_compare_exchange_n(&ending, &nobody, me, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE) && nobody != me)
        for (;;)
            zr_sys_sleep(&never, 0);
}

void zr_end(int64_t status)
{
    for (;;)
        zr_sys_exit(status & 255);
}

void zr_end_line(int64_t status, const char *line)
{
    end_begins();
    zr_flush_quietly();
    zr_stderr(line, (int64_t)zr_strlen(line));
    zr_stderr("\n", 1);
    zr_end(status);
}

void zr_memory_end(void)
{
    zr_end_line(ZR_MEMORY_STATUS, ZR_MEMORY_LINE);
}

void zr_exit(int64_t status)
{
    end_begins();
    zr_flush();
    zr_stats_at_end();
    zr_end(status);
}

static void at(const char *loc)
{
    zr_stderr("\n  at ", 6);
    zr_stderr(loc, (int64_t)zr_strlen(loc));
    zr_stderr("\n", 1);
}

void zr_panic_text(zr_object *text, const char *loc)
{
    end_begins();
    zr_flush_quietly();
    zr_stderr("panic: ", 7);
    zr_stderr(((zr_text *)text)->bytes, ((zr_text *)text)->length);
    at(loc);
    zr_end(panics[ZR_PANIC_USER].status);
}

void zr_panic(int64_t kind, const char *loc, int64_t fact0, int64_t fact1)
{
    char line[128] = "panic: "; /* the longest message and two numbers of 20 digits fit */
    char *out = line + 7;
    for (const char *in = panics[kind].message; *in; in++) {
        if (in[0] == '{' && (in[1] == '0' || in[1] == '1') && in[2] == '}') {
            out += zr_put_i64(out, in[1] == '0' ? fact0 : fact1);
            in += 2;
        } else
            *out++ = *in;
    }
    end_begins();
    zr_flush_quietly();
    zr_stderr(line, out - line);
    at(loc);
    zr_end(panics[kind].status);
}

/* The facts are names of types, of any length. */
void zr_any_wrong(zr_object *box, const zr_desc *wanted, const char *loc)
{
    zr_flush_quietly();
    zr_stderr("panic: ", 7);
    for (const char *in = panics[ZR_PANIC_TYPE].message; *in; in++) {
        if (in[0] == '{') {
            const char *name = in[1] == '0' ? box->desc->name : wanted->name;
            zr_stderr(name, (int64_t)zr_strlen(name));
            in += 2;
        } else
            zr_stderr(in, 1);
    }
    at(loc);
    zr_end(panics[ZR_PANIC_TYPE].status);
}
