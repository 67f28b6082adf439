"""The smallest readable PDF: one page with one line that says that it is a sample."""

from __future__ import annotations

from unicodedata import normalize


def paper(title: str) -> bytes:
    """A sample document with this title (without its accents: the built-in font has none)."""
    line = "".join(letter for letter in normalize("NFD", title.replace("đ", "d").replace("Đ", "D")) if letter.isascii())
    safe = line.replace("\\", "").replace("(", "").replace(")", "")
    text = f"BT /F1 16 Tf 60 760 Td ({safe}) Tj 0 -28 Td (Demonstration document) Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    return _assembled(objects)


def _assembled(objects: tuple[bytes, ...]) -> bytes:
    whole, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return whole + head + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(whole))
