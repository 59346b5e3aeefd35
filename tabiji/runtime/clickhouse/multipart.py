"""multipart/form-data as HTTP clients of ClickHouse send it: a query, its parameters, external tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_BOUNDARY: Final = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_NAME: Final = re.compile(r'\bname="((?:[^"\\]|\\.)*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    is_file: bool
    data: bytes


def parts(content_type: str, body: bytes) -> list[Part]:
    """The parts in order; raises ValueError for a body that is not whole."""
    boundary = _BOUNDARY.search(content_type)
    if not boundary:
        raise ValueError("multipart without a boundary")
    mark = b"\r\n--" + boundary.group(1).encode()
    body = b"\r\n" + body
    place = body.find(mark)
    found: list[Part] = []
    while place >= 0:
        start = place + len(mark)
        if body[start : start + 2] == b"--":
            return found
        place = body.find(mark, start)
        if place < 0:
            break
        found.append(_part(body[start:place]))
    raise ValueError("multipart body ends early")


def _part(text: bytes) -> Part:
    head, blank, data = text.partition(b"\r\n\r\n")
    disposition = next(
        (line for line in head.decode().split("\r\n") if line.lower().startswith("content-disposition:")), ""
    )
    name = _NAME.search(disposition)
    if not blank or not name:
        raise ValueError("a part of the multipart body has no name")
    return Part(name.group(1), "filename=" in disposition.lower(), data)
