"""A file through the pages: read, mapped, tried, carried out; refused whole when it is broken."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tabiji.core import postgres
from tabiji.core.paging import ListQuery
from tabiji.events.public import history
from tabiji.people.public import consent, imports, lists, persons, tables
from tabiji.web.audiences.tests.conftest import SignIn, text_of
from tabiji.workspaces.contracts import AUTOMATIC, Actor, WorkspaceInfo
from tabiji.workspaces.public import PERMISSIONS, Role
from tests.builders.cast import customer
from tests.builders.console import Browser
from tests.builders.scopes import in_workspace, outside

pytestmark = pytest.mark.django_db
CARDS = (
    "会社名,部署名,役職,姓,名,e-mail,携帯電話,名刺交換日\r\n"
    "㈱青葉製作所,業務改善室,主任,髙橋,①郎,ichiro@aoba.example,090-1234-5678,2026/04/10\r\n"
    "山川工業,,部長,鈴木,翔,known@yamakawa.example,,2026/04/11\r\n"
    "<script>alert(1)</script>,,,=cmd|' /C calc'!A0,翔,no address,,2026/04/11\r\n"
).encode("cp932")


def upload(aoi: Browser, content: bytes, *, expected: int = 302, name: str = "名刺.csv") -> str:
    answer = aoi.post("imports/new/", {"file": SimpleUploadedFile(name, content)}, expected=expected)
    return str(answer.headers.get("Location", "")) or answer.content.decode()


def columns(**options: str) -> dict[str, str]:
    mapped = ("company", "department", "title", "last_name", "first_name", "email", "phone", "exchanged_on")
    return {**{f"column-{number}": field for number, field in enumerate(mapped)}, **options}


def work_off(import_id: int, now: datetime) -> None:
    """What the worker does."""
    while imports.get(import_id).state == "running":
        imports.run_chunk(now)


def test_a_cp932_file_goes_right_through_the_pages_to_exactly_its_people(
    aoi: Browser, workspace: WorkspaceInfo, now: datetime
) -> None:
    customer("known@yamakawa.example", at=now, last_name="鈴木")
    upload(aoi, CARDS)
    (made,) = imports.list_imports(ListQuery()).rows
    at = f"imports/{made.id}/"

    shown = aoi.get(at + "columns/")
    assert "Shift_JIS" in text_of(shown) and "㈱青葉製作所" in shown and "髙橋" in shown and "①郎" in shown
    assert re.search(r'name="column-5".*?<option value="email" selected>', shown, re.S)
    aoi.post(at + "columns/", columns(basis="card", note="春の展示会で交換", new_list="展示会"))
    checked = aoi.get(at + "check/")
    assert persons.count() == 1
    assert re.findall(r'tile-number(?: hot)?">(?:<a[^>]*>)?(\d+)', checked) == ["1", "1", "0", "1"]
    assert "2行を取り込む" in checked
    assert "<script>alert" not in checked and "&lt;script&gt;alert(1)" in checked

    aoi.post(at + "start/", {})
    aoi.post(at + "start/", {})  # pressed twice
    assert "data-done" not in aoi.get(at + "progress/")
    work_off(made.id, now)

    done = aoi.get(at)
    numbers = re.findall(r'tile-number"><a href="([^"]+)">(\d+)</a>', done)
    assert [number for _href, number in numbers] == ["2", "1", "1", "0"]
    for href, number in numbers[:3]:
        assert f'<span class="num">{number}人' in aoi.follow(href)
    (person,) = persons.search("ichiro@aoba.example")
    assert (person.last_name, person.first_name, person.company) == ("髙橋", "①郎", "㈱青葉製作所")
    (entry,) = consent.history(person.id)
    assert entry["evidence"] == {"import": made.id, "file": "名刺.csv", "row": 2, "text": "春の展示会で交換"}
    assert [one.people for one in lists.list_all()] == [2]


def test_the_error_file_holds_no_formula_and_speaks_the_readers_language(
    sign_in: SignIn, workspace: WorkspaceInfo, now: datetime
) -> None:
    english = sign_in(Role.MARKETER, "en")
    upload(english, CARDS)
    (made,) = imports.list_imports(ListQuery()).rows
    english.post(f"imports/{made.id}/start/", {})
    work_off(made.id, now)

    answer = english.client.get(english.home + f"imports/{made.id}/errors/")

    (row,) = list(csv.DictReader(io.StringIO(answer.content.decode("cp932"))))
    assert row["姓"] == "'=cmd|' /C calc'!A0"
    assert "E-mail" in row["Reason of the error"]
    assert answer["Content-Type"] == "text/csv"
    assert "attachment" in answer["Content-Disposition"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "ファイルが空です"),
        ("姓,名\n佐藤,".encode() + b"\xff\xfe\x80", "文字を読めません"),
        ('姓,名\n"佐藤,健\n鈴木,翔\n'.encode(), "対応が取れません"),
        ("姓,名\n".encode(), "見出しだけで"),
        (b"a," * 300 + b"\n1\n", "200列を超えています"),
        (b"x" * (tables.MAX_BYTES + 1), "50 MBを超えています"),
    ],
)
def test_a_broken_file_is_refused_in_words_and_nothing_is_kept(
    aoi: Browser, workspace: WorkspaceInfo, content: bytes, said: str
) -> None:
    page = upload(aoi, content, expected=422)

    assert said in text_of(page)
    assert postgres.scalar("SELECT count(*) FROM import_file") == 0


def test_a_basis_without_evidence_and_two_columns_for_one_field_are_refused_in_place(
    aoi: Browser, workspace: WorkspaceInfo
) -> None:
    upload(aoi, CARDS)
    (made,) = imports.list_imports(ListQuery()).rows
    at = f"imports/{made.id}/columns/"

    bare = aoi.post(at, columns(basis="consent"), expected=422).content.decode()
    twice = aoi.post(at, {**columns(), "column-1": "email"}, expected=422).content.decode()
    unknown = aoi.post(at, {**columns(), "column-1": "shoe_size"}, expected=422).content.decode()

    assert "証拠がなければ" in bare
    assert "同じ項目" in text_of(twice)
    assert "shoe_size" in text_of(unknown)


def test_an_import_is_stopped_and_what_came_in_stays(
    aoi: Browser, workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "CHUNK", 10)
    rows = "".join(f"p{number}@many.example,佐藤\n" for number in range(35))
    upload(aoi, f"メール,姓\n{rows}".encode())
    (made,) = imports.list_imports(ListQuery()).rows
    aoi.post(f"imports/{made.id}/start/", {})
    imports.run_chunk(now)

    aoi.post(f"imports/{made.id}/cancel/", {})
    work_off(made.id, now)

    assert "35行のうち10行で中止しました" in text_of(aoi.get(f"imports/{made.id}/"))
    assert persons.count() == 10


def test_people_are_exported_for_a_reason_and_no_cell_is_a_formula(
    aoi: Browser, workspace: WorkspaceInfo, now: datetime
) -> None:
    list_id = lists.create("来場者", actor=AUTOMATIC)
    lists.add(
        list_id, [customer("a@many.example", at=now, last_name="髙橋①", title="=1+1")], at=now, actor="auto"
    )
    customer("b@many.example", at=now)
    asked = {"who": f"list:{list_id}", "columns": ["last_name", "title"], "encoding": "cp932"}

    aoi.post("imports/export/", asked, expected=422)
    file = aoi.post("imports/export/", {**asked, "reason": "招待状の宛名"}, expected=200)

    assert file.content.decode("cp932").splitlines() == ["姓,役職", "髙橋①,'=1+1"]
    assert postgres.scalar("SELECT fields FROM audit_entry WHERE action = 'export'") == [
        "columns",
        "people",
        "reason",
    ]


def test_whoever_may_not_read_names_gets_them_masked(workspace: WorkspaceInfo, now: datetime) -> None:
    from tabiji.people.public import exports

    analyst = Actor(0, "", Role.ANALYST, PERMISSIONS[Role.ANALYST])
    person = customer("a@many.example", at=now, last_name="佐藤", title="部長")

    content = b"".join(
        exports.people([person], actor=analyst, columns=["last_name", "email", "title"], reason="数")
    )

    assert content.decode("utf-8-sig").splitlines()[1] == "佐●●,a●●,部長"


@pytest.mark.parametrize("role", [Role.SALES, Role.SALES_MANAGER, Role.ANALYST, Role.VIEWER])
def test_only_marketers_and_admins_bring_files_in_and_out(
    sign_in: SignIn, workspace: WorkspaceInfo, role: Role
) -> None:
    reader = sign_in(role)

    for path in ("imports/", "imports/new/", "imports/export/"):
        reader.get(path, expected=403)


def test_another_workspaces_file_is_not_there(aoi: Browser, workspace: WorkspaceInfo, now: datetime) -> None:
    from tabiji.workspaces.public import workspace as workspaces

    with outside():
        other = workspaces.create("import-other", name="Other").id
    with in_workspace(other):
        theirs = imports.upload("x.csv", CARDS, actor=AUTOMATIC, now=now)

    for path in ("", "columns/", "check/", "progress/", "errors/"):
        aoi.get(f"imports/{theirs}/{path}", expected=404)
    for path in ("start/", "cancel/", "encoding/"):
        aoi.post(f"imports/{theirs}/{path}", {"encoding": "cp932"}, expected=404)


def test_a_stranger_is_sent_to_sign_in(workspace: WorkspaceInfo) -> None:
    assert Client().get(f"/w/{workspace.slug}/imports/").status_code == 302


def test_events_of_the_past_come_by_file_and_bad_lines_come_back_in_words(
    aoi: Browser, workspace: WorkspaceInfo, now: datetime
) -> None:
    content = (
        "日時,行動,メールアドレス\n2026/4/20 9:05,来店,sato@aoba.example\nきのう,来店,sato@aoba.example\n"
    )
    file = SimpleUploadedFile("<来店>.csv", content.encode("cp932"))
    aoi.post("imports/events/", {"file": file}, expected=302)
    (made,) = history.list_newest()

    assert "0 / 2" in text_of(aoi.get("imports/events/progress/"))
    while history.carry_on(now):
        pass

    shown = aoi.get("imports/events/")
    assert "1 / 2" in text_of(shown) and "&lt;来店&gt;.csv" in shown
    assert "これは日時として" in aoi.get(f"imports/events/{made.id}/errors/")
    refused = aoi.post(
        "imports/events/", {"file": SimpleUploadedFile("x.csv", b"a,b\n1,2\n")}, expected=422
    ).content.decode()
    assert "いつ" in text_of(refused)
    assert len(history.list_newest()) == 1
