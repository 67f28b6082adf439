"""The store of files: each content once, under its SHA-256; names from outside never become paths."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

import filetype

from app.dossiers.errors import FileEmpty, FileLost, FileTooLarge, FileTypeRefused

CHUNK = 1 << 16
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ALLOWED = {
    "application/pdf": "PDF", "image/png": "PNG", "image/jpeg": "JPEG", "image/tiff": "TIFF", WORD: "DOCX",
    SHEET: "XLSX", ODT: "ODT", ODS: "ODS", "application/msword": "DOC", "application/vnd.ms-excel": "XLS",
}
INLINE = frozenset({"application/pdf", "image/png", "image/jpeg"})
_INSIDE_ZIP = {"word/document.xml": WORD, "xl/workbook.xml": SHEET}
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Stored:
    """What lies in the store, as measured by us."""

    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True)
class Store:
    """A directory of contents with a limit for each of them."""

    directory: Path
    limit: int

    def path(self, sha256: str) -> Path:
        """Where a content lies; anything but a digest is refused before it can become a path."""
        if not _SHA256.fullmatch(sha256):
            raise FileLost(name=sha256)
        return self.directory / sha256[:2] / sha256[2:]

    def keep(self, stream: IO[bytes], name: str) -> Stored:
        """Store a content, measured and recognised; the same content is kept once."""
        self.directory.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix="incoming-", dir=self.directory)
        try:
            with os.fdopen(handle, "wb") as out:
                sha256, size = self._copy(stream, out, name)
            media_type = recognise(Path(temporary), name)
            self._settle(Path(temporary), self.path(sha256))
        finally:
            Path(temporary).unlink(missing_ok=True)
        return Stored(sha256, size, media_type)

    def _copy(self, stream: IO[bytes], out: IO[bytes], name: str) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > self.limit:
                raise FileTooLarge(name=name, limit=self.limit // (1 << 20))
            digest.update(chunk)
            out.write(chunk)
        if not size:
            raise FileEmpty(name=name)
        out.flush()
        os.fsync(out.fileno())
        return digest.hexdigest(), size

    @staticmethod
    def _settle(temporary: Path, final: Path) -> None:
        """A content that is there already is put there again: its age tells `forget` that somebody has just come."""
        final.parent.mkdir(exist_ok=True)
        os.replace(temporary, final)

    def forget(self, sha256: str, before: datetime) -> bool:
        """Remove a content that nobody needs any more, unless it was brought (again) since `before`.

        It is set aside first and looked at there, so that one brought at this very moment is not lost.
        """
        path = self.path(sha256)
        aside = path.with_name(f"{path.name}.going")
        try:
            os.replace(path, aside)
        except FileNotFoundError:
            return False
        if aside.stat().st_mtime >= before.timestamp():
            os.replace(aside, path)
            return False
        aside.unlink()
        return True

    def existing(self, sha256: str, name: str) -> Path:
        """The path of a content that must be there."""
        path = self.path(sha256)
        if not path.is_file():
            raise FileLost(name=name)
        return path


def recognise(path: Path, name: str) -> str:
    """The media type by content, one of `ALLOWED`."""
    kind = filetype.guess(str(path))
    found = kind.mime if kind else ""
    if found == "application/zip":
        found = _office(path)
    if found not in ALLOWED:
        raise FileTypeRefused(name=name, allowed=", ".join(ALLOWED.values()))
    return found


def _office(path: Path) -> str:
    """Office writers order the parts of their zip differently, so the list of parts is read where magic bytes fail."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            mark = archive.open("mimetype").read(100).decode("ascii", "replace") if "mimetype" in names else ""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return ""
    return next((kind for part, kind in _INSIDE_ZIP.items() if part in names), mark)
