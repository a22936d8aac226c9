"""HIR as JSON and as TSV, for other programs to read; `schemas/ir.hir.json` describes the JSON.

One way only: the text of `text.py` is what can be read back.  Types and immediates are written as there, so the three
dumps name the same things alike.
"""

from __future__ import annotations

from compiler.hir.ops import OPS
from compiler.hir.program import Program
from compiler.hir.text import imm_text, type_text

TSV_COLUMNS = ("function", "node", "op", "type", "start", "end", "imm", "kids")


def to_json(program: Program) -> str:
    """The program as one JSON document, keys in a fixed order."""
    import json

    datas = []
    for data in program.datas:
        ctors = []
        for ctor in data.ctors:
            fields = [
                {"name": ctor.names[k] if ctor.names else "", "type": type_text(program, t), "mut": ctor.mutable[k]}
                for k, t in enumerate(ctor.fields)
            ]
            ctors.append({"name": ctor.name, "fields": fields})
        datas.append({"name": data.name, "vars": data.vars, "ctors": ctors})
    functions = []
    for f in program.functions:
        body = f.body
        nodes = [
            {
                "op": OPS[body.op[n]].name,
                "type": type_text(program, body.type[n]),
                "start": body.start[n],
                "end": body.end[n],
                "imm": imm_text(program, f, n),
                "kids": body.children(n),
            }
            for n in range(len(body.op))
        ]
        functions.append(
            {
                "name": f.name,
                "file": f.file.path,
                "start": f.start,
                "end": f.end,
                "vars": f.vars,
                "numeric": f.numeric,
                "inner": f.inner,
                "params": f.params,
                "result": type_text(program, f.result),
                "caps": sorted(f.caps),
                "inline": f.inline,
                "tail_required": f.tail_required,
                "exported": f.exported,
                "doc": f.doc,
                "locals": [
                    {
                        "name": x.name,
                        "type": type_text(program, x.type),
                        "mut": x.mutable,
                        "cell": x.cell,
                        "generic": x.generic,
                    }
                    for x in f.locals
                ],
                "lambdas": [
                    {"params": x.params, "captures": x.captures, "first": x.first, "vars": x.vars} for x in f.lambdas
                ],
                "root": f.root,
                "nodes": nodes,
            }
        )
    names = [f.name for f in program.functions]
    document = {
        "level": "hir",
        "version": 1,
        "files": [file.path for file in program.files],
        "datas": datas,
        "consts": [
            {"name": c.name, "type": type_text(program, c.type), "function": names[c.function]} for c in program.consts
        ],
        "tests": [{"title": t.title, "function": names[t.function]} for t in program.tests],
        "main": names[program.main] if program.main >= 0 else "",
        "functions": functions,
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def to_tsv(program: Program) -> str:
    """One row a node; immediates are free of tabs and newlines because texts are quoted."""
    rows = ["\t".join(TSV_COLUMNS)]
    for f in program.functions:
        body = f.body
        for n in range(len(body.op)):
            kids = " ".join([str(kid) for kid in body.children(n)])
            cells = (
                f.name,
                str(n),
                OPS[body.op[n]].name,
                type_text(program, body.type[n]),
                str(body.start[n]),
                str(body.end[n]),
                imm_text(program, f, n),
                kids,
            )
            rows.append("\t".join(cells))
    return "\n".join(rows) + "\n"
