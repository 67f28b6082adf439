"""Files are kept by content; their names are only text."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from app.dossiers.errors import FileEmpty, FileLost, FileTooLarge, FileTypeRefused
from app.dossiers.files import WORD, Store
from app.dossiers.papers import shown_name
from tests.app.dossiers.stage import PDF, PNG


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "files", 1000)


def contents(store: Store) -> list[Path]:
    return [path for path in store.directory.rglob("*") if path.is_file()]


def test_the_same_content_is_stored_once_whatever_its_name(store: Store) -> None:
    first, second = store.keep(BytesIO(PNG), "a.png"), store.keep(BytesIO(PNG), "b.exe")
    assert first == second
    assert first.media_type == "image/png"
    assert contents(store) == [store.path(first.sha256)]
    assert store.path(first.sha256).read_bytes() == PNG


@pytest.mark.parametrize(("content", "error"), [
    (b"", FileEmpty), (b"MZ" + bytes(100), FileTypeRefused), (b"<script>alert(1)</script>", FileTypeRefused),
    (PDF + bytes(1000), FileTooLarge),
])
def test_what_cannot_be_kept_leaves_nothing_behind(store: Store, content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        store.keep(BytesIO(content), "scan.pdf")
    assert contents(store) == []


def test_office_files_are_told_from_other_archives_by_their_parts(store: Store) -> None:
    assert store.keep(BytesIO(archive("docProps/app.xml", "word/document.xml")), "x").media_type == WORD
    with pytest.raises(FileTypeRefused):
        store.keep(BytesIO(archive("evil.sh")), "letter.docx")


def archive(*names: str) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize("sha256", ["../../etc/passwd", "", "A" * 64, "0" * 63])
def test_only_a_digest_becomes_a_path(store: Store, sha256: str) -> None:
    with pytest.raises(FileLost):
        store.path(sha256)


@pytest.mark.parametrize(("given", "shown"), [
    ("../../etc/passwd", "passwd"), ("C:\\giấy tờ\\quét.pdf", "quét.pdf"), ("a\x00\r\nb.pdf", "ab.pdf"), ("", "file"),
])
def test_a_name_is_only_text(given: str, shown: str) -> None:
    assert shown_name(given) == shown


def test_a_content_is_forgotten_only_when_it_is_old(store: Store) -> None:
    now = datetime.now(UTC)
    kept = store.keep(BytesIO(PNG), "a.png")
    assert not store.forget(kept.sha256, now - timedelta(days=1))
    assert contents(store) == [store.path(kept.sha256)]
    yesterday = (now - timedelta(days=2)).timestamp()
    os.utime(store.path(kept.sha256), (yesterday, yesterday))
    store.keep(BytesIO(PNG), "again.png")
    assert not store.forget(kept.sha256, now - timedelta(days=1))
    os.utime(store.path(kept.sha256), (yesterday, yesterday))
    assert store.forget(kept.sha256, now - timedelta(days=1))
    assert contents(store) == []
    assert not store.forget(kept.sha256, now)
