"""Build the C runtime: freestanding libzr.a, the hosted module, benchmarks, the sanitized driver; and `zero`'s front.

    python -m runtime_c.build [all|freestanding|hosted|front|bench|sanitize]

Every product lies in a folder named by a digest of its sources, flags and compiler, so nothing is built twice and
nothing stale is ever used; a folder appears whole or not at all.  `build/runtime/current` names the newest
libzr.a together with the sources' sizes and times, so that `zero build` pays a few `stat` calls.
It knows nothing of the compiler.  A new C file is picked up by its name (`zr_*.c`); a new product is a function here.
"""

from __future__ import annotations

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(os.path.dirname(HERE), "build")

FREESTANDING_ONLY = ("zr_start.c", "zr_mem.c")
WARNINGS = ("-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes")
COMMON = (*WARNINGS, "-O2", "-march=x86-64", "-fno-math-errno", "-ffp-contract=off", "-fno-strict-aliasing")
FREESTANDING = (
    *COMMON,
    "-ffreestanding",
    "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables",
    "-fcf-protection=none",
    "-fno-pic",
    "-fno-pie",
    "-fno-common",
    "-fno-tree-loop-distribute-patterns",
    "-ftls-model=local-exec",
    "-ffunction-sections",
    "-fdata-sections",
)
HOSTED = (*COMMON, "-DZR_HOSTED", "-fPIC", "-g")
SANITIZED = (
    *WARNINGS,
    *("-O1", "-g", "-DZR_HOSTED", "-fno-omit-frame-pointer", "-fno-strict-aliasing"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
)
BENCH = ("-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", "-march=x86-64", "-static", "-g")
FRONT = (*WARNINGS, "-Wconversion", "-O2", "-static")  # static: a third of its time would go into loading libc
WORKLOADS = ("pair", "mix", "tree", "queue")


class BuildError(Exception):
    """A tool is missing or refused; the message says which and how."""


def compiler() -> str:
    return os.environ.get("CC") or "gcc"


def _run(command: list[str], cwd: str | None = None) -> str:
    import subprocess  # only when something is built: `zero build` imports this module each time

    try:
        done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, text=True)
    except OSError as error:
        raise BuildError(f"{command[0]}: {(error.strerror or 'cannot run').lower()}; install a C compiler") from error
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command)}\n{done.stderr.strip()}")
    return done.stdout


def sources(*, hosted: bool = False) -> list[str]:
    """The runtime's C files, in order of name."""
    names = sorted(name for name in os.listdir(HERE) if name.startswith("zr_") and name.endswith(".c"))
    return [name for name in names if not (hosted and name in FREESTANDING_ONLY)]


def headers() -> list[str]:
    return sorted(name for name in os.listdir(HERE) if name.endswith(".h"))


def _digest(names: list[str], *settings: str) -> str:
    import hashlib

    digest = hashlib.sha256()
    for word in settings:
        digest.update(word.encode() + b"\0")
    for name in names:
        with open(os.path.join(HERE, name), "rb") as file:
            content = file.read()
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _compiler_version() -> str:
    return _run([compiler(), "--version"]).split("\n", 1)[0]


