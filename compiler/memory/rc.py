"""Make every reference be consumed exactly once, by liveness: precise reference counts in the manner of Perceus.

    t = field xs (1 1)                     t = field xs (1 1)
    r = call map f t               ──▶     rc.dup t; rc.drop xs
    (xs not used again)                    r = call map f t

Parameters and results are owned; the last consuming use moves.  What an op reads out of a live object (`alias`) is
*borrowed*: it costs nothing until it is consumed (then `rc.dup` just before), and keeps its owner alive until its own
last use; so do block parameters that only walk through one value (`leases`).  It is owned from its definition on
instead, when a write or a call could replace it in its owner meanwhile, when only it would keep the owner
alive across a call, or when it is needed after a region in which its owner may die.  Static objects are borrowed from
nobody.
Values that die on an edge are dropped at the edge's other end, on a split edge if that has other predecessors.
Blocks that end the program drop nothing.  Linear but for liveness (bit sets).
Source: Reinking, Xie, de Moura, Leijen, "Perceus", PLDI 2021; borrowing after Ullrich and de Moura, IFL 2019.
"""

from __future__ import annotations

from compiler.ir.graph import reverse_postorder
from compiler.memory.borrow import infer
from compiler.mir.ops import CODE, REGISTER_TYPES, is_ref
from compiler.mir.owns import ALIAS, held_params, incoming_of, is_static, leases, no_return, owns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from compiler.ir.function import Function, Module

DUP, DROP, JUMP, LEAVE = CODE["rc.dup"], CODE["rc.drop"], CODE["jump"], CODE["region.leave"]
USER_CALLS = frozenset((CODE["call"], CODE["call.closure"]))
# Stores that release what was there; the value is their last argument.
STORES = frozenset((CODE["field.set"], CODE["array.set"], CODE["cell.set"]))
# Reads of a slot that a store may overwrite.
MUTABLE_READS = frozenset((CODE["field.mut"], CODE["cell.get"], CODE["array.get"]))

# Types of values that nobody counts; that of an instruction without a result is empty.
UNCOUNTED = frozenset(("", *REGISTER_TYPES))
# Where what is borrowed may go away.
RISKS = frozenset((*USER_CALLS, *STORES, LEAVE))

OWNED, BORROWED, ALIVE = 0, 1, 2  # ALIVE: static, or a borrowed parameter


