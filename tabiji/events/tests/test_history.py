"""Files of history: what a line tells, what is refused, and what a stop or a repetition changes."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.conf import settings

from tabiji.core import clickhouse, postgres
from tabiji.events import history, history_lines
from tabiji.events.public import inlet, processor
from tabiji.people.contracts import Identifier, IdentifierKind
from tabiji.people.public import identity, persons, tables
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo

BOUGHT = "日時,行動,メールアドレス,金額,店コード\n2026/4/20 9:05,来店購入,sato@aoba.example,1800,007\n"


def test_a_line_goes_to_the_person_of_its_address_with_its_own_date(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    taken = _brought(BOUGHT.encode(), now)

    assert (taken.state, taken.lines_taken, taken.lines_refused) == ("done", 1, 0)
    person = identity.find([Identifier(IdentifierKind.EMAIL, "sato@aoba.example")])
    assert _stored() == [
        ("来店購入", "2026-04-20 00:05:00.000", *person.values(), 1800, "007", "import"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_letters_come_in_right_whatever_wrote_them(
    workspace: WorkspaceInfo, now: datetime, encoding: str
) -> None:
    _brought(BOUGHT.replace("来店購入", "①㈱髙島へ来店").encode(encoding), now)

    assert [row[0] for row in _stored()] == ["①㈱髙島へ来店"]


def test_the_same_file_twice_and_the_same_line_twice_count_once(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    twice = BOUGHT + BOUGHT.splitlines()[1] + "\n"

    _brought(twice.encode(), now)
    _brought(twice.encode(), now)

    assert len(_stored()) == 1


def test_equal_cells_under_other_columns_are_another_event(workspace: WorkspaceInfo, now: datetime) -> None:
    _brought(BOUGHT.encode(), now)
    _brought(BOUGHT.replace("金額", "点数").encode(), now)

    assert len(_stored()) == 2


def test_an_address_beside_any_event_finds_its_person(workspace: WorkspaceInfo, now: datetime) -> None:
    _brought(BOUGHT.encode(), now)
    (person,) = identity.find([Identifier(IdentifierKind.EMAIL, "sato@aoba.example")]).values()
    identity.claim({Identifier(IdentifierKind.PHONE, "+819012345678"): person}, now)
    at = {"timestamp": "2026-04-21T00:00:00Z"}
    phone = {**at, "phone": "090-1234-5678"}
    mail = {**at, "email": "sato@aoba.example"}
    lines: list[dict[str, Any]] = [
        {"type": "page", "name": "料金", **mail},
        {"type": "page", "name": "料金表", **phone},
        {"type": "identify", "traits": {"last_name": "佐藤"}, **phone},
        {"type": "identify", "userId": "u-9", "traits": {"first_name": "美咲"}, **mail},
        {"type": "alias", "previousId": "u-1", **mail},
        {"type": ["page"], **mail},
    ]

    taken = _brought(_ndjson(lines), now)

    refused = [(line, reason) for line, reason, _ in history.refusals(taken.id)]
    assert refused == [(5, "no_person"), (6, "wrong_type")]
    came = [row for row in _stored() if row[0] != "来店購入"]
    assert sorted(row[0] for row in came) == ["identified", "identified", "page_viewed", "page_viewed"]
    assert {row[2] for row in came} == {person}
    assert identity.find([Identifier(IdentifierKind.USER, "u-9")]) == {
        Identifier(IdentifierKind.USER, "u-9"): person
    }
    (info,) = persons.get_many([person]).values()
    assert info.name == "佐藤 美咲"


def test_the_lines_that_came_back_are_mended_and_brought_in_again(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    content = "日時,行動,メールアドレス,金額,行\nきのう,返品,sato@aoba.example,-500,2階\n"
    taken = _brought(content.encode(), now)
    returned = b"".join(history.refusal_file(taken.id, str)).decode("utf-8-sig")
    assert "'-500" in returned

    again = _brought(returned.replace("きのう", "2026/4/20").encode(), now)

    assert (again.lines_taken, again.header) == (1, ["日時", "行動", "メールアドレス", "金額", "行"])
    assert [row[3] for row in _stored()] == [-500]


def test_a_file_in_euc_jp_is_not_taken_for_another(workspace: WorkspaceInfo, now: datetime) -> None:
    content = "timestamp,event,email\n2026-04-20,来店購入です,sato@aoba.example\n"
    with pytest.raises(tables.UnreadableFile) as refused:
        _brought(content.encode("euc_jp"), now)

    assert refused.value.code == "euc_jp"
    kana = content.replace("来店購入です", "ﾗｲﾃﾝ")
    assert (
        _brought(kana.encode("cp932") + "2026-04-21,来店,a@b.example\n".encode("cp932"), now).lines_taken == 2
    )


def test_a_phone_finds_who_is_here_and_makes_nobody(workspace: WorkspaceInfo, now: datetime) -> None:
    _brought(BOUGHT.encode(), now)
    (person,) = identity.find([Identifier(IdentifierKind.EMAIL, "sato@aoba.example")]).values()
    identity.claim({Identifier(IdentifierKind.PHONE, "+819012345678"): person}, now)
    lines = [
        {"event": "来電", "phone": "090-1234-5678", "timestamp": "2026-04-21T00:00:00Z"},
        {"event": "来電", "phone": "090-9999-9999", "timestamp": "2026-04-21T00:00:00Z"},
    ]

    taken = _brought(_ndjson(lines), now)

    assert [row[2] for row in _stored() if row[0] == "来電"] == [person]
    assert [(line, reason) for line, reason, _ in history.refusals(taken.id)] == [(2, "unknown_phone")]


def test_each_bad_line_is_refused_alone_and_comes_back_with_its_reason(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    good = {"event": "e", "userId": "u-1", "timestamp": "2026-04-01T00:00:00Z"}
    lines = [
        json.dumps(good),
        "{",
        json.dumps({**good, "timestamp": ""}),
        json.dumps({**good, "timestamp": "2027-01-01T00:00:00Z"}),
        json.dumps({**good, "event": " "}),
        json.dumps({**good, "userId": ""}),
        json.dumps({**good, "properties": "x"}),
        json.dumps({**good, "properties": {"x": "y" * 70_000}}),
        "[" * 5_000,
        json.dumps({**good, "event": "=cmd\u0000", "type": "spell"}),
    ]

    taken = _brought("\n".join(lines).encode(), now)

    assert (taken.lines_taken, taken.lines_refused) == (1, 9)
    reasons = [reason for _, reason, _ in history.refusals(taken.id)]
    assert sorted(reasons) == sorted(
        [
            "bad_json",
            "no_date",
            "bad_date",
            "no_name",
            "no_person",
            "wrong_type",
            "bad_json",
            "bad_json",
            "unknown_type",
        ]
    )
    content = b"".join(history.refusal_file(taken.id, str))
    given = [json.loads(line) for line in content.splitlines()]
    assert [one["_line"] for one in given] == list(range(2, 11))
    assert given[0] == {"_text": "{", "_line": 2, "_reason": "bad_json"}
    assert given[5] == {**good, "properties": "x", "_line": 7, "_reason": "wrong_type"}, "whole"

    again = _brought(content.replace(b'"timestamp":""', b'"timestamp":"2026-04-02"'), now)
    assert again.lines_taken == 1
    left = sorted(reason for _, reason, _ in history.refusals(again.id))
    assert left == sorted(reason for reason in reasons if reason != "no_date")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        ("日時,行動,金額\n2026/4/20,x,1\n".encode(), "columns"),
        (b"timestamp,event,email\n", "no_rows"),
        (b'timestamp,event,email\n2026-04-01,"x,a@b.example\n', "quotes"),
        (b"timestamp,event,email\n" + b"x" * 70_000, "quotes"),
        (b"\xff\x00\xfe" * 40 + b"\x81", "encoding"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_nothing(
    workspace: WorkspaceInfo, now: datetime, content: bytes, code: str
) -> None:
    with pytest.raises(tables.UnreadableFile) as refused:
        history.bring("x", io.BytesIO(content), actor=AUTOMATIC, now=now)

    assert refused.value.code == code
    assert history.list_newest() == []


def test_a_file_goes_on_piece_by_piece_and_stops_where_it_is_told(
    workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "PIECE", 2)
    lines = [{"event": "e", "userId": "u", "timestamp": f"2026-04-0{day}T00:00:00Z"} for day in range(1, 8)]
    made = history.bring("x", io.BytesIO(_ndjson(lines)), actor=AUTOMATIC, now=now)

    history.carry_on(now)
    history.carry_on(now)
    history.cancel(made, actor=AUTOMATIC)
    history.carry_on(now)

    found = history.get(made)
    assert (found.state, found.lines_total, found.lines_done) == ("cancelled", 7, 4)
    assert postgres.scalar("SELECT count(*) FROM history_piece") == 0
    assert len(_stored()) == 4


def test_a_broken_piece_stops_its_own_file_and_not_the_one_in_other_hands(
    committed: WorkspaceInfo, now: datetime
) -> None:
    with postgres.workspace_scope(committed.id):
        good, bad = (
            history.bring(name, io.BytesIO(BOUGHT.encode()), actor=AUTOMATIC, now=now)
            for name in ("good", "bad")
        )
        postgres.execute("UPDATE history_piece SET body = 'x' WHERE history_file_id = %s", [bad])

    def states() -> list[str]:
        with postgres.workspace_scope(committed.id):
            return [history.get(one).state for one in (good, bad)]

    with psycopg.connect(settings.DATABASE_URL, autocommit=False) as another:
        another.execute("SELECT id FROM history_file WHERE id = %s FOR UPDATE", [good])
        assert history.tick() == 1
        assert states() == ["running", "failed"]

    while history.tick():
        processor.process_all()
    assert states() == ["done", "failed"]


def test_the_past_waits_while_what_arrives_now_waits(workspace: WorkspaceInfo, now: datetime) -> None:
    made = history.bring("x", io.BytesIO(BOUGHT.encode()), actor=AUTOMATIC, now=now)
    inlet.accept([{"type": "track", "event": "now", "anonymousId": "a"}], source="web")
    postgres.execute("UPDATE event_inbox SET received_at = received_at - interval '3 seconds'")

    assert history.tick() == 0
    processor.process_all()
    assert history.tick() == 1
    assert history.get(made).lines_taken == 1


def test_a_column_may_be_called_as_the_mark_of_an_impossible_date(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    good = {
        "event": "e",
        "userId": "u",
        "timestamp": "2026-04-01T00:00:00Z",
        "properties": {"claimed_at": "x"},
    }

    taken = _brought(_ndjson([good, {**good, "timestamp": "2031-04-01T00:00:00Z"}]), now)

    assert [(line, reason) for line, reason, _ in history.refusals(taken.id)] == [(2, "bad_date")]


def test_of_a_line_without_an_end_only_what_a_line_may_have_is_kept() -> None:
    opened = history_lines.opened(io.BytesIO(b'{"a":"' + b"x" * 5_000_000 + b'"}\n{"b":1}\n'))

    lines = list(opened.lines)
    assert [number for number, _ in lines] == [1, 2]
    assert len(lines[0][1][0]) <= history_lines.MAX_LINE + 1
    assert lines[1][1] == ['{"b":1}']


def _brought(content: bytes, now: datetime) -> history.HistoryInfo:
    made = history.bring("history.csv", io.BytesIO(content), actor=AUTOMATIC, now=now)
    while history.carry_on(now):
        pass
    processor.process_all()
    return history.get(made)


def _stored() -> list[tuple[Any, ...]]:
    processor.process_all()
    return clickhouse.store().rows(
        "SELECT name, toString(occurred_at), subject_id, props.`金額`::Nullable(Int64),"
        " ifNull(props.`店コード`::Nullable(String), ''), source FROM event"
        " WHERE workspace_id = {workspace:UInt32} AND source = 'import' ORDER BY occurred_at",
        {"workspace": postgres.workspace_id()},
    )


def _ndjson(lines: Sequence[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
