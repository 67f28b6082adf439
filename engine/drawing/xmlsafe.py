"""Bytes from anybody → an XML tree that is safe to read, for the small files beside a diagram."""

from __future__ import annotations

import re

from lxml import etree

from engine.errors import XmlRefused

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 50
MAX_ELEMENTS = 50_000
_PROLOGUE = re.compile(r"^\s*<\?xml.{0,200}?\?>", re.DOTALL)


def parse(xml: str | bytes, max_bytes: int = MAX_BYTES) -> etree._Element:
    """The root of the tree. Raises XmlRefused for anything large, deep, or with a document type or entities."""
    if isinstance(xml, str):
        xml = _PROLOGUE.sub("", xml.lstrip("\ufeff")).encode("utf-8", "replace")
    if len(xml) > max_bytes:
        raise XmlRefused(reason=f"it has more than {max_bytes} bytes")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, dtd_validation=False,
        remove_comments=True, remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise XmlRefused(reason=str(problem)[:200]) from problem
    _check(root)
    return root


def _check(root: etree._Element) -> None:
    if root.getroottree().docinfo.doctype:
        raise XmlRefused(reason="it has a document type")
    level, depth, count = [root], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > MAX_DEPTH:
            raise XmlRefused(reason=f"elements are nested more than {MAX_DEPTH} deep")
        if count > MAX_ELEMENTS:
            raise XmlRefused(reason=f"it has more than {MAX_ELEMENTS} elements")
        level = [below for above in level for below in above]


def local(element: etree._Element) -> str:
    """The tag without its namespace."""
    return str(etree.QName(element).localname)


def text_in(element: etree._Element | None) -> str:
    """The text directly in an element, stripped."""
    return (element.text or "").strip() if element is not None else ""
