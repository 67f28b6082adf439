"""Small helpers of pages and API that know HTTP but no feature."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import urlsplit

from flask import url_for


class Paged(Protocol):
    """A page of a list."""

    @property
    def page(self) -> int:
        """Its number, from 1."""

    @property
    def pages(self) -> int:
        """How many there are."""

    @property
    def total(self) -> int:
        """How many entries all pages have."""


def pager(endpoint: str, found: Paged, **narrowed: Any) -> dict[str, Any]:
    """What the macro of the same name shows: the place, and the neighbours with what the list is narrowed to."""
    known = {name: value for name, value in narrowed.items() if value}

    def url(page: int) -> str | None:
        return url_for(endpoint, page=page, **known) if 0 < page <= found.pages else None

    return {
        "number": found.page, "pages": found.pages, "total": found.total,
        "previous_url": url(found.page - 1), "next_url": url(found.page + 1),
    }


def own_path(target: str | None, otherwise: str = "/") -> str:
    """`target` if it is a plain path of this site, else `otherwise`: no other host, scheme or trick gets through."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return otherwise
    if any(character in target for character in "\\\t\r\n") or not target.isprintable():
        return otherwise
    parts = urlsplit(target)
    return otherwise if parts.scheme or parts.netloc else target


def full_address(site: str, path: str) -> str:
    """A path of this site with the site's own address before it."""
    return site.rstrip("/") + path
