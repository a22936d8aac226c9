"""Programs to check: one shape in three languages at any size, and the standard library with the corpus as one program.

A block is the same definitions in 0x0, OCaml and Go: a type with three cases, a match, loops over a list and a number,
a higher-order function, and a call of the block before.  Knows no compiler.  A new language is a row of `LANGUAGES`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from gates.collect.samples import ROOT

ZERO = """
(τ (Shape@ a) (Circle@ a) (Box@ a a) Empty@)
(ƒ area@ (shape)
  (match shape
    ((Circle@ r) (* r r))
    ((Box@ w h) (* w h))
    (Empty@ 0)))
(ƒ sum@ (shapes total)
  (match shapes
    ((list) total)
    ((cons first rest) (sum@ rest (+ total (area@ first))))))
(ƒ apply@ (f items)
  (match items
    ((list) (list))
    ((cons first rest) (cons (f first) (apply@ f rest)))))
(ƒ count@ (n)
  (≔ ((mut k 0) (limit (* n @)))
    (while (< k limit)
      (set! k (+ k (if (= (% k 2) 0) 1 3))))
    (if (and (> k 5) (< n 9)) (use# (+ n 1)) k)))
(ƒ use@ (n)
  (≔ ((shapes (list (Circle@ n) (Box@ 2 n) Empty@)) (more 7))
    (print "block @")
    (+ (sum@ shapes more) (count@ (len (apply@ (λ (x) (+ x more)) (list n 2 3)))))))
"""

OCAML = """
type 'a shape@ = Circle@ of 'a | Box@ of 'a * 'a | Empty@
let area@ shape =
  match shape with
  | Circle@ r -> r * r
  | Box@ (w, h) -> w * h
  | Empty@ -> 0
let rec sum@ shapes total =
  match shapes with
  | [] -> total
  | first :: rest -> sum@ rest (total + area@ first)
let rec apply@ f items =
  match items with
  | [] -> []
  | first :: rest -> f first :: apply@ f rest
let count@ n =
  let k = ref 0 and limit = n * @ in
  while !k < limit do
    k := !k + (if !k mod 2 = 0 then 1 else 3)
  done;
  if !k > 5 && n < 9 then use# (n + 1) else !k
let use@ n =
  let shapes = [Circle@ n; Box@ (2, n); Empty@] and more = 7 in
  print_endline "block @";
  sum@ shapes more + count@ (List.length (apply@ (fun x -> x + more) [n; 2; 3]))
"""

GO = """
type Shape@[T int | float64] struct { kind int; a, b T }
func area@[T int | float64](shape Shape@[T]) T {
	switch shape.kind {
	case 0: return shape.a * shape.a
	case 1: return shape.a * shape.b
	}
	return 0
}
func sum@[T int | float64](shapes []Shape@[T], total T) T {
	for _, first := range shapes {
		total += area@(first)
	}
	return total
}
func apply@[A, B any](f func(A) B, items []A) []B {
	var result []B
	for _, first := range items { result = append(result, f(first)) }
	return result
}
func count@(n int) int {
	k, limit := 0, n * @
	for k < limit {
		if k % 2 == 0 { k += 1 } else { k += 3 }
	}
	if k > 5 && n < 9 { return use#(n + 1) }
	return k
}
func use@(n int) int {
	shapes, more := []Shape@[int]{{0, n, 0}, {1, 2, n}, {2, 0, 0}}, 7
	println("block @")
	return sum@(shapes, more) + count@(len(apply@(func(x int) int { return x + more }, []int{n, 2, 3})))
}
"""

# name -> (block, what stands before the first, what stands behind the last)
LANGUAGES: dict[str, tuple[str, str, str]] = {
    "0x0": (ZERO, "(ƒ use0 (n) n)", "(ƒ main (_) (use# 1))\n"),
    "ocaml": (OCAML, "let use0 n = n", "let () = print_int (use# 1)\n"),
    "go": (GO, "package main\nfunc use0(n int) int { return n }", "func main() { println(use#(1)) }\n"),
}


def generated(language: str, blocks: int) -> str:
    """A program of so many blocks."""
    block, first, last = LANGUAGES[language]
    parts = [first]
    for number in range(1, blocks + 1):
        parts.append(block.replace("@", str(number)).replace("#", str(number - 1)))
    parts.append(last.replace("#", str(blocks)))
    return "".join(parts)


def lines(path: Path) -> int:
    """Physical lines, comments and empty ones among them."""
    return path.read_text("utf-8").count("\n")


def corpus(folder: Path, copies: int) -> tuple[Path, int]:
    """One program that imports each module of the library once and of the corpus `copies` times; (root, its lines).

    Projects with a manifest stay out: their files cannot be imported from outside.
    """
    library = sorted((ROOT / "compiler" / "std").glob("*.0x0"))
    imports = [f'(↥ "std:{path.stem}" std-{path.stem})' for path in library]
    total = sum(map(lines, library))
    fixtures = ROOT / "fixtures"
    sources = sorted(
        path for name in ("programs", "workloads", "projects") for path in (fixtures / name).rglob("*.0x0")
    )
    packed = [manifest.parent for manifest in fixtures.rglob("0x0.pkg")]
    for copy in range(copies):
        for source in sources:
            if any(source.is_relative_to(project) for project in packed):
                continue
            name = source.relative_to(fixtures)
            target = folder / f"copy{copy}" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            alias = f"c{copy}-" + "-".join(name.with_suffix("").parts)
            imports.append(f'(↥ "copy{copy}/{name.as_posix()}" {alias})')
            total += lines(source)
    root = folder / "main.0x0"
    root.write_text("\n".join([*imports, "(ƒ main (_) unit)\n"]), "utf-8")
    return root, total + lines(root)
