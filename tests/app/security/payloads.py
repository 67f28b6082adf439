"""Forty ways to smuggle a script into a page, and a reader that finds those that got through."""

from __future__ import annotations

import json
from html.parser import HTMLParser

MARK = "xss7"
PAYLOADS = (
    "<script>xss7()</script>", "<img src=x onerror=xss7()>", "<svg onload=xss7()>",
    "\"><script>xss7()</script>",
    "'><img src=x onerror=xss7()>", "</title><script>xss7()</script>", "</textarea><script>xss7()</script>",
    "</script><script>xss7()</script>", "</SCRIPT ><script>xss7()</script>",
    "<!--<script>xss7()", "--><svg/onload=xss7()>",
    "\" onmouseover=\"xss7()", "' onfocus='xss7()' autofocus='", "` onclick=xss7() `",
    "<a href=javascript:xss7()>x</a>",
    "javascript:xss7()", "JaVaScRiPt:xss7()", "java\tscript:xss7()", "data:text/html,<script>xss7()</script>",
    "<iframe srcdoc='<script>xss7()</script>'>", "<iframe src=javascript:xss7()>", "<object data=javascript:xss7()>",
    "<embed src=javascript:xss7()>", "<base href=//xss7.example/>",
    "<meta http-equiv=refresh content='0;javascript:xss7()'>",
    "<link rel=stylesheet href=//xss7.example/x.css>",
    "<form action=//xss7.example/><button>x",
    "<details open ontoggle=xss7()>",
    "<math><mtext></mtext><mglyph><style><img src onerror=xss7()>", "<body onload=xss7()>",
    "<input autofocus onfocus=xss7()>",
    "<video><source onerror=xss7()>", "{{ xss7() }}", "{% raw %}<script>xss7()</script>", "${xss7()}",
    "&lt;script&gt;xss7()&lt;/script&gt;", "&#60;script&#62;xss7()", "<\u200bscript>xss7()</script>",
    "\u2028<script>xss7()</script>", "<scr<script>ipt>xss7()</scr</script>ipt>",
)
ALL = " ".join(PAYLOADS)
_ADDRESSES = {"href", "src", "action", "formaction", "data", "poster", "xlink:href", "hx-get", "hx-post"}
_REFUSED_TAGS = {"iframe", "object", "embed", "base", "math", "video", "details-ontoggle"}


class Reader(HTMLParser):
    """Reads a page as a browser would, and notes everything that would run or load what came from outside."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.text: list[str] = []
        self._script: dict[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "script":
            self._script = said
            if said.get("type") != "application/json" and not (said.get("src") or "").startswith("/assets/"):
                self.found.append(f"script {said}")
        if tag in _REFUSED_TAGS or (tag == "meta" and "http-equiv" in said):
            self.found.append(f"tag {tag} {said}")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is not None and self._script.get("type") == "application/json":
            try:
                json.loads(data)
            except ValueError:
                self.found.append(f"data that a payload cut short: {data[-80:]}")
        self.text.append(data)

    def _attribute(self, tag: str, name: str, value: str) -> None:
        plain = "".join(value.split()).lower()
        if name.startswith("on") or name == "srcdoc" or MARK in name:
            self.found.append(f"{tag} {name}={value[:60]}")
        if name in _ADDRESSES and (plain.startswith(("javascript:", "data:text", "vbscript:")) or f"//{MARK}" in plain):
            self.found.append(f"{tag} {name}={value[:60]}")
        self.text.append(value)


def smuggled(page: str) -> list[str]:
    """What got through on a page."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader.found


def shown(page: str) -> str:
    """All text and attribute values of a page, as a reader gets them."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    return " ".join(reader.text)
