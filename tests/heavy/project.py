"""A project of many modules, in the language and in those of its peers: what builds are measured with.

Module m imports up to three of the dozen before it, and each of its functions calls one of theirs: a build has a graph
to look at.  In the language the functions come in five kinds; the peers' are all of the kind with a loop.  The same
seed gives the same bytes.
"""

from __future__ import annotations

import pathlib
import random

MODULES, FUNCTIONS = 200, 20


def write(
    folder: pathlib.Path, language: str, modules: int = MODULES, functions: int = FUNCTIONS, seed: int = 1
) -> int:
    """Write a project in one of LANGUAGES; how many lines its sources have."""
    generator = random.Random(seed)
    files: dict[str, str] = {}
    for module in range(modules):
        known = range(max(0, module - 12), module)
        deps = sorted(generator.sample(known, min(3, module)))
        calls = [(generator.choice(deps), generator.randrange(functions)) if deps else None for _ in range(functions)]
        files |= LANGUAGES[language][0](module, deps, calls)
    files |= LANGUAGES[language][1](modules, functions)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return sum(text.count("\n") for text in files.values())


Calls = list[tuple[int, int] | None]


def _zero(m: int, deps: list[int], calls: Calls) -> dict[str, str]:
    out = [f'(↥ "m{d}.0x0" m{d})' for d in deps]
    out.append("(↦ " + " ".join(f"f{m}x{k}" for k in range(len(calls))) + ")")
    out.append(f"(τ Shape{m} (Circle{m} F64) (Box{m} I64 I64) Empty{m})")
    for k, target in enumerate(calls):
        call = f"(m{target[0]}.f{target[0]}x{target[1]} (- n 1))" if target else "(* n 3)"
        out.append(f"(ƒ f{m}x{k} (∷ (→ I64 I64)) (n)")
        out += [line.format(m=m, k=k, next=k + 1, call=call) for line in _KINDS[k % len(_KINDS)]]
        out.append("")
    return {f"m{m}.0x0": "\n".join(out) + "\n"}


_KINDS = (
    (
        "  (≔ ((mut s 0))",
        "    (for (i 0 n)",
        "      (set! s (+ s (* i {next}))))",
        "    (if (< n 1)",
        "      s",
        "      (+ s {call}))))",
    ),
    (
        "  (≔ ((a (array 4 n)))",
        "    (for (i 0 4)",
        "      (array-set! a i (+ i n)))",
        "    (if (< n 1)",
        "      (array-get a 2)",
        "      (- {call} (array-get a 1)))))",
    ),
    (
        "  (≔ ((s (if (< n 5) (Box{m} n 2) (if (< n 9) Empty{m} (Circle{m} 1.5)))))",
        "    (match s",
        "      ((Circle{m} r) (if (< r 2.0) 1 0))",
        "      ((Box{m} w h) (if (< n 1) (* w h) (+ w {call})))",
        "      (Empty{m} {k}))))",
    ),
    (
        "  (≔ ((xs (list n {k} 3)))",
        "    (match xs",
        "      ((cons h t)",
        "        (if (< h 1)",
        "          (+ h 1)",
        "          (- h {call})))",
        "      (nil 0))))",
    ),
    (
        "  (≔ ((g (λ (x) (+ x n))))",
        "    (if (< (g 1) 2)",
        "      (g 2)",
        "      (* (g {k}) {call}))))",
    ),
)


def _zero_main(modules: int, functions: int) -> dict[str, str]:
    out = [f'(↥ "m{m}.0x0" m{m})' for m in range(modules)]
    out.append("(ƒ main (_)\n  (≔ ((mut s 0))")
    out += [f"    (set! s (+ s (m{m}.f{m}x{k} 3)))" for m in range(modules) for k in range(functions)]
    return {"main.0x0": "\n".join(out) + "\n    (print (show s))))\n"}


