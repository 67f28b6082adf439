"""Small helpers of pages and API that know HTTP but no feature."""

from __future__ import annotations

from urllib.parse import urlsplit


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
