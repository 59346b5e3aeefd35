"""Files of people: read right or not at all, taken once, and what failed comes back as a file."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation

from tabiji.core import postgres
from tabiji.people.public import consent, exports, imports, lists, persons, tables
from tabiji.people.tables import UnreadableFile
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces
from tests.builders.cast import customer
from tests.builders.scopes import in_workspace

pytestmark = pytest.mark.django_db
CARDS = (
    "会社名,部署名,役職,姓,名,e-mail,携帯電話,名刺交換日\r\n"
    "㈱青葉製作所,業務改善室,主任,髙橋,①郎,ichiro@aoba.example,090-1234-5678,2026/04/10\r\n"
    "株式会社みどり商事,,部長,佐藤,健,,,2026/04/10\r\n"
    "山川工業,,,鈴木,翔,not an address,,2026/04/11\r\n"
    ",,,,,,,2026/04/11\r\n"
    "海野物産,,,,,,,2026/04/11\r\n"
)


def run(import_id: int, now: datetime) -> None:
    imports.start(import_id, actor=AUTOMATIC)
    while imports.get(import_id).state == "running":
        imports.run_chunk(now)


def upload(text: str, now: datetime, encoding: str = "cp932") -> int:
    return imports.upload("名刺.csv", text.encode(encoding), actor=AUTOMATIC, now=now)


def test_a_cp932_file_with_circled_numbers_and_variant_kanji_comes_in_right(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    import_id = upload(CARDS, now)
    assert imports.get(import_id).encoding == "cp932"

    run(import_id, now)

    (person,) = persons.search("ichiro@aoba.example")
    assert (person.last_name, person.first_name, person.company) == ("髙橋", "①郎", "㈱青葉製作所")
    assert person.phone == "+819012345678"
    assert [found.id for found in persons.search("高橋")] == [person.id]


def test_columns_of_a_card_tool_map_themselves(workspace: WorkspaceInfo, now: datetime) -> None:
    mapping = imports.get(upload(CARDS, now)).mapping

    assert [mapping[str(number)] for number in range(8)] == [
        "company",
        "department",
        "title",
        "last_name",
        "first_name",
        "email",
        "phone",
        "exchanged_on",
    ]


def test_a_dry_run_says_what_then_happens(workspace: WorkspaceInfo, now: datetime) -> None:
    import_id = upload(CARDS, now)

    tried = imports.dry_run(import_id)
    assert persons.count() == 0
    run(import_id, now)

    assert tried == {"new": 2, "update": 0, "same": 0, "error": 3}
    assert imports.get(import_id).counts == {"new": 2, "error": 3}
    assert persons.count() == 2


def test_what_failed_comes_back_with_its_reason(workspace: WorkspaceInfo, now: datetime) -> None:
    import_id = upload(CARDS, now)
    run(import_id, now)

    content = b"".join(imports.problem_file(import_id)).decode("cp932")
    rows = list(csv.DictReader(io.StringIO(content)))

    assert [row["エラーの理由"] for row in rows] == [
        "メール:メールアドレスの形ではありません",
        "メール、電話、または名前と会社がありません",
        "メール、電話、または名前と会社がありません",
    ]
    assert rows[0]["姓"] == "鈴木"


def test_a_reason_in_english_names_its_column(workspace: WorkspaceInfo, now: datetime) -> None:
    import_id = upload("メール,名刺交換日\nnobody,2026/04/20\nb@aoba.example,tomorrow\n", now, "utf-8")
    mapping = {int(number): name for number, name in imports.get(import_id).mapping.items()}
    imports.map_columns(import_id, mapping, imports.Options(basis="card"), actor=AUTOMATIC)

    run(import_id, now)
    with translation.override("en"):
        (mail,), (day,) = (said for _number, _cells, said in imports.problems(import_id))

    assert mail == "E-mail: is not an e-mail address"
    assert day.startswith("Date of exchange: ")


def test_the_same_file_twice_makes_nobody_twice(workspace: WorkspaceInfo, now: datetime) -> None:
    run(upload(CARDS, now), now)
    second = upload(CARDS, now)

    assert imports.dry_run(second) == {"new": 0, "update": 0, "same": 2, "error": 3}
    run(second, now)

    assert persons.count() == 2


def test_a_file_fills_what_is_empty_and_overwrites_only_when_told(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    person = customer("ichiro@aoba.example", at=now, last_name="髙橋", title="課長")
    fills = "メール,役職,部署\nichiro@aoba.example,主任,業務改善室\n"

    run(upload(fills, now, "utf-8"), now)
    assert (persons.get(person).title, persons.get(person).department) == ("課長", "業務改善室")
    second = upload(fills, now, "utf-8")
    imports.map_columns(second, {0: "email", 1: "title"}, imports.Options(overwrite=True), actor=AUTOMATIC)
    run(second, now)

    assert persons.get(person).title == "主任"


def test_a_card_is_a_basis_with_its_day_and_file_as_evidence(workspace: WorkspaceInfo, now: datetime) -> None:
    import_id = upload(CARDS, now)
    mapping = {int(number): name for number, name in imports.get(import_id).mapping.items()}
    list_id = lists.create("展示会", actor=AUTOMATIC)
    options = imports.Options(basis="card", source="展示会名刺", list_id=list_id)
    imports.map_columns(import_id, mapping, options, actor=AUTOMATIC)

    run(import_id, now)

    (person,) = persons.search("ichiro@aoba.example")
    (entry,) = consent.history(person.id)
    assert (entry["basis"], entry["at"].astimezone(UTC).date().isoformat()) == ("card", "2026-04-10")
    assert entry["evidence"] == {"import": import_id, "file": "名刺.csv", "row": 2}
    assert person.source == "展示会名刺"
    assert len(lists.member_ids(list_id)) == 2


def test_a_card_of_a_day_to_come_is_an_error_and_one_of_today_is_not(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    early = now.replace(hour=0)  # 09:00 in Tokyo: a day stands for its noon, but no card is from later
    text = "メール,名刺交換日\na@aoba.example,2027/04/28\nb@aoba.example,2026/04/28\n"
    import_id = upload(text, early, "utf-8")
    mapping = {int(number): name for number, name in imports.get(import_id).mapping.items()}
    imports.map_columns(import_id, mapping, imports.Options(basis="card"), actor=AUTOMATIC)

    run(import_id, early)

    assert [said for _number, _cells, said in imports.problems(import_id)] == [["名刺交換日:未来の日付です"]]
    (person,) = persons.search("b@aoba.example")
    assert consent.states([person.id], "mail")[person.id].at == early


def test_a_withdrawal_is_never_overwritten_by_a_file(workspace: WorkspaceInfo, now: datetime) -> None:
    from tabiji.people.contracts import ConsentAct

    person = customer("ichiro@aoba.example", at=now)
    consent.record([ConsentAct(person, "mail", "withdraw", "request", now, "page")], actor="person")
    import_id = upload(CARDS, now)
    mapping = {int(number): name for number, name in imports.get(import_id).mapping.items()}
    imports.map_columns(import_id, mapping, imports.Options(basis="card"), actor=AUTOMATIC)

    run(import_id, now)

    assert consent.states([person], "mail")[person].state == "withdrawn"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\x81", "encoding"),
        ("姓,名\n佐藤,".encode() + b"\xff\xfe\x80", "encoding"),
        ("姓,名\n".encode(), "no_rows"),
        (b"a," * 300 + b"\n1\n", "too_many_columns"),
        (b"x" * 50_000_001, "too_large"),
    ],
)
def test_a_broken_file_is_refused_and_changes_nothing(
    workspace: WorkspaceInfo, now: datetime, content: bytes, code: str
) -> None:
    with pytest.raises(UnreadableFile) as refused:
        imports.upload("x.csv", content, actor=AUTOMATIC, now=now)

    assert refused.value.code == code
    assert postgres.scalar("SELECT count(*) FROM import_file") == 0


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "姓,名\n佐藤,健\n"),
        ("utf-8-sig", "姓,名\n佐藤,健\n"),
        ("utf-16", "姓\t名\n佐藤\t健\n"),
        ("cp932", "姓,名\n佐藤,健\n"),
    ],
)
def test_each_encoding_of_a_spreadsheet_is_read(encoding: str, text: str) -> None:
    table = tables.read(text.encode(encoding))

    assert (table.header, table.rows) == (("姓", "名"), (("佐藤", "健"),))


def test_an_import_goes_on_where_it_was_and_takes_no_row_twice(
    workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 10)
    rows = "".join(f"p{number}@many.example,佐藤\n" for number in range(35))
    import_id = upload(f"メール,姓\n{rows}", now, "utf-8")
    imports.start(import_id, actor=AUTOMATIC)

    imports.run_chunk(now)
    assert imports.get(import_id).rows_done == 10
    imports.cancel(import_id, actor=AUTOMATIC)
    imports.run_chunk(now)

    assert (imports.get(import_id).state, persons.count()) == ("cancelled", 10)


def test_nobody_elses_import_is_seen(workspace: WorkspaceInfo, now: datetime) -> None:
    import_id = upload(CARDS, now)
    other = _other()

    with in_workspace(other), pytest.raises(imports.NoSuchImport):
        imports.get(import_id)


def test_an_export_is_no_formula_and_is_in_the_audit_log(workspace: WorkspaceInfo, now: datetime) -> None:
    person = customer("a@aoba.example", at=now, last_name="=HYPERLINK(1)")

    content = b"".join(
        exports.people([person], actor=AUTOMATIC, columns=["last_name", "email"], reason="確認")
    )

    assert content.decode("utf-8-sig").splitlines()[1] == "'=HYPERLINK(1),a@aoba.example"
    assert postgres.scalar("SELECT count(*) FROM audit_entry WHERE action = 'export'") == 1


def _other() -> Any:
    from tests.builders.scopes import outside

    with outside():
        return workspaces.create("import-other", name="Other").id