def _c(m: int, deps: list[int], calls: Calls) -> dict[str, str]:
    out = [f'#include "m{d}.h"' for d in [*deps, m]]
    for k, target in enumerate(calls):
        call = f"f{target[0]}x{target[1]}(n - 1)" if target else "n * 3"
        out += [f"long f{m}x{k}(long n) {{", "    long s = 0;", "    for (long i = 0; i < n; i++)"]
        out += [f"        s += i * {k + 1};", "    if (n < 1)", "        return s;", f"    return s + {call};", "}", ""]
    header = "\n".join(["#pragma once", *(f"long f{m}x{k}(long n);" for k in range(len(calls)))])
    return {f"m{m}.c": "\n".join(out) + "\n", f"m{m}.h": header + "\n"}


def _c_main(modules: int, functions: int) -> dict[str, str]:
    out = ["#include <stdio.h>", *(f'#include "m{m}.h"' for m in range(modules)), "int main(void) {", "    long s = 0;"]
    out += [f"    s += f{m}x{k}(3);" for m in range(modules) for k in range(functions)]
    rules = [
        "rule cc\n  command = gcc -O1 -c $in -o $out -MMD -MF $out.d\n  depfile = $out.d\n  deps = gcc",
        "rule link\n  command = gcc $in -o $out",
        *(f"build {name}.o: cc {name}.c" for name in ("main", *(f"m{m}" for m in range(modules)))),
        "build program: link main.o " + " ".join(f"m{m}.o" for m in range(modules)),
    ]
    text = "\n".join(out) + '\n    printf("%ld\\n", s);\n    return 0;\n}\n'
    return {"main.c": text, "build.ninja": "\n".join(rules) + "\n"}


def _go(m: int, deps: list[int], calls: Calls) -> dict[str, str]:
    out = [f"package m{m}", "", *(f'import "program/m{d}"' for d in deps if any(c and c[0] == d for c in calls)), ""]
    for k, target in enumerate(calls):
        call = f"m{target[0]}.F{target[1]}(n - 1)" if target else "n * 3"
        out += [f"func F{k}(n int64) int64 {{", "\tvar s int64", "\tfor i := int64(0); i < n; i++ {"]
        out += [f"\t\ts += i * {k + 1}", "\t}", "\tif n < 1 {", "\t\treturn s", "\t}", f"\treturn s + {call}", "}", ""]
    return {f"m{m}/m.go": "\n".join(out) + "\n"}


def _go_main(modules: int, functions: int) -> dict[str, str]:
    out = [
        "package main",
        "",
        *(f'import "program/m{m}"' for m in range(modules)),
        "",
        "func main() {",
        "\tvar s int64",
    ]
    out += [f"\ts += m{m}.F{k}(3)" for m in range(modules) for k in range(functions)]
    return {"go.mod": "module program\n\ngo 1.18\n", "main.go": "\n".join(out) + "\n\tprintln(s)\n}\n"}


def _rust(m: int, deps: list[int], calls: Calls) -> dict[str, str]:
    out = []
    for k, target in enumerate(calls):
        call = f"crate::m{target[0]}::f{target[1]}(n - 1)" if target else "n * 3"
        out += [f"pub fn f{k}(n: i64) -> i64 {{", "    let mut s = 0;", "    for i in 0..n {"]
        out += [
            f"        s += i * {k + 1};",
            "    }",
            "    if n < 1 {",
            "        return s;",
            "    }",
            f"    s + {call}",
        ]
        out += ["}", ""]
    return {f"src/m{m}.rs": "\n".join(out) + "\n"}


def _rust_main(modules: int, functions: int) -> dict[str, str]:
    out = [*(f"mod m{m};" for m in range(modules)), "fn main() {", "    let mut s: i64 = 0;"]
    out += [f"    s = s.wrapping_add(m{m}::f{k}(3));" for m in range(modules) for k in range(functions)]
    manifest = '[package]\nname = "program"\nversion = "0.1.0"\nedition = "2021"\n'
    return {"Cargo.toml": manifest, "src/main.rs": "\n".join(out) + '\n    println!("{}", s);\n}\n'}


# language -> (files of a module, files of the whole)
LANGUAGES = {"0x0": (_zero, _zero_main), "c": (_c, _c_main), "go": (_go, _go_main), "rust": (_rust, _rust_main)}
