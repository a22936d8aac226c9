"""A generated project of many modules: `python -m tests.phases.project FOLDER [--modules 200] [--functions 20]`.

Each module exports its functions, has a type of three constructors, and imports up to three of the dozen modules before
it; functions take turns between loops, arrays, matches, lists and closures, and call one of an imported module.
`main.0x0` calls every function, which is what makes the whole project live; it prints one number.  About 200 lines a
module of 20 functions.  The same arguments give the same bytes on every machine: the choices come from the seed by a
generator of our own.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

_MULTIPLIER, _INCREMENT, _MASK = 6364136223846793005, 1442695040888963407, (1 << 64) - 1


class Choices:
    """Numbers from a seed (Knuth's linear congruential generator, high bits): no library's to change."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, limit: int) -> int:
        self.state = (self.state * _MULTIPLIER + _INCREMENT) & _MASK
        return (self.state >> 33) % limit


def _loop(k: int, _module: int, call: str) -> list[str]:
    return [
        "  (≔ ((mut s 0))",
        "    (for (i 0 n)",
        f"      (set! s (+ s (* i {k + 1}))))",
        "    (if (< n 1)",
        "      s",
        f"      (+ s {call}))))",
    ]


def _array(_k: int, _module: int, call: str) -> list[str]:
    return [
        "  (≔ ((a (array 4 n)))",
        "    (for (i 0 4)",
        "      (array-set! a i (+ i n)))",
        "    (if (< n 1)",
        "      (array-get a 2)",
        f"      (- {call} (array-get a 1)))))",
    ]


def _match(k: int, module: int, call: str) -> list[str]:
    return [
        f"  (≔ ((s (if (< n 5) (Box{module} n 2) (if (< n 9) Empty{module} (Circle{module} 1.5)))))",
        "    (match s",
        f"      ((Circle{module} r) (if (< r 2.0) 1 0))",
        f"      ((Box{module} w h) (if (< n 1) (* w h) (+ w {call})))",
        f"      (Empty{module} {k}))))",
    ]


def _list(k: int, _module: int, call: str) -> list[str]:
    return [
        f"  (≔ ((xs (list n {k} 3)))",
        "    (match xs",
        "      ((cons h t)",
        "        (if (< h 1)",
        "          (+ h 1)",
        f"          (- h {call})))",
        "      (nil 0))))",
    ]


def _closure(k: int, _module: int, call: str) -> list[str]:
    return ["  (≔ ((g (λ (x) (+ x n))))", "    (if (< (g 1) 2)", "      (g 2)", f"      (* (g {k}) {call}))))"]


BODIES = (_loop, _array, _match, _list, _closure)


def module_text(module: int, functions: int, choices: Choices) -> str:
    """One module; it imports some of the modules with smaller numbers."""
    first = max(0, module - 12)
    imports = sorted({first + choices.below(module - first) for _ in range(3)}) if module else []
    names = [f"f{module}x{k}" for k in range(functions)]
    lines = [f"; module {module}", *[f'(↥ "m{other}.0x0" m{other})' for other in imports]]
    lines.append("(↦ " + " ".join(names) + ")")
    lines.append(f"(τ Shape{module} (Circle{module} F64) (Box{module} I64 I64) Empty{module})")
    for k, name in enumerate(names):
        call = "(* n 3)"
        if imports:
            other = imports[choices.below(len(imports))]
            call = f"(m{other}.f{other}x{choices.below(functions)} (- n 1))"
        body = BODIES[k % len(BODIES)]
        lines += [f"; {name}:{body.__name__.replace('_', ' ')}", f"(ƒ {name} (∷ (→ I64 I64)) (n)"]
        lines += [*body(k, module, call), ""]
    return "\n".join(lines) + "\n"


def files(modules: int, functions: int, seed: int = 1) -> dict[str, str]:
    """The project, by file name."""
    choices = Choices(seed)
    made = {f"m{module}.0x0": module_text(module, functions, choices) for module in range(modules)}
    calls = [f"    (set! s (+ s (m{module}.f{module}x{k} 3)))" for module in range(modules) for k in range(functions)]
    imports = [f'(↥ "m{module}.0x0" m{module})' for module in range(modules)]
    made["main.0x0"] = "\n".join([*imports, "(ƒ main (_)", "  (≔ ((mut s 0))", *calls, "    (print (show s))))"]) + "\n"
    return made


def single(functions: int, seed: int = 1) -> str:
    """The same functions in one file, without imports."""
    text = module_text(0, functions, Choices(seed))
    calls = [f"    (set! s (+ s (f0x{k} 3)))" for k in range(functions)]
    return text + "\n".join(["(ƒ main (_)", "  (≔ ((mut s 0))", *calls, "    (print (show s))))"]) + "\n"


def write(folder: Path, made: dict[str, str]) -> Path:
    """Write the project; its root file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")
    return folder / "main.0x0"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="project")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--modules", type=int, default=200)
    parser.add_argument("--functions", type=int, default=20, help="of each module")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    made = files(chosen.modules, chosen.functions, chosen.seed)
    root = write(chosen.folder, made)
    lines = sum(text.count("\n") for text in made.values())
    print(f"{root}: {chosen.modules} modules, {chosen.modules * chosen.functions} functions, {lines} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
