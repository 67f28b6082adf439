"""Bytes of a file drawn elsewhere → text, for those encodings that modellers write."""

from __future__ import annotations

import codecs
import re

from engine.drawing import findings as f
from engine.drawing.findings import Finding

READ = ("utf-8", "us-ascii", "utf-16", "iso-8859-1", "iso-8859-15", "windows-1252", "windows-1258")
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_PROLOGUE = re.compile(r"""^(\s*<\?xml[^>]{0,200}?encoding\s*=\s*["'])([A-Za-z0-9._-]{1,40})""")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def as_text(raw: bytes) -> tuple[str | None, tuple[Finding, ...]]:
    """The file as text that says UTF-8 of itself, or None and why it cannot be read."""
    declared = _declared(raw)
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), declared)
    if _known(encoding) is None:
        return None, (f.error("encoding", encoding=encoding),)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None, (f.error("encoding", encoding=encoding),)
    if _known(encoding) in ("utf-8", "utf-8-sig", "ascii"):
        return text, ()
    return _PROLOGUE.sub(r"\1UTF-8", text), (f.warning("recoded", encoding=encoding),)


def _declared(raw: bytes) -> str:
    found = _DECLARED.match(raw[:400])
    return found.group(1).decode("ascii").lower() if found else "utf-8"


def _known(encoding: str) -> str | None:
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        return None
    readable = {codecs.lookup(each).name for each in READ} | {"utf-8-sig"}
    return name if name in readable else None
