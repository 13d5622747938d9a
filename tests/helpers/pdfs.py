"""Small PDFs, written by hand."""

from __future__ import annotations

from collections.abc import Sequence


def pdf(objects: Sequence[bytes]) -> bytes:
    """A file of objects 1, 2, …; the first is the catalogue."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for i, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (i, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % p for p in places)
    return bytes(out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))


def stream(data: bytes, head: bytes = b"") -> bytes:
    """An object with data."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), head, data)


def pages_pdf(contents: Sequence[bytes], size: tuple[float, float] = (288, 144), more: Sequence[bytes] = ()) -> bytes:
    """A PDF with a page for each content, which may use the font /F and the picture /I (the first of `more`).

    Args:
        contents: drawing operators.
        size: of each page, in points.
    """
    count = len(contents)
    kids = b" ".join(b"%d 0 R" % (4 + 2 * i) for i in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    image = b"/XObject << /I %d 0 R >>" % (4 + 2 * count) if more else b""
    for i, content in enumerate(contents):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %g %g] /Resources << /Font << /F 3 0 R >> %s >> /Contents %d 0 R >>"
            % (*size, image, 5 + 2 * i)
        )
        objects.append(stream(content))
    return pdf([*objects, *more])