class Counts:
    """The analysis of one function: what each reference is, and from whom it is borrowed."""

    def __init__(self, function: Function, module: Module) -> None:
        self.function = function
        self.module = module
        self.order = reverse_postorder(function)
        self.kind: dict[int, int] = {}
        self.parent: dict[int, int] = {}
        self.owned_at_def: set[int] = set()  # alias results that are counted where they are defined
        self.busy: dict[int, list[int]] = {}  # by block, the instructions that define or use references, and the risks
        incoming = incoming_of(function)
        held = held_params(function, set(function.attrs.get("borrows", ())), incoming)
        self.leases = leases(function, held, incoming)
        risky = False
        kind, leased = self.kind, self.leases
        ops, types, args_of = function.op, function.type, function.args
        for index in self.order:
            block = function.blocks[index]
            for value in block.params:
                if value in leased:
                    kind[value] = BORROWED
                    self.parent[value] = leased[value]
                elif is_ref(types[value]):
                    kind[value] = ALIVE if value in held else OWNED
            busy = self.busy[index] = []
            for value in block.body:
                code = ops[value]
                if code in RISKS:
                    risky = True
                    busy.append(value)
                    if types[value] in UNCOUNTED:
                        continue
                elif types[value] in UNCOUNTED:
                    for arg in args_of[value]:
                        if arg in kind:
                            busy.append(value)
                            break
                    continue
                else:
                    busy.append(value)
                if is_static(function, value):
                    kind[value] = ALIVE
                elif ALIAS[code]:
                    kind[value] = BORROWED
                    self.parent[value] = args_of[value][0]
                else:
                    kind[value] = OWNED
        if self.parent and risky:
            self.demote()
        self.root: dict[int, int] = {}
        for value in self.kind:
            above = value
            while self.kind[above] == BORROWED and above not in self.root:
                above = self.parent[above]
            root = self.root.get(above, above if self.kind[above] == OWNED else -1)
            while value != above and value not in self.root:
                self.root[value] = root
                value = self.parent[value]
            self.root[above] = root

    # Liveness: `masks[v]` is what a use of v keeps alive.

    def liveness(self, masks: dict[int, int]) -> tuple[dict[int, int], dict[int, int]]:
        """(live-in, live-out) bit sets by block; parameters are not in their block's live-in."""
        blocks, args_of, kind = self.function.blocks, self.function.args, self.kind
        uses: dict[int, int] = {}
        defs: dict[int, int] = {}
        for index in self.order:
            block = blocks[index]
            used = defined = 0
            for value in block.params:
                if value in kind:
                    defined |= 1 << value
            for value in self.busy[index]:
                for arg in args_of[value]:
                    if arg in masks:
                        used |= masks[arg] & ~defined
                if value in kind:
                    defined |= 1 << value
            for _, args in block.succs:
                for arg in args:
                    if arg in masks:
                        used |= masks[arg] & ~defined
            uses[index], defs[index] = used, defined
        live_in = dict(uses)
        live_out = dict.fromkeys(self.order, 0)
        changed = True
        while changed:
            changed = False
            for index in reversed(self.order):
                out = 0
                for target, _ in blocks[index].succs:
                    out |= live_in[target]
                if out != live_out[index]:
                    live_out[index] = out
                    into = uses[index] | (out & ~defs[index])
                    if into != live_in[index]:
                        live_in[index] = into
                        changed = True
        return live_in, live_out

    def demote(self) -> None:
        """Own from the definition on what cannot, or should not, stay borrowed."""
        function = self.function
        plain = {value: 1 << value for value in self.kind}
        chain: dict[int, int] = {}
        for value in self.kind:  # parents come before their children in definition order
            above, mask = value, 1 << value
            while self.kind[above] == BORROWED:
                above = self.parent[above]
                mask |= 1 << above
            chain[value] = mask
        borrowed = 0
        for value in self.parent:
            if value not in self.leases:
                borrowed |= 1 << value
        _, plain_out = self.liveness(plain)
        _, chain_out = self.liveness(chain)
        for index in self.order:
            block = function.blocks[index]
            live, plain_live = chain_out[index], plain_out[index]
            for _, args in block.succs:
                for arg in args:
                    live |= chain.get(arg, 0)
                    plain_live |= plain.get(arg, 0)
            for value in reversed(self.busy[index]):
                after, plain_after = live, plain_live
                if value in self.kind:
                    live &= ~(1 << value)
                    plain_live &= ~(1 << value)
                for arg in function.args[value]:
                    live |= chain.get(arg, 0)
                    plain_live |= plain.get(arg, 0)
                code = function.op[value]
                if code in USER_CALLS or code in STORES:
                    self.at_risk(value, live & borrowed, after, plain_after)
                elif code == LEAVE:  # what it is borrowed from may die here
                    self.own(plain_after & borrowed)

    def at_risk(self, value: int, live: int, after: int, plain_after: int) -> None:
        """One call or store, with what is live before and after it."""
        function = self.function
        call = function.op[value] in USER_CALLS
        stored = "" if call else function.type[function.args[value][-1]]
        while live:
            candidate = live.bit_length() - 1
            live &= ~(1 << candidate)
            if candidate in self.owned_at_def:
                continue
            replaced = function.op[candidate] in MUTABLE_READS and (call or function.type[candidate] == stored)
            if not replaced and call and after >> candidate & 1:
                above, kept = candidate, False
                while self.kind[above] == BORROWED:
                    above = self.parent[above]
                    kept = kept or above in self.leases or bool(plain_after >> above & 1)
                replaced = not kept and self.kind[above] == OWNED
            if replaced:
                self.owned_at_def.add(candidate)
                self.kind[candidate] = OWNED

    def own(self, values: int) -> None:
        """Count these where they are defined, but for what a static object or the caller keeps alive."""
        while values:
            value = values.bit_length() - 1
            values &= ~(1 << value)
            above = value
            while self.kind[above] == BORROWED:
                above = self.parent[above]
            if self.kind[above] != ALIVE:
                self.owned_at_def.add(value)
                self.kind[value] = OWNED

    # Insertion.

    def insert(self) -> None:
        function = self.function
        masks = {value: 1 << root for value, root in self.root.items() if root >= 0}
        live_in, live_out = self.liveness(masks)
        preds = dict.fromkeys(self.order, 0)
        for index in self.order:
            for target, _ in function.blocks[index].succs:
                preds[target] += 1
        heads: dict[int, list[int]] = {}
        for index in self.order:
            body = self.rewrite(index, masks, live_out)
            self.edges(index, body, preds, live_in, masks, heads)
            function.blocks[index].body = body
        for index, head in heads.items():
            function.blocks[index].body[:0] = head

    def rc(self, code: int, value: int) -> int:
        return self.function.value(code, "unit", (value,))

    def rewrite(self, index: int, masks: dict[int, int], live_out: dict[int, int]) -> list[int]:
        """The block's new body, without what its edges need."""
        function = self.function
        block = function.blocks[index]
        busy = self.busy[index]
        if not busy and not block.params:
            return block.body
        ends = no_return(function, index)
        live = live_out[index]
        for _, args in block.succs:
            for arg in args:
                live |= masks.get(arg, 0)
        out: list[int] = []  # reversed
        left = len(busy) - 1
        for value in reversed(block.body):
            if left < 0 or busy[left] != value:
                out.append(value)
                continue
            left -= 1
            args = function.args[value]
            letters = owns(function, value, self.module)
            before: list[int] = []
            after: list[int] = []
            mine = 1 << value if self.kind.get(value) == OWNED else 0
            if value in self.owned_at_def:
                if live & mine:
                    after.append(self.rc(DUP, value))
            elif mine and not live & mine and not ends:
                after.append(self.rc(DROP, value))
            live &= ~mine
            moved: set[int] = set()
            lent = 0  # roots that this op borrows from; what it also consumes must outlive it all the same
            for arg, letter in zip(args, letters, strict=True):
                if letter == "b" and arg in self.kind:
                    lent |= masks.get(arg, 0)
            for arg, letter in zip(args, letters, strict=True):
                if letter == "b" or arg not in self.kind:
                    continue
                if self.kind[arg] == OWNED and arg not in moved and not (live | lent) >> arg & 1:
                    moved.add(arg)
                else:
                    before.append(self.rc(DUP, arg))
            for arg in args:
                root = self.root.get(arg, -1)
                if root >= 0 and not live >> root & 1:
                    live |= 1 << root
                    if root not in moved and not ends:
                        (after if lent >> root & 1 else before).append(self.rc(DROP, root))
            out.extend(reversed(after))
            out.append(value)
            out.extend(reversed(before))
        if not ends:
            for param in reversed(block.params):
                if self.kind.get(param) == OWNED and not live >> param & 1:
                    out.append(self.rc(DROP, param))
        out.reverse()
        return out

    def edges(
        self,
        index: int,
        body: list[int],
        preds: dict[int, int],
        live_in: dict[int, int],
        masks: dict[int, int],
        heads: dict[int, list[int]],
    ) -> None:
        """Counts on the way to each successor."""
        function = self.function
        block = function.blocks[index]
        alive, passed = 0, False
        for target, args in block.succs:
            alive |= live_in[target]
            for arg in args:
                passed = True
                alive |= masks.get(arg, 0)
        if not alive and not passed:
            return
        for number, (target, args) in enumerate(block.succs):
            needed = live_in[target]
            code: list[int] = []
            moved = 0
            for param, arg in zip(function.blocks[target].params, args, strict=True):
                kind = self.kind.get(arg)
                if kind is None or self.kind[param] != OWNED:
                    continue
                if kind == OWNED and not (needed | moved) >> arg & 1:
                    moved |= 1 << arg
                else:
                    code.append(self.rc(DUP, arg))
            if not no_return(function, target):
                dying = alive & ~needed & ~moved
                while dying:
                    lowest = dying & -dying
                    dying ^= lowest
                    code.append(self.rc(DROP, lowest.bit_length() - 1))
            if not code:
                continue
            if len(block.succs) == 1:
                body[-1:-1] = code
            elif preds[target] == 1:
                heads[target] = code
            else:
                split = function.block()
                for rc in code:
                    function.blocks[split].body.append(rc)
                function.emit(split, JUMP, "")
                function.blocks[split].succs = [(target, args)]
                block.succs[number] = (split, ())


def run(function: Function, module: Module) -> bool:
    """Insert counts into one function; whether it changed."""
    if UNCOUNTED.issuperset(function.type):
        return False
    size = len(function.op)
    counts = Counts(function, module)
    if counts.kind:
        counts.insert()
    return len(function.op) != size


def run_module(module: Module) -> None:
    """Decide what functions borrow, then insert counts into all of them."""
    infer(module)
    for function in module.functions.values():
        run(function, module)
