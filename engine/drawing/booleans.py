"""How XML lets one thing be written: true is also 1, false is also 0, with blanks around it.

The drawing stays as it was written; whoever reads its tree reads one spelling only.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

_YES_OR_NO = (
    "isExecutable", "triggeredByEvent", "cancelActivity", "isInterrupting", "isSequential", "testBefore",
    "parallelMultiple", "instantiate", "waitForCompletion", "isForCompensation", "cancelRemainingInstances",
)
_SPELT = {"1": "true", "0": "false"}


def spell(root: etree._Element) -> None:
    """Write every yes and no of a document as true and false."""
    for element in root.iter(etree.Element):
        for name in _YES_OR_NO:
            if name in element.attrib:
                element.set(name, spelt(element.get(name)))


def spelt(said: str | None) -> str:
    """One yes or no in the usual spelling; what is neither stays as it is."""
    bare = (said or "").strip()
    return _SPELT.get(bare, bare)


def misspelt(element: etree._Element) -> Iterator[tuple[str, str]]:
    """The attributes of an element that must be true or false and are neither."""
    said = ((name, element.get(name)) for name in _YES_OR_NO if name in element.attrib)
    return ((name, value) for name, value in said if value not in ("true", "false"))
