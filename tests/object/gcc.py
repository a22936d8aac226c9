"""Real objects for the tests: C compiled the way the runtime is, once per test process and source."""

from __future__ import annotations

import functools
import pathlib
import subprocess
import tempfile

FLAGS = (
    *("-O2", "-ffreestanding", "-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fcf-protection=none"),
    *("-fno-pic", "-fno-pie", "-fno-common", "-ftls-model=local-exec", "-ffunction-sections", "-fdata-sections"),
)

START = """
extern char __zr_tls_start[], __zr_tls_end[], __zr_tls_size[];
long zero_main(void);
static long call3(long n, long a, long b, long c)
{ long r; __asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory"); return r; }
static char block[4096] __attribute__((aligned(64)));
void put(const char *s, long n) { call3(1, 1, (long)s, n); }
__attribute__((noreturn)) void c_start(void) {
  char *tp = block + (unsigned long)__zr_tls_size;
  for (char *p = __zr_tls_start; p < __zr_tls_end; p++) block[p - __zr_tls_start] = *p;
  *(char **)tp = tp;
  call3(158, 0x1002, (long)tp, 0);
  call3(60, zero_main(), 0, 0);
  __builtin_unreachable();
}
__asm__(".globl _start\\n.type _start,@function\\n_start: xor %ebp,%ebp\\n and $-16,%rsp\\n call c_start\\n");
"""


@functools.cache
def compile_c(source: str, *more: str) -> bytes:
    """The object that gcc makes of this source."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "t.o")
        command = ["gcc", *FLAGS, *more, "-x", "c", "-c", "-", "-o", str(out)]
        subprocess.run(command, input=source.encode(), check=True, capture_output=True)
        return out.read_bytes()


def make_archive(members: dict[str, bytes], *, index: bool = True) -> bytes:
    """An archive that `ar` makes."""
    return _archive(tuple(members.items()), index)


@functools.cache
def _archive(members: tuple[tuple[str, bytes], ...], index: bool) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        for name, data in members:
            pathlib.Path(folder, name).write_bytes(data)
        subprocess.run(
            ["ar", "rcD" + ("s" if index else "S"), "t.a", *[name for name, _ in members]], cwd=folder, check=True
        )
        return pathlib.Path(folder, "t.a").read_bytes()
