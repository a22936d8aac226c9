/* zr_start.c -- from the kernel to zero_main: thread-local storage, a large stack with a guard, the signal that
 * tells the stack's end, and the way out.
 *
 *     mapping:  guard (1 MiB, no access) | stack, grows down | thread-local block | thread control block
 *
 * The linker defines __zr_tls_start and __zr_tls_end (the initialised image, .tdata) and __zr_tls_size (.tdata and
 * .tbss; an absolute symbol).  The block's alignment is 64 (zr_alloc.c has a variable aligned so).  Nothing may be
 * thread-local before the thread pointer is set.  Further threads (zr_sched.c) have a smaller mapping of the same shape.
 * Freestanding only; a hosted program has a start of its own and calls zr_init.
 */
#include "zr.h"
#include "zr_panics.h"
#include "zr_sched.h"
#include "zr_sys.h"

#define STACK_BYTES ((size_t)256 << 20)
#define LEAST_STACK_BYTES ((size_t)1 << 20)
#define GUARD_BYTES ((size_t)1 << 20) /* no frame is as large */
#define CONTROL_BYTES 256 /* what compilers and tools may keep at %fs:0 and up */

extern int64_t zero_main(void);
extern const char __zr_tls_start[], __zr_tls_end[], __zr_tls_size[];

void zr_begin(int64_t *kernel_stack) __attribute__((noreturn, used));
void zr_on_stack(char *top, void (*call)(void)) __attribute__((noreturn));
void zr_return_from_signal(void);
long zr_clone(long flags, void *stack, void (*begin)(char *), void *thread_pointer);

__asm__(".section .text._start,\"ax\",@progbits\n"
        ".globl _start\n"
        ".type _start, @function\n"
        "_start:\n"
        "    xorl %ebp, %ebp\n"
        "    movq %rsp, %rdi\n"
        "    andq $-16, %rsp\n"
        "    call zr_begin\n"
        ".size _start, .-_start\n"
        ".type zr_on_stack, @function\n"
        "zr_on_stack:\n"
        "    movq %rdi, %rsp\n"
        "    xorl %ebp, %ebp\n"
        "    call *%rsi\n"
        "    ud2\n"
        ".size zr_on_stack, .-zr_on_stack\n"
        ".type zr_return_from_signal, @function\n"
        "zr_return_from_signal:\n"
        "    movl $15, %eax\n"
        "    syscall\n"
        ".size zr_return_from_signal, .-zr_return_from_signal\n"
        ".section .text.zr_clone,\"ax\",@progbits\n"
        ".type zr_clone, @function\n"
        "zr_clone:\n" /* flags, stack, begin, thread pointer; the stack's first word is the argument of begin */
        "    movq %rcx, %r8\n"
        "    movq %rdx, %r9\n"
        "    movl $56, %eax\n"
        "    syscall\n"
        "    testq %rax, %rax\n"
        "    jnz 1f\n"
        "    xorl %ebp, %ebp\n"
        "    popq %rdi\n"
        "    call *%r9\n"
        "    ud2\n"
        "1:  ret\n"
        ".size zr_clone, .-zr_clone\n"
        ".text\n");

struct action {
    void (*handler)(int, char *, void *);
    uint64_t flags;
    void (*restorer)(void);
    uint64_t mask;
};

enum { SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000, FAULT_ADDRESS = 16 };

#define SIGNAL_BYTES ((size_t)16 << 10)

ZR_TLS char *zr_stack_guard;
static char signal_stack[SIGNAL_BYTES] __attribute__((aligned(16)));

static void on_fault(int signal, char *information, void *context)
{
    char *address = *(char **)(information + FAULT_ADDRESS);
    (void)context;
    if (address >= zr_stack_guard && address < zr_stack_guard + GUARD_BYTES)
        zr_end_line(ZR_STACK_STATUS, ZR_STACK_LINE);
    struct action usual = {0}; /* not ours: the instruction runs again and the program dies of it */
    zr_sys_signal(signal, &usual);
}

/* Each thread needs one of its own: the handler runs where the stack has ended. */
static void use_signal_stack(char *at)
{
    struct { void *at; int flags; size_t size; } stack = {at, 0, SIGNAL_BYTES};
    zr_sys_signal_stack(&stack);
}

static void catch_faults(void)
{
    struct action fault = {on_fault, SA_SIGINFO | SA_ONSTACK | SA_RESTORER, zr_return_from_signal, 0};
    struct action ignore = {(void (*)(int, char *, void *))1, SA_RESTORER, zr_return_from_signal, 0};
    use_signal_stack(signal_stack);
    zr_sys_signal(ZR_SIGSEGV, &fault);
    zr_sys_signal(ZR_SIGBUS, &fault);
    zr_sys_signal(ZR_SIGPIPE, &ignore); /* a closed pipe is an error of write, answered in zr_io.c */
}

/* The greatest stack that there is address space for; its upper end, and where its guard begins. */
static char *map_stack(char **guard)
{
    for (size_t bytes = STACK_BYTES; bytes >= LEAST_STACK_BYTES; bytes /= 2) {
        long got = zr_sys_map(NULL, bytes + GUARD_BYTES, ZR_PROT_RW, ZR_MAP_ANON | ZR_MAP_NORESERVE | ZR_MAP_STACK);
        if (zr_sys_failed(got))
            continue;
        *guard = (char *)got;
        zr_sys_protect(*guard, GUARD_BYTES, ZR_PROT_NONE);
        return *guard + GUARD_BYTES + bytes;
    }
    zr_memory_end();
}

/* Lays the thread-local block below the control block; where the stack begins. */
static char *lay_thread(char *top)
{
    char *control = top - CONTROL_BYTES;
    char *block = control - (((size_t)__zr_tls_size + 63) & ~(size_t)63);
    zr_copy(block, __zr_tls_start, (size_t)(__zr_tls_end - __zr_tls_start));
    *(char **)control = control;
    return block;
}

/* ---- more threads ---- */

#define THREAD_BYTES ((size_t)256 << 10) /* signal stack | stack | thread-local block | control block */
#define CLONE_FLAGS 0x000D0F00 /* VM FS FILES SIGHAND THREAD SYSVSEM SETTLS */

static void thread_begin(char *mapping)
{
    void (*thread_run)(void) = *(void (**)(void))mapping;
    use_signal_stack(mapping);
    thread_run();
}

/* A thread that runs `thread_run`, which does not return. */
void zr_thread_start(void (*thread_run)(void))
{
    long got = zr_sys_map(NULL, THREAD_BYTES, ZR_PROT_RW, ZR_MAP_ANON | ZR_MAP_NORESERVE | ZR_MAP_STACK);
    if (zr_sys_failed(got))
        zr_memory_end();
    char *mapping = (char *)got, *top = mapping + THREAD_BYTES, *stack = lay_thread(top) - 8;
    *(void (**)(void))mapping = thread_run;
    *(char **)stack = mapping;
    if (zr_sys_failed(zr_clone(CLONE_FLAGS, stack, thread_begin, top - CONTROL_BYTES)))
        zr_memory_end();
}

/* ---- the first thread ---- */

static void run(void)
{
    zr_exit(zero_main());
}

void zr_begin(int64_t *kernel_stack)
{
    int64_t argc = kernel_stack[0];
    char **argv = (char **)(kernel_stack + 1);
    char *guard, *top = map_stack(&guard);
    char *stack = lay_thread(top);
    zr_sys_thread_pointer(top - CONTROL_BYTES);
    zr_stack_guard = guard;
    zr_init(argc, argv, argv + argc + 1);
    catch_faults();
    zr_on_stack(stack, run);
}
