"""Audiences: written in sentences, counted while they are written, and true about who is in them."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tabiji.audiences.public import audience, history
from tabiji.core import clickhouse
from tabiji.core.paging import ListQuery
from tabiji.events.public import inlet, processor
from tabiji.pages.public import forms
from tabiji.scoring.public import stage_models
from tabiji.web.audiences.tests.conftest import SignIn, text_of
from tabiji.web.components import condition_rows
from tabiji.web.components.condition_rows import Where
from tabiji.web.components.tests.posting import posted
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role
from tests.builders.cast import customer
from tests.builders.console import Browser
from tests.builders.mails import published_mail
from tests.builders.scopes import in_workspace, outside

pytestmark = pytest.mark.django_db
HEADS = {"version": 1, "kind": "attribute", "field": "title", "op": "is", "value": "部長"}
HEADS_LINE = {key: value for key, value in HEADS.items() if key != "version"}
EARLY = {"kind": "attribute", "field": "created_at", "op": "before", "value": "2100-01-01"}
NESTED = {
    "joined": "all",
    "row-0-kind": "attribute",
    "row-0-field": "title",
    "row-0-op": "is_not_empty",
    "row-1-kind": "group",
    "row-1-joined": "none",
    "row-1_0-kind": "attribute",
    "row-1_0-field": "title",
    "row-1_0-op": "is",
    "row-1_0-value": "課長",
    "row-1_1-kind": "did",
    "row-1_1-name": "page_viewed",
    "row-1_1-did": "at_least",
    "row-1_1-times": "2",
    "row-1_1-window": "days",
    "row-1_1-span": "14",
    "row-1_1-test-0-prop": "ページ",
    "row-1_1-test-0-op": "starts_with",
    "row-1_1-test-0-value": "/pricing",
}


def test_groups_in_groups_are_counted_line_by_line_and_kept(aoi: Browser, people: list[UUID]) -> None:
    counted = aoi.post("audiences/count/", NESTED, expected=200, htmx=True).content.decode()
    made = aoi.post("audiences/new/", {**NESTED, "name": "決める人", "why": "価格の話をする"})

    assert "/ 6人" in text_of(counted)
    assert re.search(r'id="effect-1_0"[^>]*>−2人<', counted)
    (link,) = re.findall(r'<a href="([^"]+)">3</a>', counted)
    assert '<span class="num">3人' in aoi.follow(link)
    (kept,) = audience.list_all()
    assert made.headers["Location"].endswith(f"/audiences/{kept.id}/")
    assert kept.size == 3
    assert kept.condition.data() == {
        "version": 1,
        "kind": "all",
        "of": [
            {"kind": "attribute", "field": "title", "op": "is_not_empty"},
            {
                "kind": "none",
                "of": [
                    {"kind": "attribute", "field": "title", "op": "is", "value": "課長"},
                    {
                        "kind": "event",
                        "name": "page_viewed",
                        "where": [{"prop": "path", "op": "starts_with", "value": "/pricing"}],
                        "count": {"op": "at_least", "n": 2},
                        "window": {"kind": "last", "n": 14, "unit": "days"},
                        "machines": False,
                    },
                ],
            },
        ],
    }


def test_the_page_of_one_says_who_is_in_it_and_opens_exactly_them(
    aoi: Browser, people: list[UUID], now: datetime
) -> None:
    made = audience.create("部長", actor=AUTOMATIC, condition=HEADS, why="決める人")
    audience.create(
        "部長のうち",
        actor=AUTOMATIC,
        condition={"kind": "value", "of": "audience", "ref": str(made), "op": "member"},
    )
    audience.refresh_now(made, now=now)
    processor.process_all()

    page = aoi.get(f"audiences/{made}/")
    lines = text_of(aoi.get(f"audiences/{made}/lines/"))
    listed = text_of(aoi.get("audiences/"))

    assert "部長のうち" in text_of(page)  # used there
    (link,) = re.findall(r'<a href="([^"]+)">3</a>', page)
    assert '<span class="num">3人' in aoi.follow(link)
    assert "当てはまる人 3人" in lines
    assert "−3人" in lines
    assert "部長のうち" in listed
    assert history.sizes(made, now=now)[-2:] == [(history.sizes(made, now=now)[-2][0], 0), (now.date(), 3)]
    assert "いま3人" in aoi.get(f"audiences/{made}/history/")


def test_what_nobody_fits_names_the_line_that_removes_most(aoi: Browser, people: list[UUID]) -> None:
    none = {
        "joined": "all",
        "row-0-kind": "attribute",
        "row-0-field": "title",
        "row-0-op": "is",
        "row-0-value": "社長",
        "row-1-kind": "attribute",
        "row-1-field": "email",
        "row-1-op": "is_not_empty",
    }

    said = text_of(aoi.post("audiences/count/", none, expected=200, htmx=True).content.decode())

    assert "いちばん多く外しているのは「役職が「社長」」で、外すと6人になります" in said


def test_a_wrong_line_is_said_in_its_place_and_nothing_typed_is_lost(
    aoi: Browser, workspace: WorkspaceInfo
) -> None:
    wrong = {**NESTED, "row-1_0-field": "shoe_size", "name": "<b>部長</b>"}

    page = aoi.post("audiences/new/", wrong, expected=422).content.decode()

    error = page.index("「shoe_size」という項目はありません")
    assert page.index('name="row-1_0-value"') < error < page.index('name="row-1_1-name"')
    assert 'value="/pricing"' in page
    assert "&lt;b&gt;部長" in page and "<b>部長" not in page
    assert audience.list_all() == []


@pytest.mark.parametrize(
    "line",
    [
        {"kind": "did", "window": "last:" + "9" * 5_000},
        {"kind": "did", "window": "calendar:decade:1"},
        {"kind": "did", "did": "sum", "prop": "a`b", "amount": "1e400"},
        {"kind": "did", "did": "nth", "times": "-1"},
        {"kind": "did", "name": "other", "own": "\0"},
        {"kind": "form", "which": "9" * 5_000},
        {"kind": "sequence", "step-0-name": "page_viewed"},
        {"kind": "top", "most-of": "0"},
        {"kind": "change", "change": "stage", "how": "to", "new": ""},
        {"kind": "attribute", "field": "created_at", "op": "in_month", "value": "9" * 5_000},
        {"kind": "consent", "ref": "carrier-pigeon", "value": "granted"},
        {"kind": "sample", "percent": "nan"},
    ],
)
def test_what_no_browser_would_send_is_refused_and_still_drawn(
    aoi: Browser, workspace: WorkspaceInfo, line: dict[str, str]
) -> None:
    form = {"joined": "all", **{f"row-0-{name}": value for name, value in line.items()}}

    aoi.post("audiences/count/", form, expected=422, htmx=True)
    aoi.post("audiences/new/", {**form, "do": "turn"}, expected=200, htmx=True)


def test_the_text_is_never_that_of_an_older_condition(
    aoi: Browser, people: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    unfinished = aoi.post(
        "audiences/count/", {**NESTED, "row-1_0-value": ""}, expected=422, htmx=True
    ).content.decode()
    monkeypatch.setattr(clickhouse, "_store", clickhouse.ClickHouse("http://x:x@127.0.0.1:9/tabiji"))
    resting = aoi.post("audiences/count/", NESTED, expected=200, htmx=True).content.decode()

    texts = [re.findall(r'id="condition-text"[^>]*>([^<]*)</pre>', one) for one in (unfinished, resting)]
    assert texts[0] == [""] and "課長" in html.unescape(texts[1][0])
    assert all(re.search(r'<div id="audience-sample"[^>]*>\s*</div>', one) for one in (unfinished, resting))


def test_lines_groups_and_filters_come_and_go_without_being_finished(
    aoi: Browser, workspace: WorkspaceInfo
) -> None:
    unfinished = {**NESTED, "row-1_0-value": ""}

    more = aoi.post("audiences/new/", {**unfinished, "do": "add_row:0/1/score"}, expected=200, htmx=True)
    less = aoi.post("audiences/new/", {**unfinished, "do": "remove_row:0/1_0"}, expected=200, htmx=True)
    filtered = aoi.post(
        "audiences/new/", {**unfinished, "do": "add_part:0/1_1/test"}, expected=200, htmx=True
    )
    plain = aoi.post(
        "audiences/new/", {**unfinished, "do": "remove_part:0/1_1/test-0"}, expected=200, htmx=True
    )

    assert 'name="row-1_2-op"' in more.content.decode()
    assert re.search(r'id="row-1_2-\w+"[^>]*autofocus', more.content.decode())
    assert 'name="row-1_0-name"' in less.content.decode()
    assert 'name="row-1_1-test-1-op"' in filtered.content.decode()
    assert "-test-0-" not in plain.content.decode()


@pytest.mark.parametrize(
    "leaf",
    [
        {"kind": "event", "name": "asked", "where": [{"prop": "props.plan", "op": "in", "value": ["a,b"]}]},
        {"kind": "value", "of": "hold", "ref": "deal:1", "op": "member"},
        {"kind": "attribute", "field": "title", "op": "in", "value": ["部長", "課、長"]},
        {"kind": "attribute", "field": "title", "op": "is", "value": "部\n長"},
        {"kind": "event", "name": "asked", "where": [{"prop": "props.a", "op": "is", "value": "x\ry"}]},
    ],
)
def test_what_no_sentence_can_say_is_kept_to_the_letter(
    workspace: WorkspaceInfo, leaf: dict[str, object]
) -> None:
    stored = {"version": 1, "kind": "all", "of": [leaf, HEADS | {"kind": "attribute"}]}
    stored["of"][1].pop("version")  # type: ignore[index]

    lines = condition_rows.lines_of(stored, Where())

    assert lines.lines[0].kind == condition_rows.RAW
    said = condition_rows.tree(lines, Where())["of"][0]
    assert {key: said[key] for key in leaf} == leaf


def test_a_condition_is_copied_as_text_and_read_back_with_its_names(aoi: Browser, people: list[UUID]) -> None:
    inside = audience.create("部長", actor=AUTOMATIC, condition=HEADS)
    member = {"kind": "value", "of": "audience", "ref": str(inside), "op": "member"}
    made = audience.create("使う側", actor=AUTOMATIC, condition={"kind": "all", "of": [member, EARLY]})
    shown = posted(aoi.get(f"audiences/{made}/edit/"))

    counted = aoi.post("audiences/count/", shown, expected=200, htmx=True).content.decode()
    (copied,) = re.findall(r'<pre[^>]*id="condition-text"[^>]*>(.*?)</pre>', counted, re.DOTALL)
    text = {"pasted": html.unescape(copied), "do": "paste", "name": "写し"}
    read = posted(aoi.post("audiences/new/", text, expected=200, htmx=True).content.decode())
    aoi.post("audiences/new/", {**read, "name": "写し"})

    assert '"ref_name": "部長"' in html.unescape(copied)
    (copy,) = [one for one in audience.list_all() if one.name == "写し"]
    assert copy.condition == audience.get(made).condition


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("役職が部長", "1行目の1文字目"),
        ('{"kind": "all", "of": [{"kind": "everyone"}, {"kind": "wizard"}]}', "2番目の条件"),
        (
            '{"condition": {"kind": "none", "of": [{"kind": "event", "name": "x", "where":'
            ' [{"prop": "<b>", "op": "is"}]}]}}',
            "1番目の条件 › 1番目の絞り込み › prop",
        ),
        ('{"kind": "value", "of": "list", "ref": "999999", "op": "member"}', "もうありません"),
        ("[" * 50_000, "読めません"),
        ('{"kind": "sample", "percent": NaN, "seed": "a"}', "読めません"),
        ('{"kind": "sample", "percent": 1, "seed": "\\u0000"}', "読めません"),
        ('{"kind": "sample", "percent": 1, "seed": "\\ud800"}', "読めません"),
        ("x" * 100_001, "100 kBまで"),
    ],
)
def test_a_text_that_is_no_condition_is_refused_with_its_place_and_changes_no_line(
    aoi: Browser, workspace: WorkspaceInfo, pasted: str, said: str
) -> None:
    answer = aoi.post(
        "audiences/new/", {**NESTED, "pasted": pasted, "do": "paste"}, expected=200, htmx=True
    ).content.decode()

    assert said in text_of(answer)
    assert 'name="row-1_1-test-0-value"' in answer and "<b>" not in answer


def test_some_of_those_who_fit_are_shown_and_masked_for_whoever_sees_them_so(
    aoi: Browser, sign_in: SignIn, people: list[UUID]
) -> None:
    one = {"joined": "all", "row-0-kind": "attribute", "row-0-field": "title", "row-0-op": "is"}
    asked = {**one, "row-0-value": "部長"}

    seen = aoi.post("audiences/count/", asked, expected=200, htmx=True).content.decode()
    masked = sign_in(Role.ANALYST).post("audiences/count/", asked, expected=200, htmx=True).content.decode()

    shown = {UUID(found) for found in re.findall(r"/people/([0-9a-f-]{36})/", seen)}
    assert shown == set(people[:3]) and "佐藤" in seen
    assert len(re.findall(r"/people/[0-9a-f-]{36}/", masked)) == 3 and "佐藤" not in masked


def test_why_somebody_is_in_it_or_not_is_said_line_by_line(aoi: Browser, people: list[UUID]) -> None:
    made = audience.create("部長", actor=AUTOMATIC, condition={"kind": "all", "of": [HEADS_LINE, EARLY]})

    found = aoi.get(f"audiences/{made}/why/?q=佐藤")
    inside = text_of(aoi.get(f"audiences/{made}/why/?person={people[0]}"))
    outside_it = text_of(aoi.get(f"audiences/{made}/why/?person={people[5]}"))

    assert str(people[0]) in found
    assert "いま当てはまります" in inside and "満たさない" not in inside
    assert "いまは当てはまりません" in outside_it and re.search("部長」 満たさない", outside_it)
    assert re.search("登録日.* 満たす", outside_it)
    aoi.get(f"audiences/{made}/why/?person=nobody", expected=404)


def test_whoever_sees_personal_data_masked_cannot_ask_about_one_person(
    sign_in: SignIn, people: list[UUID]
) -> None:
    made = audience.create("部長", actor=AUTOMATIC, condition=HEADS)

    for role in (Role.ANALYST, Role.VIEWER):
        sign_in(role).get(f"audiences/{made}/why/?person={people[0]}", expected=403)


def test_somebody_without_a_name_is_called_by_the_mail_where_one_asks_why(
    aoi: Browser, workspace: WorkspaceInfo, now: datetime
) -> None:
    nameless = customer("nameless@many.example", at=now, last_name="")
    processor.process_all()
    made = audience.create("部長", actor=AUTOMATIC, condition=HEADS)

    found = text_of(aoi.get(f"audiences/{made}/why/?q=nameless"))
    answer = text_of(aoi.get(f"audiences/{made}/why/?person={nameless}"))

    assert "nameless@many.example" in found and "nameless@many.example" in answer


def test_two_audiences_overlap_in_three_numbers_that_open_exactly_their_people(
    aoi: Browser, people: list[UUID], now: datetime
) -> None:
    heads = audience.create("部長", actor=AUTOMATIC, condition=HEADS)
    titled = audience.create(
        "役職あり", actor=AUTOMATIC, condition={"kind": "attribute", "field": "title", "op": "is_not_empty"}
    )
    for one in (heads, titled):
        audience.refresh_now(one, now=now)
    processor.process_all()

    drawn = aoi.get(f"audiences/{heads}/overlap/?with={titled}")

    shares = re.findall(r'<dd><a href="([^"]+)">(\d+)人</a>', drawn)
    assert [count for _link, count in shares] == ["0", "3", "2"]
    assert '<span class="num">2人' in aoi.follow(shares[2][0])
    aoi.get(f"audiences/{heads}/overlap/?with=999999", expected=404)


def test_who_came_and_who_left_is_listed_with_the_moment_and_the_reason(
    aoi: Browser, people: list[UUID], now: datetime
) -> None:
    made = audience.create("部長", actor=AUTOMATIC, condition=HEADS)
    audience.refresh_now(made, now=now)
    audience.archive(made, actor=AUTOMATIC, now=now + timedelta(hours=1))
    processor.process_all()

    page = text_of(aoi.get(f"audiences/{made}/moves/"))
    came = text_of(aoi.get(f"audiences/{made}/moves/?what=entered"))
    first = history.moves(made, ListQuery(limit=4))
    rest = history.moves(made, ListQuery(limit=4, after=first.next))

    assert page.count("佐藤") == 6 and "はじめて数えた" in page and "セグメントをしまった" in page
    assert came.count("佐藤") == 3
    assert [move.is_in for move in (*first.rows, *rest.rows)] == [False] * 3 + [True] * 3
    assert (first.total, len(rest.rows), rest.next) == (6, 2, "")


def test_names_and_properties_that_arrive_are_suggested(aoi: Browser, workspace: WorkspaceInfo) -> None:
    order = {"event": "order_placed", "anonymousId": "b", "properties": {"amount": 500}}
    inlet.accept([{"type": "track", **order}, {"type": "page", "anonymousId": "b"}], source="server")
    processor.process_all()

    events = aoi.get("audiences/known/")
    properties = aoi.get("audiences/known/?event=order_placed")

    assert '<option value="order_placed">注文</option>' in events and "page_viewed" not in events
    assert '<option value="amount"></option>' in properties
    assert aoi.get("audiences/known/?event=nothing").strip() == ""
    assert aoi.get("audiences/known/?event=").strip() == ""  # no event is written yet


def test_what_is_used_is_not_put_away_and_what_was_put_away_comes_back(
    aoi: Browser, people: list[UUID], now: datetime
) -> None:
    made = audience.create("部長", actor=AUTOMATIC, condition=HEADS)
    inside = {"kind": "value", "of": "audience", "ref": str(made), "op": "member"}
    user = audience.create("使う側", actor=AUTOMATIC, condition=inside)
    audience.refresh_now(made, now=now)

    aoi.post(f"audiences/{made}/archive/", {})
    assert "使う側 で使われています" in text_of(aoi.get(f"audiences/{made}/"))
    audience.archive(user, actor=AUTOMATIC, now=now)
    aoi.post(f"audiences/{made}/archive/", {})
    assert "しまってあります" in text_of(aoi.get(f"audiences/{made}/"))
    aoi.post(f"audiences/{made}/restore/", {})

    assert audience.get(made).state == "running"


def test_while_counting_rests_the_pages_are_calm(
    aoi: Browser, people: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = audience.create("部長", actor=AUTOMATIC, condition=HEADS)
    monkeypatch.setattr(clickhouse, "_store", clickhouse.ClickHouse("http://x:x@127.0.0.1:9/tabiji"))

    page = aoi.get(f"audiences/{made}/")
    lines = aoi.get(f"audiences/{made}/lines/")
    counted = aoi.post("audiences/count/", NESTED, expected=200, htmx=True).content.decode()
    aoi.post("audiences/new/", {**NESTED, "name": "あとで数える"})

    assert "役職が「部長」" in text_of(page)
    assert "集計を休んでいます" in lines
    assert "休" in text_of(counted)
    assert len(audience.list_all()) == 2


def test_a_stage_is_called_by_its_name_and_not_by_its_key(aoi: Browser, now: datetime) -> None:
    named = {"key": "deciding", "label": "決める人", "rule": HEADS}
    stage_models.publish({"version": 1, "stages": [named]}, actor=AUTOMATIC, at=now, name="ステージ")
    asked = {"version": 1, "kind": "value", "of": "stage", "op": "is", "value": "deciding"}

    page = text_of(aoi.get(f"audiences/{audience.create('部長', actor=AUTOMATIC, condition=asked)}/"))

    assert "ステージが「決める人」" in page
    assert "deciding" not in page


def test_forms_and_mails_are_called_by_their_names(aoi: Browser, now: datetime) -> None:
    forms.create("事例集の請求", key="siryo-omakase", actor=AUTOMATIC)
    mail_id = published_mail("事例メール", at=now)
    asked = {
        "kind": "all",
        "of": [
            {
                "kind": "event",
                "name": "form_submitted",
                "where": [{"prop": "props.form_key", "op": "in", "value": ["siryo-omakase", "gone"]}],
            },
            {
                "kind": "event",
                "name": "mail_opened",
                "where": [{"prop": "props.mail_id", "op": "is", "value": mail_id}],
            },
        ],
    }

    made = audience.create("請求した人", actor=AUTOMATIC, condition={"version": 1, **asked})
    page = text_of(aoi.get(f"audiences/{made}/"))

    assert "「事例集の請求」" in page
    assert "「gone」" in page
    assert "「事例メール」" in page
    assert "siryo-omakase" not in page


@pytest.mark.parametrize(
    ("role", "may_edit"), [(Role.ANALYST, True), (Role.SALES, False), (Role.VIEWER, False)]
)
def test_who_may_only_read_cannot_change(
    sign_in: SignIn, workspace: WorkspaceInfo, role: Role, may_edit: bool
) -> None:
    made = audience.create("部長", actor=AUTOMATIC, condition=HEADS)
    reader = sign_in(role)

    reader.get(f"audiences/{made}/")
    reader.get("audiences/new/", expected=200 if may_edit else 403)
    reader.post(f"audiences/{made}/archive/", {}, expected=302 if may_edit else 403)


def test_another_workspaces_audience_is_not_there(aoi: Browser, workspace: WorkspaceInfo) -> None:
    from tabiji.workspaces.public import workspace as workspaces

    with outside():
        other = workspaces.create("audience-other", name="Other").id
    with in_workspace(other):
        theirs = audience.create("よその", actor=AUTOMATIC, condition=HEADS)

    for page in ("", "edit/", "lines/", "history/", "why/", "overlap/", "moves/"):
        aoi.get(f"audiences/{theirs}/{page}", expected=404)
    aoi.post(f"audiences/{theirs}/archive/", {}, expected=404)
