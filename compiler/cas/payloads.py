"""What a payload of each form must look like, one function a form; used where contents cannot be trusted.

A digest says that an object is what somebody put there; the form says that it can be one of its kind.  Checked on
arrival from another tier and by a scan; what this process made itself needs no proof.  A new form is a row of `FORMS`.
"""

from __future__ import annotations

from compiler.cas.kinds import KINDS, Fault, links

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.cas.kinds import Address


def _elf(payload: bytes, kinds: tuple[int, ...]) -> str:
    if payload[:4] != b"\x7fELF":
        return "it does not begin as ELF does"
    if len(payload) < 64 or payload[4:6] != b"\2\1":
        return "it is no 64-bit little-endian ELF"
    return "" if int.from_bytes(payload[16:18], "little") in kinds else "it is another kind of ELF file"


def elf_executable(payload: bytes) -> str:
    return _elf(payload, (2, 3))


def elf_relocatable(payload: bytes) -> str:
    return _elf(payload, (1,))


def archive(payload: bytes) -> str:
    return "" if payload[:8] == b"!<arch>\n" else "it does not begin as an archive does"


def text(payload: bytes) -> str:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte {error.start} is no UTF-8"
    return ""


def tsv(payload: bytes) -> str:
    problem = text(payload)
    if problem or not payload:
        return problem
    if not payload.endswith(b"\n"):
        return "its last line has no end"
    widths = {line.count(b"\t") for line in payload.split(b"\n")[:-1]}
    return "" if len(widths) == 1 else "its lines differ in their number of columns"


def json(payload: bytes) -> str:
    from json import loads

    try:
        loads(payload)
    except (ValueError, RecursionError):
        return "it is no JSON"
    return ""


def linked(payload: bytes) -> str:
    try:
        links(payload)
    except Fault:
        return "its first line is no list of addresses"
    return ""


def listing(payload: bytes) -> str:
    from compiler.cas.folders import read_listing

    problem = linked(payload)
    if problem:
        return problem
    try:
        read_listing(payload)
    except ValueError as error:
        return str(error)
    return ""


FORMS: dict[str, Callable[[bytes], str]] = {
    "archive": archive,
    "bytes": lambda _: "",
    "elf-executable": elf_executable,
    "elf-relocatable": elf_relocatable,
    "json": json,
    "links": linked,
    "listing": listing,
    "text": text,
    "tsv": tsv,
}


def hold(address: Address, payload: bytes, name: str) -> None:
    """Errors: Fault CAS_OBJECT-003 when the payload is not of its kind's form."""
    kind = address[0]
    why = FORMS[KINDS[kind].form](payload)
    if why:
        raise Fault("CAS_OBJECT-003", name=name, kind=kind, why=why)
