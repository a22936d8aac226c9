/* zr_sys.h -- the only system calls of the runtime, one line each.
 *
 * x86-64 Linux.  Results are the kernel's: negative errno on failure.  It knows nothing of texts or buffers.
 * A new call is a line here; another system would be another copy of this file.
 */
#ifndef ZR_SYS_H
#define ZR_SYS_H

#include <stdint.h>

static inline long zr_sys6(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline long zr_sys3(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

enum { ZR_EINTR = 4, ZR_EAGAIN = 11, ZR_EPIPE = 32 };
enum { ZR_SIGSEGV = 11, ZR_SIGPIPE = 13, ZR_SIGBUS = 7 };
enum { ZR_O_RDONLY = 0, ZR_O_WRONLY = 1, ZR_O_CREAT = 0100, ZR_O_TRUNC = 01000, ZR_O_CLOEXEC = 02000000 };
enum { ZR_PROT_NONE = 0, ZR_PROT_RW = 3 };
enum { ZR_MAP_ANON = 0x22, ZR_MAP_NORESERVE = 0x4000, ZR_MAP_STACK = 0x20000 }; /* ANON is also PRIVATE */

static inline long zr_sys_read(int fd, void *to, size_t n) { return zr_sys3(0, fd, (long)to, (long)n); }
static inline long zr_sys_write(int fd, const void *from, size_t n) { return zr_sys3(1, fd, (long)from, (long)n); }
static inline long zr_sys_open(const char *path, int flags, int mode) { return zr_sys3(2, (long)path, flags, mode); }
static inline long zr_sys_close(int fd) { return zr_sys3(3, fd, 0, 0); }
static inline long zr_sys_wait_for_room(int fd)
{
    struct { int fd; short events, revents; } entry = {fd, 4 /* POLLOUT */, 0};
    return zr_sys3(7, (long)&entry, 1, -1);
}
static inline long zr_sys_wait_for_input(int fd)
{
    struct { int fd; short events, revents; } entry = {fd, 1 /* POLLIN */, 0};
    return zr_sys3(7, (long)&entry, 1, -1);
}
static inline long zr_sys_map(void *near, size_t n, int protection, int flags)
{
    return zr_sys6(9, (long)near, (long)n, protection, flags, -1, 0);
}
static inline long zr_sys_protect(void *at, size_t n, int protection) { return zr_sys3(10, (long)at, (long)n, protection); }
static inline long zr_sys_unmap(void *at, size_t n) { return zr_sys3(11, (long)at, (long)n, 0); }
static inline long zr_sys_signal(int signal, const void *action) { return zr_sys6(13, signal, (long)action, 0, 8, 0, 0); }
static inline int zr_sys_is_terminal(int fd)
{
    char settings[64];
    return zr_sys3(16, fd, 0x5401 /* TCGETS */, (long)settings) == 0;
}
static inline long zr_sys_signal_stack(const void *stack) { return zr_sys3(131, (long)stack, 0, 0); }
static inline long zr_sys_thread_pointer(void *at) { return zr_sys3(158, 0x1002 /* ARCH_SET_FS */, (long)at, 0); }
static inline long zr_sys_clock(void *to) { return zr_sys3(228, 1 /* CLOCK_MONOTONIC */, (long)to, 0); }
static inline long zr_sys_sleep(int32_t *word, int32_t while_it_is) { return zr_sys6(202, (long)word, 128 /* FUTEX_WAIT_PRIVATE */, while_it_is, 0, 0, 0); }
static inline long zr_sys_wake(int32_t *word, int n) { return zr_sys3(202, (long)word, 129 /* FUTEX_WAKE_PRIVATE */, n); }
static inline long zr_sys_affinity(uint64_t *mask, size_t n) { return zr_sys3(204, 0, (long)n, (long)mask); }
static inline void zr_sys_exit(long status) { zr_sys3(231, status, 0, 0); }

static inline int zr_sys_failed(long result) { return (unsigned long)result > -4096UL; }

#endif
