"""Content-Encoding in and out, as ClickHouse clients use it: lz4 and zstd frames, gzip."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final, Protocol, cast

import lz4.frame  # type: ignore[import-untyped]
import zstandard

from tabiji.runtime.clickhouse.faults import BAD_ARGUMENTS, EngineError

OFFERED: Final = ("lz4", "zstd", "gzip")


class Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def decompressed(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The plain bytes of a request body. Raises EngineError for an encoding not offered or bytes that are not it."""
    if encoding in ("", "identity"):
        yield from chunks
        return
    decompressor, begun = _decompressor(encoding), False
    try:
        for chunk in chunks:
            while chunk:
                if decompressor.eof:  # clients write one frame a block
                    decompressor = _decompressor(encoding)
                begun = True
                if plain := decompressor.decompress(chunk):
                    yield plain
                chunk = decompressor.unused_data if decompressor.eof else b""
    except (RuntimeError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise EngineError(BAD_ARGUMENTS, f"The body is not {encoding}: {error}") from None
    if begun and not decompressor.eof:
        raise EngineError(BAD_ARGUMENTS, f"The {encoding} body ends early")


def chosen(accepted: str) -> str | None:
    """The encoding to answer with, or None for plain."""
    wanted = [word.partition(";")[0].strip().lower() for word in accepted.split(",")]
    return next((name for name in wanted if name in OFFERED), None)


def compressor(encoding: str) -> Compressor:
    if encoding == "lz4":
        return _Lz4()
    if encoding == "zstd":
        return zstandard.ZstdCompressor(level=1).compressobj()
    return zlib.compressobj(1, zlib.DEFLATED, 31)


class _Lz4:
    """lz4.frame with the interface of the others."""

    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor(auto_flush=True)
        self._head = self._frame.begin()

    def compress(self, data: bytes, /) -> bytes:
        head, self._head = self._head, b""
        return bytes(head + self._frame.compress(data))

    def flush(self) -> bytes:
        head, self._head = self._head, b""
        return bytes(head + self._frame.flush())


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def _decompressor(encoding: str) -> _Decompressor:
    if encoding == "lz4":
        return cast(_Decompressor, lz4.frame.LZ4FrameDecompressor())
    if encoding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj()
    if encoding in ("gzip", "deflate"):
        return zlib.decompressobj(47)
    raise EngineError(
        BAD_ARGUMENTS, f"Content-Encoding {encoding!r} is not served; use {', '.join(OFFERED)} or none"
    )