def _write_atomically(path: str, text: str) -> None:
    part = f"{path}.{os.getpid()}"
    with open(part, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(part, path)


class _Whole:
    """A folder that appears under its final name only when the block ends well."""

    def __init__(self, final: str) -> None:
        self.final = final
        self.part = f"{final}.part{os.getpid()}"

    def __enter__(self) -> str:
        self._clear()
        os.makedirs(self.part)
        return self.part

    def __exit__(self, kind: object, value: object, trace: object) -> None:
        if kind is None:
            try:
                os.rename(self.part, self.final)
            except OSError:  # another process was first, with the same content
                if not os.path.isdir(self.final):
                    raise
        self._clear()

    def _clear(self) -> None:
        if os.path.isdir(self.part):
            for name in os.listdir(self.part):
                os.unlink(os.path.join(self.part, name))
            os.rmdir(self.part)


# ---- freestanding ----


def compile_freestanding(path: str) -> str:
    """Compile one C file as the runtime's are; the path of the object beside it.

    Errors: BuildError.
    """
    made = os.path.splitext(path)[0] + ".o"
    _run([compiler(), *FREESTANDING, "-c", path, "-o", made])
    return made


def _stamp() -> str:
    """What can change libzr.a without a new digest being asked for: sizes and times of the sources."""
    lines = [f"compiler {compiler()} {' '.join(FREESTANDING)}"]
    for name in (*sources(), *headers(), "build.py"):
        status = os.stat(os.path.join(HERE, name))
        lines.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(lines)


def build_freestanding(out_dir: str = "") -> str:
    """The path of libzr.a, built when its sources, flags or compiler changed.

    Errors: BuildError.
    """
    folder = out_dir or os.path.join(OUT, "runtime")
    pointer = os.path.join(folder, "current")
    stamp = _stamp()
    try:
        with open(pointer, encoding="utf-8") as file:
            digest, _, seen = file.read().partition("\n")
        library = os.path.join(folder, digest, "libzr.a")
        if seen == stamp and os.path.exists(library):
            return library
    except OSError:
        pass
    digest = _digest([*sources(), *headers()], _compiler_version(), *FREESTANDING)
    library = os.path.join(folder, digest, "libzr.a")
    if not os.path.exists(library):
        os.makedirs(folder, exist_ok=True)
        with _Whole(os.path.join(folder, digest)) as part:
            for name in sources():
                _run([compiler(), *FREESTANDING, "-c", name, "-o", os.path.join(part, name[:-2] + ".o")], cwd=HERE)
            objects = [name[:-2] + ".o" for name in sources()]
            _run(["ar", "rcsD", "libzr.a", *objects], cwd=part)  # D: no times, no owners; comes with every gcc
    _write_atomically(pointer, f"{digest}\n{stamp}")
    return library


# ---- hosted ----


def declarations() -> str:
    """What cffi binds: the part of zr.h between its cdef marks, without comments."""
    with open(os.path.join(HERE, "zr.h"), encoding="utf-8") as file:
        text = file.read()
    text = text.split("/* cdef: begin */")[1].split("/* cdef: end */")[0]
    while "/*" in text:
        before, _, rest = text.partition("/*")
        text = before + rest.partition("*/")[2]
    return text


def build_hosted() -> str:
    """The path of the cffi module `_zr`, built when something that goes into it changed."""
    import sysconfig

    import cffi
    from cffi import recompiler

    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    include = sysconfig.get_paths()["include"]
    names = [*sources(hosted=True), *headers(), "build.py"]
    digest = _digest(names, _compiler_version(), cffi.__version__, sys.version, *HOSTED)
    folder = os.path.join(OUT, "hosted", digest)
    module = os.path.join(folder, f"_zr{suffix}")
    if os.path.exists(module):
        return module
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    ffi = cffi.FFI()
    ffi.cdef(declarations() + "extern zr_object zr_nil;\nextern const zr_desc zr_desc_text;\n")
    with _Whole(folder) as part:
        binding = os.path.join(part, "_zr.c")
        recompiler.make_c_source(ffi, "_zr", '#define ZR_HOSTED\n#include "zr.h"\n', binding)
        made = os.path.join(part, os.path.basename(module))
        plain = [flag for flag in HOSTED if not flag.startswith("-W") and not flag.startswith("-std")]
        includes = (f"-I{include}", f"-I{HERE}")
        _run([compiler(), *plain, "-w", *includes, "-c", binding, "-o", f"{part}/_zr.o"])
        _run([compiler(), *HOSTED, "-shared", *sources(hosted=True), f"{part}/_zr.o", "-o", made], cwd=HERE)
    return module


def load_hosted() -> object:
    """The hosted module (`.ffi`, `.lib`), built first when it must be."""
    import importlib.util

    found = sys.modules.get("_zr")
    if found is not None:
        return found
    spec = importlib.util.spec_from_file_location("_zr", build_hosted())
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["_zr"] = module
    return module


# ---- benchmarks and sanitizers ----


def _build_once(kind: str, names: list[str], settings: tuple[str, ...], commands: dict[str, list[str]]) -> str:
    """A folder of programs under build/<kind>/; `commands` maps a program to its compiler arguments."""
    digest = _digest(names, _compiler_version(), *settings)
    folder = os.path.join(OUT, kind, digest)
    if not os.path.isdir(folder):
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        with _Whole(folder) as part:
            for program, arguments in commands.items():
                _run([compiler(), *arguments, "-o", os.path.join(part, program)], cwd=HERE)
    return folder


def _under_a_name_that_stays(kind: str, folder: str, program: str, name: str = "") -> str:
    """build/<kind>/<name>, now a link to the program in that folder."""
    path = os.path.join(OUT, kind, name or program)
    target = os.path.join(os.path.basename(folder), program)
    if not os.path.islink(path) or os.readlink(path) != target:
        part = f"{path}.{os.getpid()}"
        os.symlink(target, part)
        os.replace(part, path)
    return path


def build_front(*, sanitized: bool = False) -> str:
    """The path of what answers `zero build` without Python where nothing has changed: build/front/zero-front.

    It knows the digest of its source, and so does every record it may use: one of another state answers nothing.
    """
    import hashlib

    with open(os.path.join(HERE, "front", "front.c"), "rb") as file:
        key = hashlib.sha256(file.read()).hexdigest()
    flags = (*(SANITIZED if sanitized else FRONT), f'-DFRONT_KEY="{key}"')
    source, program = os.path.join("front", "front.c"), f"zero-front-{key[:16]}"
    kind = "front-sanitized" if sanitized else "front"
    folder = _build_once(kind, [source], flags, {program: [*flags, source]})
    return _under_a_name_that_stays(kind, folder, program, "zero-front")


def build_benches() -> dict[str, str]:
    """`alloc_<workload>_<zr|libc>` → its path, under a name that stays: build/bench/<program>."""
    runtime = sources(hosted=True)
    names = [*runtime, *headers(), *(f"bench/alloc_{workload}.c" for workload in WORKLOADS), "bench/bench.h"]
    commands = {}
    for workload in WORKLOADS:
        source = f"bench/alloc_{workload}.c"
        commands[f"alloc_{workload}_zr"] = [*BENCH, *HOSTED_STATIC, "-DBENCH_ZR", "-I.", source, *runtime]
        commands[f"alloc_{workload}_libc"] = [*BENCH, "-I.", source]
    folder = _build_once("bench", names, (*BENCH, *HOSTED_STATIC), commands)
    return {program: _under_a_name_that_stays("bench", folder, program) for program in commands}


# In a static program thread-local storage is at a fixed distance, as in a freestanding one.
HOSTED_STATIC = (
    *("-DZR_HOSTED", "-fno-pie", "-no-pie", "-ftls-model=local-exec"),
    *("-fno-strict-aliasing", "-fno-math-errno"),
)


def build_sanitized() -> str:
    """The path of the driver that exercises every function under ASan and UBSan."""
    driver = os.path.join("..", "tests", "runtime", "driver.c")
    names = [*sources(hosted=True), *headers(), driver]
    arguments = [*SANITIZED, "-I.", *sources(hosted=True), driver]
    return os.path.join(_build_once("sanitized", names, SANITIZED, {"driver": arguments}), "driver")


VERBS = ("freestanding", "hosted", "front", "bench", "sanitize")


def main(arguments: list[str]) -> int:
    wanted = arguments or ["all"]
    unknown = [word for word in wanted if word not in (*VERBS, "all")]
    if unknown:
        print(f"usage: python -m runtime_c.build [all|{'|'.join(VERBS)}] (not {unknown[0]})", file=sys.stderr)
        return 2
    try:
        if "freestanding" in wanted or "all" in wanted:
            build_freestanding()
        if "hosted" in wanted or "all" in wanted:
            build_hosted()
        if "front" in wanted or "all" in wanted:
            build_front()
        if "bench" in wanted or "all" in wanted:
            build_benches()
        if "sanitize" in wanted:
            build_sanitized()
    except BuildError as error:
        print(f"runtime_c: error[BUILD]: {error}", file=sys.stderr)
        return 6
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
