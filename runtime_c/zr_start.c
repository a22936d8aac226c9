/* zr_start.c -- from the kernel to zero_main: thread-local storage, a large stack with a guard, the signal that
 * tells the stack's end, and the way out.
 *
 *     mapping:  guard (1 MiB, no access) | stack, grows down | thread-local block | thread control block
 *
 * The linker defines __zr_tls_start and __zr_tls_end (the initialised image, .tdata) and __zr_tls_size (.tdata and
 * .tbss; an absolute symbol).  The block's alignment is 64 (zr_alloc.c has a variable aligned so).  Nothing may be thread-local before
 * `set_thread_pointer`.  Freestanding only; a hosted program has a start of its own and calls zr_init.
 */
#include "zr.h"
#include "zr_panics.h"
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
        ".text\n");

struct action {
    void (*handler)(int, char *, void *);
    uint64_t flags;
    void (*restorer)(void);
    uint64_t mask;
};

enum { SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000, FAULT_ADDRESS = 16 };

static char *guard;
static char signal_stack[16 << 10] __attribute__((aligned(16)));

static void on_fault(int signal, char *information, void *context)
{
    char *address = *(char **)(information + FAULT_ADDRESS);
    (void)context;
    if (address >= guard && address < guard + GUARD_BYTES)
        zr_end_line(ZR_STACK_STATUS, ZR_STACK_LINE);
    struct action usual = {0}; /* not ours: the instruction runs again and the program dies of it */
    zr_sys_signal(signal, &usual);
}

static void catch_faults(void)
{
    struct { void *at; int flags; size_t size; } stack = {signal_stack, 0, sizeof signal_stack};
    struct action fault = {on_fault, SA_SIGINFO | SA_ONSTACK | SA_RESTORER, zr_return_from_signal, 0};
    struct action ignore = {(void (*)(int, char *, void *))1, SA_RESTORER, zr_return_from_signal, 0};
    zr_sys_signal_stack(&stack);
    zr_sys_signal(ZR_SIGSEGV, &fault);
    zr_sys_signal(ZR_SIGBUS, &fault);
    zr_sys_signal(ZR_SIGPIPE, &ignore); /* a closed pipe is an error of write, answered in zr_io.c */
}

/* The greatest stack that there is address space for; its upper end. */
static char *map_stack(void)
{
    for (size_t bytes = STACK_BYTES; bytes >= LEAST_STACK_BYTES; bytes /= 2) {
        long got = zr_sys_map(NULL, bytes + GUARD_BYTES, ZR_PROT_RW, ZR_MAP_ANON | ZR_MAP_NORESERVE | ZR_MAP_STACK);
        if (zr_sys_failed(got))
            continue;
        guard = (char *)got;
        zr_sys_protect(guard, GUARD_BYTES, ZR_PROT_NONE);
        return guard + GUARD_BYTES + bytes;
    }
    zr_memory_end();
}

/* Lays the thread-local block below the control block; where the stack begins. */
static char *set_thread_pointer(char *top)
{
    char *control = top - CONTROL_BYTES;
    char *block = control - (((size_t)__zr_tls_size + 63) & ~(size_t)63);
    zr_copy(block, __zr_tls_start, (size_t)(__zr_tls_end - __zr_tls_start));
    *(char **)control = control;
    zr_sys_thread_pointer(control);
    return block;
}

static void run(void)
{
    zr_exit(zero_main());
}

void zr_begin(int64_t *kernel_stack)
{
    int64_t argc = kernel_stack[0];
    char **argv = (char **)(kernel_stack + 1);
    char *top = set_thread_pointer(map_stack());
    zr_init(argc, argv, argv + argc + 1);
    catch_faults();
    zr_on_stack(top, run);
}
