"""Answers as they come: cut anywhere, broken off in the middle."""

from __future__ import annotations

import pytest

from tabiji.core.clickhouse import ClickHouseError, native

BLOCK = native.encode({"n": [1, 2, 3]}, {"n": "UInt8"})
SAID = f"Code: 395. DB::Exception: Value passed to 'throwIf' function is non-zero: {'while executing ' * 60}(version 26.9)"
TAGGED = (
    f"__exception__\r\ntag4567890123456\r\n{SAID}\n{len(SAID)} tag4567890123456\r\n__exception__\r\n".encode()
)


@pytest.mark.parametrize("cut", range(0, len(TAGGED), 23))
def test_an_exception_in_the_middle_is_told_wherever_the_pieces_are_cut(cut: int) -> None:
    pieces = iter([BLOCK + TAGGED[:cut], TAGGED[cut:]])

    with pytest.raises(ClickHouseError) as told:
        list(native.blocks(pieces, "tag4567890123456"))

    assert told.value.code == 395


def test_a_block_cut_anywhere_is_read_whole() -> None:
    for cut in range(1, len(BLOCK)):
        answer = native.blocks(iter([BLOCK[:cut], BLOCK[cut:]]), None)
        assert [[list(column) for column in block] for block in answer] == [[[1, 2, 3]]]
