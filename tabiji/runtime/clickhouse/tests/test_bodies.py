"""What request bodies are made of: forms and compressed bytes."""

from __future__ import annotations

import gzip

import lz4.frame  # type: ignore[import-untyped]
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tabiji.runtime.clickhouse import compression, multipart
from tabiji.runtime.clickhouse.faults import EngineError

_ENCODERS = {"lz4": lz4.frame.compress, "zstd": zstandard.compress, "gzip": gzip.compress}


@pytest.mark.parametrize("encoding", sorted(_ENCODERS))
@given(blocks=st.lists(st.binary(), max_size=4), cut=st.integers(1, 50))
def test_frames_one_after_another_are_one_body(encoding: str, blocks: list[bytes], cut: int) -> None:
    body = b"".join(_ENCODERS[encoding](block) for block in blocks)
    pieces = [body[place : place + cut] for place in range(0, len(body), cut)]

    assert b"".join(compression.decompressed(pieces, encoding)) == b"".join(blocks)


@pytest.mark.parametrize("encoding", sorted(_ENCODERS))
def test_a_body_cut_off_or_of_another_kind_is_refused(encoding: str) -> None:
    whole = _ENCODERS[encoding](b"a" * 1000)

    for body in (whole[:-3], b"not compressed at all"):
        with pytest.raises(EngineError):
            list(compression.decompressed([body], encoding))


@pytest.mark.parametrize("encoding", compression.OFFERED)
@given(blocks=st.lists(st.binary(max_size=1000), max_size=4))
def test_what_is_compressed_for_an_answer_can_be_read(encoding: str, blocks: list[bytes]) -> None:
    compressor = compression.compressor(encoding)
    body = b"".join([compressor.compress(block) for block in blocks]) + compressor.flush()

    assert b"".join(compression.decompressed([body], encoding)) == b"".join(blocks)


@given(data=st.binary(max_size=200))
def test_a_part_holds_any_bytes_but_the_boundary(data: bytes) -> None:
    body = (
        b'--xYz\r\nContent-Disposition: form-data; name="query"\r\n\r\nSELECT 1\r\n'
        b'--xYz\r\nContent-Disposition: form-data; name="ids"; filename="ids.tsv"\r\nContent-Type: a/b\r\n\r\n'
        + data.replace(b"--xYz", b"")
        + b"\r\n--xYz--\r\n"
    )

    parts = multipart.parts("multipart/form-data; boundary=xYz", body)

    assert parts == [
        multipart.Part("query", False, b"SELECT 1"),
        multipart.Part("ids", True, data.replace(b"--xYz", b"")),
    ]


@pytest.mark.parametrize(
    "body", [b"", b"--xYz\r\n", b'--xYz\r\nContent-Disposition: form-data; name="a"\r\n\r\n1']
)
def test_a_form_that_ends_early_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="early"):
        multipart.parts("multipart/form-data; boundary=xYz", body)
