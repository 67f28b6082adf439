"""Attachments under attack: what they contain, what they are called, how they come back."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib
from typing import Any

import pytest

from tests import builders as make
from tests.app.dossiers.stage import PDF, PNG
from tests.app.security.ground import Ground

pytestmark = make.on_sqlite
HTML = b"<!DOCTYPE html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
TRAVERSALS = (
    "../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "C:\\Windows\\x.png", "....//....//x", "%2e%2e%2fx",
    "..%c0%af..%c0%afx", "\\\\server\\share\\x.png", "file:///etc/passwd", "x.png/../../y", "./.htaccess", ".", "..",
    "...", "~root/x", "$HOME/x", "`id`.png", "$(id).png", "|id", ";id", "x.png\x00.exe", "\u202egnp.exe", "con.png",
    "x" * 5000 + ".png", " ", "\u2028x.png", "\u2044etc\u2044passwd", "x.png\r\nSet-Cookie: a=b", "a\nb.png", '"x".png',
    "x.png; filename=evil.html", "%0d%0aX-Evil: 1",
)


def _zip(parts: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return memory.getvalue()


def _bomb() -> bytes:
    """A sheet of which every byte stands for a thousand."""
    return _zip({"xl/workbook.xml": b"\0" * (50 << 20), "[Content_Types].xml": b"x"})


def _lying_mimetype() -> bytes:
    """An OpenDocument whose short mark of its kind unpacks to fifty megabytes."""
    return _zip({"mimetype": b"application/vnd.oasis.opendocument.text" + b" " * (50 << 20)})


REFUSED = {
    "html": HTML, "svg": SVG, "text": b"hello", "xml": b"<?xml version='1.0'?><a/>", "exe": b"MZ" + b"\0" * 200,
    "elf": b"\x7fELF" + b"\0" * 200, "gif": b"GIF89a<script>alert(1)</script>", "js": b"alert(1)",
    "shell": b"#!/bin/sh\n",
    "plain zip": _zip({"a.txt": b"x"}), "broken zip": b"PK\x03\x04" + b"\xff" * 300, "nul": b"\0" * 1000,
    "class": b"\xca\xfe\xba\xbe" + b"\0" * 50, "mht": b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + HTML,
}


def test_what_is_no_document_is_refused_whatever_it_is_called(ground: Ground) -> None:
    for kind in REFUSED:
        for name in ("x.pdf", "x.png", f"x.{kind}"):
            answer = _upload(ground, REFUSED[kind], name)
            assert answer.status_code == 422, (kind, name)
            assert name in answer.get_json()["error"]["message"]
        assert _incoming(ground) == []


@pytest.mark.parametrize("content", [b"", b"\n" * ((1 << 20) * 26)])
def test_empty_and_too_large_files_are_refused_and_leave_nothing(ground: Ground, content: bytes) -> None:
    before = _stored(ground)
    answer = _upload(ground, content and PDF + content, "x.pdf")
    assert answer.status_code in (413, 422)
    assert _stored(ground) == before
    assert _incoming(ground) == []


@pytest.mark.parametrize("limit", [-1, 0, 1])
def test_the_limit_counts_to_the_byte(ground: Ground, limit: int) -> None:
    size = (ground.app.config["ONEDOOR_UPLOAD_MB"] << 20) + limit
    answer = _upload(ground, PDF + b"\0" * (size - len(PDF)), "x.pdf")
    assert answer.status_code == (422 if limit > 0 else 201)


@pytest.mark.parametrize("bomb", [_bomb, _lying_mimetype], ids=["sheet", "mimetype"])
def test_a_bomb_is_never_unpacked(ground: Ground, bomb: Any) -> None:
    content = bomb()
    tracemalloc.start()
    answer = _upload(ground, content, "report.pdf")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert answer.status_code in (201, 422)
    assert peak < 16 << 20, f"{peak >> 20} MB"


def test_names_are_text_only(ground: Ground) -> None:
    for name in TRAVERSALS:
        content = PNG + name.encode("utf-8", "replace")
        made = _upload(ground, content, name)
        assert made.status_code in (201, 422), name
        if made.status_code != 201:
            continue
        told = made.get_json()["name"]
        assert told
        assert len(told) <= 200
        assert not set(told) & set("/\\\r\n\x00"), told
        browser = ground.browser(ground.stage.receiver)
        answer = browser.get(f"/dossiers/files/{made.get_json()['id']}")
        assert answer.status_code == 200
        disposition = answer.headers["Content-Disposition"]
        assert disposition.startswith("attachment")
        assert not {"Set-Cookie", "X-Evil"} & set(answer.headers.keys()) - {"Set-Cookie"}
        assert "a=b" not in answer.headers.get("Set-Cookie", "")
        assert answer.get_data() == content
        stored = ground.stage.store.directory.parent.rglob("*")
        places = [path for path in stored if path.is_file() and name in str(path)]
        assert not places or name in (".", "..", " ", "...")


@pytest.mark.parametrize("content", [
    PDF + HTML, PNG + HTML, b"\xff\xd8\xff\xe0\x00\x10JFIF" + HTML, PDF + _zip({"evil.html": HTML}),
    b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n",
])
def test_two_faced_files_are_never_taken_for_pages(ground: Ground, content: bytes) -> None:
    made = _upload(ground, content, "two.html")
    assert made.status_code == 201
    browser = ground.browser(ground.stage.receiver)
    for query in ("", "?inline=1"):
        answer = browser.get(f"/dossiers/files/{made.get_json()['id']}{query}")
        assert answer.headers["Content-Type"].split(";")[0] in ("application/pdf", "image/png", "image/jpeg")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "no-store" in answer.headers["Cache-Control"]


def test_office_files_are_never_shown_in_place(ground: Ground) -> None:
    made = _upload(ground, _zip({"word/document.xml": b"<w/>", "[Content_Types].xml": b"x"}), "x.docx")
    assert made.status_code == 201
    answer = ground.browser(ground.stage.receiver).get(f"/dossiers/files/{made.get_json()['id']}?inline=1")
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_picture_as_large_as_a_country_is_only_bytes(ground: Ground) -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    chunk = b"IHDR" + header
    content = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    assert _upload(ground, content, "huge.png").status_code == 201


def test_somebody_elses_loose_file_is_not_there(ground: Ground) -> None:
    number = _upload(ground, PNG + b"mine", "mine.png").get_json()["id"]
    for actor in (ground.stage.specialist, ground.stage.outsider):
        api, browser = ground.api(actor), ground.browser(actor)
        assert api.get(f"/attachments/{number}").status_code == 404
        assert browser.get(f"/dossiers/files/{number}").status_code == 404
        api.open(f"/attachments/{number}", "DELETE")
        taken = api.post(f"/tasks/{ground.code}/1/complete", json={"choice": "forward", "attachments": [number]})
        assert taken.status_code in (403, 404, 422)
    assert ground.api(ground.stage.receiver).get(f"/attachments/{number}").status_code == 200


def test_a_file_of_a_dossier_cannot_be_thrown_away_or_moved(ground: Ground) -> None:
    api = ground.api(ground.stage.receiver)
    api.open(f"/attachments/{ground.attachment}", "DELETE")
    assert api.get(f"/attachments/{ground.attachment}").status_code == 200
    moved = api.post("/dossiers", json={
        "procedure": make.PROCEDURE, "receiving_unit": make.CENTRE, "competent_unit": make.COMMUNE,
        "channel": "direct", "form": {"name": "A"}, "attachments": [ground.attachment]})
    assert moved.status_code in (404, 422)


def _upload(ground: Ground, content: bytes, name: str) -> Any:
    """The body is written here byte by byte: a well-behaved client would tidy the name."""
    head = f'--x\r\nContent-Disposition: form-data; name="component"\r\n\r\nidentity\r\n--x\r\nContent-Disposition: ' \
        f'form-data; name="file"; filename="{_quoted(name)}"\r\nContent-Type: application/pdf\r\n\r\n'
    body = head.encode("utf-8", "surrogatepass") + content + b"\r\n--x--\r\n"
    return ground.api(ground.stage.receiver).post(
        "/attachments", data=body, content_type="multipart/form-data; boundary=x")


def _quoted(name: str) -> str:
    """As browsers write it."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _stored(ground: Ground) -> int:
    return sum(1 for path in ground.stage.store.directory.rglob("*") if path.is_file())


def _incoming(ground: Ground) -> list[str]:
    return [path.name for path in ground.stage.store.directory.glob("incoming-*")]
