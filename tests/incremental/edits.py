"""Random edits of a project's files, as text: of bodies, regions, comments, signatures, names, imports, cfg, C
functions, whole files, and of the packages and the library that it uses.

An edit may leave a program that is wrong; whoever applies it finds that out and takes it back.  All choices come from
one generator, so a seed is an edit history.  Files below `lib/` are packages, those below `std/` the standard library.
Knows nothing of the compiler.  To add an edit, add a function: `histories.py` says when one is never drawn.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from tests.incremental.text import Files, forms, mentioned, own

Edit = Callable[[random.Random, Files], str]

EDITS: dict[str, Edit] = {}
WHOLE = ("library_edited", "package_edited")  # all others see the project's own files
# Modules of the standard library, and a use of each.
LIBRARY = (
    ("option", "({0}.default (Some n) 0)"),
    ("list", "({0}.sum (list n 1) 0)"),
    ("pair", "(. ({0}.swap ({0}.Pair 1 n)) first)"),
    ("result", "(match ({0}.to-option (Ok n)) ((Some x) x) (None 0))"),
)
MORE = "    ; more\n"  # where a function of a number takes one more term

NUMBER = re.compile(r"(?<![\w.\-+<>=!?:*/%\"])\d+(?![\w.\-+<>=!?:*/%\"])")
FUNCTION = re.compile(r"^\(ƒ ([a-z][a-z0-9-]*) ", re.M)
OPERATORS = {"+": "-", "-": "+", "<": "<=", "<=": "<", "*": "+", "and": "or", "or": "and", "=": "!=", "min": "max"}


def edit(function: Edit) -> Edit:
    EDITS[function.__name__] = function
    return function


def _some(rnd: random.Random, files: Files) -> str:
    return rnd.choice([name for name in sorted(files) if name.endswith(".0x0")])


def _replace(rnd: random.Random, files: Files, pattern: re.Pattern[str], new: Callable[[str], str]) -> str:
    name = _some(rnd, files)
    places = list(pattern.finditer(files[name]))
    if not places:
        return ""
    place = rnd.choice(places)
    text = files[name]
    files[name] = text[: place.start()] + new(place[0]) + text[place.end() :]
    return f"{name}:{text.count(chr(10), 0, place.start()) + 1}"


def _used(text: str, expression: str, name: str) -> str:
    """The file with a use of something: where the program runs it, or in a function that nobody calls."""
    if MORE in text:
        return text.replace(MORE, f"    {expression}\n{MORE}", 1)
    return f"{text}\n(ƒ {name} (n) {expression})\n"


@edit
def number(rnd: random.Random, files: Files) -> str:
    """A number in a body is another one."""
    return _replace(rnd, files, NUMBER, lambda digits: str(int(digits) + rnd.randint(1, 3)))


@edit
def operator(rnd: random.Random, files: Files) -> str:
    """An operator is another one."""
    pattern = re.compile("(?<=\\()(?:" + "|".join(re.escape(each) for each in OPERATORS) + ")(?= )")
    return _replace(rnd, files, pattern, lambda each: OPERATORS[each])


@edit
def words(rnd: random.Random, files: Files) -> str:
    """A text says something else."""
    return _replace(
        rnd,
        files,
        re.compile(r'(?<!↥ )(?<!feature )(?<=[ (])"[a-z: ]+"'),
        lambda text: text[:-1] + rnd.choice("xyz") + '"',
    )


@edit
def comment_line(rnd: random.Random, files: Files) -> str:
    """A line of comment, anywhere between lines."""
    return _replace(rnd, files, re.compile(r"^(?=[ (;])", re.M), lambda _: f"; note {rnd.randrange(100)}\n")


@edit
def comment_behind(rnd: random.Random, files: Files) -> str:
    """A comment behind a form: nothing moves."""
    name = _some(rnd, files)
    text = files[name]
    places = [end for _, end in forms(text) if text[end : end + 1] == "\n"]
    if not places:
        return ""
    at = rnd.choice(places)
    files[name] = f"{text[:at]} ; {rnd.randrange(100)}{text[at:]}"
    return name


@edit
def comment_gone(rnd: random.Random, files: Files) -> str:
    """A comment less."""
    return _replace(rnd, files, re.compile(r"^; [^\n]*\n", re.M), lambda _: "")


@edit
def form_gone(rnd: random.Random, files: Files) -> str:
    """A top-level form less, most of the time one that nobody misses."""
    name = _some(rnd, files)
    text = files[name]
    places = forms(text)
    if rnd.random() < 0.8:
        named = [(a, b, FUNCTION.match(text[a:b])) for a, b in places]
        places = [(a, b) for a, b, found in named if found and not mentioned(found[1], files, name)]
    if not places:
        return ""
    start, end = rnd.choice(places)
    files[name] = files[name][:start] + files[name][end:]
    return name


@edit
def forms_change_places(rnd: random.Random, files: Files) -> str:
    """Two top-level forms stand where the other stood."""
    name = _some(rnd, files)
    places = forms(files[name])
    if len(places) < 2:
        return ""
    (a, b), (c, d) = sorted(rnd.sample(places, 2))
    text = files[name]
    files[name] = text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]
    return name


@edit
def new_function(rnd: random.Random, files: Files) -> str:
    """A copy of a function under another name, behind all others; the original may call it now."""
    name = _some(rnd, files)
    text = files[name]
    places = [(a, b) for a, b in forms(text) if FUNCTION.match(text[a:b]) and not text.startswith("(ƒ main", a)]
    if not places:
        return ""
    a, b = rnd.choice(places)
    found = FUNCTION.match(text[a:b])
    assert found is not None
    other = f"{found[1]}-{rnd.randrange(1000)}"
    copy = re.sub(rf"(?<![\w.\-]){re.escape(found[1])}(?![\w.\-])", other, text[a:b])
    body = text[a:b]
    if rnd.random() < 0.5:
        body = re.sub(rf"(?<=\(){re.escape(found[1])}(?= )", other, body)
    files[name] = f"{text[:a]}{body}{text[b:]}\n{copy}\n"
    return f"{name} {other}"


@edit
def renamed(rnd: random.Random, files: Files) -> str:
    """A function has another name wherever it is used."""
    name = _some(rnd, files)
    names = [each for each in FUNCTION.findall(files[name]) if each != "main"]
    if not names:
        return ""
    old = rnd.choice(names)
    new = f"{old}-{rnd.randrange(1000)}"
    for each in sorted(files):
        files[each] = re.sub(rf"(?<![\w\-]){re.escape(old)}(?![\w\-])", new, files[each])
    return f"{old} {new}"


@edit
def parameter(rnd: random.Random, files: Files) -> str:
    """A function with a stated type takes one more number, and so do its uses."""
    name = _some(rnd, files)
    pattern = re.compile(r"\(ƒ ([a-z][a-z0-9-]*) \(∷ \(→ ([^()]+) ([A-Z]\w*)\)\) \(([^()_]*)\)")
    places = list(pattern.finditer(files[name]))
    if not places:
        return ""
    place = rnd.choice(places)
    head = f"(ƒ {place[1]} (∷ (→ I64 {place[2]} {place[3]})) (extra {place[4]})"
    files[name] = files[name][: place.start()] + head + files[name][place.end() :]
    for each in sorted(files):
        files[each] = re.sub(rf"\(((?:\w+\.)?{re.escape(place[1])}) (?!\(∷)", r"(\1 0 ", files[each])
    files[name] = files[name].replace(f"(ƒ {place[1]} 0 ", f"(ƒ {place[1]} ")
    return f"{name} {place[1]}"


@edit
def file_new(rnd: random.Random, files: Files) -> str:
    """A new file that another imports and uses."""
    name = _some(rnd, files)
    folder = name.rpartition("/")[0]
    other = f"new{rnd.randrange(1000)}"
    path = f"{folder}/{other}.0x0" if folder else f"{other}.0x0"
    if path in files:
        return ""
    files[path] = f"(↦ of-{other})\n(ƒ of-{other} (∷ (→ I64 I64)) (n) (+ n {rnd.randrange(100)}))\n"
    text = _used(files[name], f"({other}.of-{other} n)", f"use-{other}") if rnd.random() < 0.7 else files[name]
    files[name] = f'(↥ "{other}.0x0" {other})\n{text}'
    return f"{name} {path}"


@edit
def file_renamed(rnd: random.Random, files: Files) -> str:
    """A file has another name, and all imports say so."""
    name = _some(rnd, files)
    if name == "main.0x0":
        return ""
    base = name.rpartition("/")[2]
    new = f"{base[:-4].rstrip('0123456789')}{rnd.randrange(1000)}.0x0"
    path = name[: -len(base)] + new
    if path in files:
        return ""
    files[path] = files.pop(name)
    for each in sorted(files):
        files[each] = re.sub(rf'^\(↥ "((?:[^"\n]*/)?){re.escape(base)}"', rf'(↥ "\1{new}"', files[each], flags=re.M)
    return f"{name} {path}"


@edit
def file_gone(rnd: random.Random, files: Files) -> str:
    """A file less, no import of it, and no line that uses it; sometimes one that more than such lines use."""
    careless = rnd.random() < 0.1
    for name in rnd.sample(sorted(files), len(files)):
        left = _without(files, name)
        if name != "main.0x0" and name.endswith(".0x0") and (careless or _unused(files[name], left)):
            files.clear()
            files.update(left)
            return name
    return ""


def _without(files: Files, name: str) -> Files:
    """All others, without their imports of a file and the lines that use its alias and are a form by themselves."""
    importing = re.compile(rf'^\(↥ "(?:[^"\n]*/)?{re.escape(name.rpartition("/")[2])}"(?: ([^\s()]+))?\)\n', re.M)
    left = {}
    for each in sorted(files.keys() - {name}):
        text = files[each]
        for alias in [found for found in importing.findall(text) if found]:
            lines = text.splitlines(keepends=True)
            use = f"({alias}."
            text = "".join([line for line in lines if use not in line or line.count("(") != line.count(")")])
        left[each] = importing.sub("", text)
    return left


def _unused(text: str, others: Files) -> bool:
    """Whether no other file mentions what a file exports; one that exports everything may be used."""
    found = [word for line in re.findall(r"^\(↦ ([^()]*)\)", text, re.M) for word in line.split()]
    return bool(found) and not any(mentioned(word, others) for word in found)


@edit
def import_moved(rnd: random.Random, files: Files) -> str:
    """Imports in another order."""
    name = _some(rnd, files)
    lines = files[name].split("\n")
    places = [k for k, line in enumerate(lines) if line.startswith("(↥ ") and line.endswith(")")]
    if len(places) < 2:
        return ""
    a, b = rnd.sample(places, 2)
    lines[a], lines[b] = lines[b], lines[a]
    files[name] = "\n".join(lines)
    return name


@edit
def under_cfg(rnd: random.Random, files: Files) -> str:
    """A form that is in the program only without, or only with, a feature; or is so no more."""
    name = _some(rnd, files)
    text = files[name]
    if " (cfg " in text and rnd.random() < 0.5:
        files[name] = re.sub(r" \(cfg \((?:not \()?feature [^()]*\)?\)\)", "", text, count=1)
        return name
    places = [a for a, b in forms(text) if text.startswith("(ƒ ", a)]
    if not places:
        return ""
    at = text.index(" ", rnd.choice(places) + 3)
    condition = rnd.choice(('(cfg (feature "extra"))', '(cfg (not (feature "extra")))'))
    files[name] = f"{text[:at]} {condition}{text[at:]}"
    return name


@edit
def from_the_library(rnd: random.Random, files: Files) -> str:
    """One more module of the standard library, and a use of it."""
    name = _some(rnd, files)
    if "std:" in files[name]:
        return ""
    number = rnd.randrange(1000)
    module, use = rnd.choice(LIBRARY)
    files[name] = f'(↥ "std:{module}" lib{number})\n{_used(files[name], use.format(f"lib{number}"), f"with{number}")}'
    return f"{name} {module}"


@edit
def import_gone(rnd: random.Random, files: Files) -> str:
    """An import less, most of the time one that is not used."""
    name = _some(rnd, files)
    found = list(re.finditer(r'^\(↥ "[^"\n]*" ([\w\-]+)\)\n', files[name], re.M))
    if rnd.random() < 0.9:
        found = [each for each in found if not re.search(rf"(?<![\w\-\"]){each[1]}\.", files[name])]
    if not found:
        return ""
    place = rnd.choice(found)
    files[name] = files[name][: place.start()] + files[name][place.end() :]
    return f"{name} {place[1]}"


@edit
def effect(rnd: random.Random, files: Files) -> str:
    """A function says something, or does so no more: what its users do without being touched."""
    name = _some(rnd, files)
    text = files[name]
    said = re.search(r'\(do \(print "said \d+"\) (.*?)\) ; said\n', text, re.S)
    if said and rnd.random() < 0.5:
        files[name] = f"{text[: said.start()]}{said[1]}{text[said.end() :]}"
        return f"{name} less"
    places = [(a, b) for a, b in forms(text) if FUNCTION.match(text[a:b])]
    if not places:
        return ""
    a, b = rnd.choice(places)
    body, _ = forms(text[a + 1 : b - 1])[-1] if text[b - 2] == ")" else (0, 0)
    if not body:
        return ""
    at = a + 1 + body
    files[name] = f'{text[:at]}(do (print "said {rnd.randrange(100)}") {text[at : b - 1]}) ; said\n){text[b:]}'
    return f"{name} more"


@edit
def type_left_to_inference(rnd: random.Random, files: Files) -> str:
    """A function states its type no more."""
    name = _some(rnd, files)
    pattern = re.compile(r"(?<=\(ƒ )([a-z][a-z0-9-]*) \(∷ \(→ [^()]+\)\)")
    exported = {word for line in re.findall(r"^\(↦ ([^()]*)\)", files[name], re.M) for word in line.split()}
    places = [place for place in pattern.finditer(files[name]) if place[1] not in exported]
    if not places:
        return ""
    place = rnd.choice(places)
    files[name] = files[name][: place.start()] + place[1] + files[name][place.end() :]
    return f"{name} {place[1]}"


@edit
def constructor(rnd: random.Random, files: Files) -> str:
    """A type has one more case: its matches are right only where they have one for the rest."""
    name = _some(rnd, files)
    places = [(a, b) for a, b in forms(files[name]) if files[name].startswith("(τ ", a)]
    if not places:
        return ""
    _, b = rnd.choice(places)
    files[name] = f"{files[name][: b - 1]} Case{rnd.randrange(1000)}{files[name][b - 1 :]}"
    return name


@edit
def two_by_feature(rnd: random.Random, files: Files) -> str:
    """A function has a twin for when a feature is on: both programs are right."""
    name = _some(rnd, files)
    text = files[name]
    places = [(a, b) for a, b in forms(text) if FUNCTION.match(text[a:b]) and "(cfg " not in text[a:b]]
    if not places:
        return ""
    a, b = rnd.choice(places)
    found = FUNCTION.match(text[a:b])
    assert found is not None
    head, rest = f"(ƒ {found[1]}", text[a + len(f"(ƒ {found[1]}") : b]
    if "(∷" not in rest.split("\n")[0]:
        return ""
    twin = NUMBER.sub(lambda digits: str(int(digits[0]) + 1), rest)
    at = re.match(r" \(∷ \(→ (?:[^()]|\([^()]*\))*\)\)", rest)
    if at is None:
        return ""
    on, off = ('(cfg (feature "extra"))', '(cfg (not (feature "extra")))')
    both = f"{head}{rest[: at.end()]} {off}{rest[at.end() :]}\n{head}{twin[: at.end()]} {on}{twin[at.end() :]}"
    files[name] = f"{text[:a]}{both}{text[b:]}"
    return f"{name} {found[1]}"


def _elsewhere(rnd: random.Random, files: Files, folder: str) -> str:
    """An edit that keeps a program right, in what others made."""
    held = {name: text for name, text in files.items() if name.startswith(folder) and name.endswith(".0x0")}
    before = dict(held)
    name = rnd.choice(("number", "operator", "comment_line", "comment_behind", "forms_change_places", "new_function"))
    where = EDITS[name](rnd, held) if held else ""
    if held == before:
        return ""
    files |= held
    return f"{name} {where}"


@edit
def package_edited(rnd: random.Random, files: Files) -> str:
    """A package that the project depends on is edited."""
    return _elsewhere(rnd, files, "lib/")


@edit
def library_edited(rnd: random.Random, files: Files) -> str:
    """The standard library is edited, in a module that the project uses."""
    used = {f"std/{name}.0x0" for text in files.values() for name in re.findall(r'"std:([\w\-]+)"', text)}
    held = {name: text for name, text in files.items() if name in used}
    where = _elsewhere(rnd, held, "std/")
    files |= held
    return where


@edit
def region_around(rnd: random.Random, files: Files) -> str:
    """What a function gives is made in a region."""
    name = _some(rnd, files)
    text = files[name]
    places = []
    for a, b in forms(text):
        inner = forms(text[a + 1 : b - 1])
        if text.startswith("(ƒ ", a) and len(inner) > 1 and a + 1 + inner[-1][1] == b - 1:  # not the parameters
            places.append((a + 1 + inner[-1][0], b - 1))
    if not places:
        return ""
    a, b = rnd.choice(places)
    files[name] = f"{text[:a]}(region {text[a:b]}){text[b:]}"
    return f"{name}:{text.count(chr(10), 0, a) + 1}"


@edit
def region_gone(rnd: random.Random, files: Files) -> str:
    """A region less; what was in it stays."""
    name = _some(rnd, files)
    text = files[name]
    places = [found.start() for found in re.finditer(r"\(region (?=\()", text)]
    if not places:
        return ""
    a = rnd.choice(places)
    _, size = forms(text[a:])[0]
    files[name] = f"{text[:a]}(do {text[a + 8 : a + size]}{text[a + size :]}"
    return f"{name}:{text.count(chr(10), 0, a) + 1}"


C_FUNCTIONS = 4  # in the object that a history links: c0 and so on, of an I64 each


@edit
def c_function(rnd: random.Random, files: Files) -> str:
    """A C function is declared, and perhaps called somewhere in the file; one of them is not in the object."""
    name = _some(rnd, files)
    made = f"c{rnd.randrange(C_FUNCTIONS + 1)}"
    if f'"C" {made} ' in files[name]:
        return ""
    if rnd.random() < 0.7:
        text = files[name]
        places = [place for place in NUMBER.finditer(text) if text[place.start() - 1] in " ("]
        if places:
            place = rnd.choice(places)
            files[name] = f"{text[: place.start()]}({made} {place[0]}){text[place.end() :]}"
    files[name] += f'(extern "C" {made} (∷ (→ I64 I64)) (cap ffi))\n'
    return f"{name} {made}"


@edit
def c_object(rnd: random.Random, files: Files) -> str:
    """The object has other code in it."""
    if not any('(extern "C"' in text for text in files.values()):
        return ""
    files["object"] = str((int(files.get("object", "0")) + 1 + rnd.randrange(2)) % 3)
    return files["object"]


def apply(rnd: random.Random, files: Files, deck: list[str]) -> tuple[str, str]:
    """One edit, in place: (its name, where).  Kinds come from a deck, so that none stays out for long; one that finds
    nothing to do makes room for another."""
    while True:
        if not deck:
            deck += rnd.sample(sorted(EDITS), len(EDITS))
        name = deck.pop()
        if name in WHOLE:
            where = EDITS[name](rnd, files)
        else:
            mine = own(files)
            before = set(mine)
            where = EDITS[name](rnd, mine)
            for gone in before - mine.keys():
                del files[gone]
            files |= mine
        if where:
            return name, where
