"""Fields of records by name: which field is meant, and what happens while the record's type is unknown.

An access is looked up when it is met; when nothing is known of the record yet it waits in the frame and is tried
again when the recursion group is done.
"""

from __future__ import annotations

from compiler.diagnostics import Note, meant
from compiler.hir.ops import CODE
from compiler.messages import names as say
from compiler.messages import type as say_type
from compiler.types.core import H_META, H_USER
from compiler.types.mismatch import mismatch
from compiler.types.state import DataInfo, Deferred, Frame
from compiler.types.unify import H_ERROR

OP_SET_FIELD, OP_WITH = CODE["set-field"], CODE["with"]


def look_up(f: Frame, row: Deferred) -> bool:
    """Unify the types of the fields with the record's; False while its type is unknown."""
    u = f.u
    found = f.body.type[row.record]
    head, actuals = u.shape(found)
    if head == H_META:
        return False
    info = f.c.data_infos[head - H_USER] if head >= H_USER else None
    if info is None or not info.fields:
        if head != H_ERROR:
            if info is None:
                why = "is no type of records"
            elif len(info.data.ctors) != 1:
                why = "has several constructors"
            else:
                why = "has fields without names"
            f.report(say_type.NO_NAMED_FIELDS, row.form, found=u.show(found), why=why)
        for _, _, t in row.fields:
            u.unify(t, u.error)
        return True
    ctor = info.data.ctors[0]
    for symbol, form, t in row.fields:
        index = info.fields.get(symbol)
        if index is None:
            name = f.c.names[symbol]
            hint = meant(name, ctor.names, "its fields are " + ", ".join(ctor.names))
            f.report(say.UNBOUND_FIELD, form, type=u.show(found), name=name, advice=hint)
            u.unify(t, u.error)
            continue
        field_type = u.instantiate(ctor.fields[index], actuals)
        if not u.unify(t, field_type):
            mismatch(f, row.form, t, field_type)
        if row.op == OP_SET_FIELD and not ctor.mutable[index]:
            f.report(say.FIELD_IMMUTABLE, form, _declared(f, info), name=f.c.names[symbol], type=u.show(found))
    return True


def _declared(f: Frame, info: DataInfo) -> tuple[Note, ...]:
    if info.module < 0:
        return ()
    module = f.c.graph.modules[info.module]
    return (Note(module.file, module.forms.start[info.node], module.forms.end[info.node], "the type is declared here"),)


def write_index(f: Frame, row: Deferred) -> None:
    """Put the field's index, or the list of them, into the node."""
    head, _ = f.u.shape(f.body.type[row.record])
    if head < H_USER:
        return
    fields = f.c.data_infos[head - H_USER].fields
    indices = tuple([fields.get(symbol, 0) for symbol, _, _ in row.fields])
    if row.op != OP_WITH:
        f.body.imm[row.node] = indices[0]
        return
    lists = f.c.program.field_lists
    if indices not in lists:
        lists.append(indices)
    f.body.imm[row.node] = lists.index(indices)


def _owner(f: Frame, symbol: int) -> tuple[DataInfo | None, str]:
    """The one record type here that has the field, if it is one, and a type to write in an example."""
    owners = {id(info): (word, info) for word, info in f.names.types.items() if info.fields and symbol in info.fields}
    if len(owners) != 1:
        return None, "Type"
    word, info = next(iter(owners.values()))
    variables = "".join(f" {chr(ord('a') + k)}" for k in range(info.data.vars))
    name = f.c.names[word]
    return info, f"({name}{variables})" if variables else name


def _open_type(f: Frame, info: DataInfo) -> int:
    return f.u.instantiate(info.type, tuple([f.u.fresh() for _ in range(info.data.vars)]))


def resolve_all(f: Frame, final: bool) -> bool:
    """Try all waiting accesses again; with `final`, report those that stay unknown.  True when one was resolved."""
    waiting = f.deferred
    f.deferred = []
    progress = False
    for row in waiting:
        if look_up(f, row):
            write_index(f, row)
            progress = True
        elif final:
            symbol, form, _ = row.fields[0]
            owner, example = _owner(f, symbol)
            f.report(say_type.FIELD_OF_UNKNOWN, form, field=f.c.names[symbol], example=example)
            if owner is not None:  # most probably meant: other fields of the same record need no message then
                f.u.unify(f.body.type[row.record], _open_type(f, owner))
            for _, _, t in row.fields:
                f.u.unify(t, f.u.error)
        else:
            f.deferred.append(row)
    return progress
