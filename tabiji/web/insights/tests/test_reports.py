"""Reports: each number opens exactly what it counts, a period stands in the address, nobody sees too much."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tabiji.core import clickhouse, postgres
from tabiji.events.public import inlet, processor, rejects
from tabiji.insights.public import funnels
from tabiji.insights.tests.story import FUNNEL
from tabiji.pages.public import forms
from tabiji.people.public import persons
from tabiji.purpose.public import matching
from tabiji.web.home.tests import story
from tabiji.web.home.tests.browsing import Browser, sign_in
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role
from tabiji.workspaces.public import workspace as workspaces
from tests.builders.scopes import in_workspace, outside

pytestmark = pytest.mark.django_db
HUGE = 10**30


def test_every_number_of_the_reports_opens_what_it_counts(workspace: WorkspaceInfo, now: datetime) -> None:
    console = story.tell(now)
    funnel = f"funnels/{console.company.funnel_id}/"
    aoi = sign_in(workspace, console.staff.aoi)

    for path in ("funnels/", funnel, "results/", "attribution/"):
        seen = [(said, number, rows) for said, number, rows in aoi.numbers(path)]
        assert len(seen) >= 4, path
        for said, number, rows in seen:
            assert number == rows, (path, said, rows)
    assert "−77.2% 159人 いちばん減るところ" in aoi.read(funnel)
    assert "206 人 参加 31 人 商談予約 15.0% (31/206人) 6 件 契約 ¥9,840,000" in aoi.read("results/")
    assert "全契約の5.1% (6/ 118 )" in aoi.read("results/")
    assert "施策の接点なし 106 89.8% (106/118) ¥10,600,000" in aoi.read("attribution/")
    assert "シナリオのステップまたは人のクリックが最後にあった施策" in aoi.read("attribution/")

    short = aoi.read(funnel + "?first=2026-02-02&last=2026-02-02")
    assert "期間 2026/2/2(月)〜2/2(月)" in short
    assert "商談予約 0 人" in short
    whole = aoi.read(funnel)
    for nonsense in (
        "?period=x",
        "?period=99999",
        "?first=2026-02-31&last=1",
        "?first=2026-03-01&last=2026-02-01",
    ):
        assert aoi.read(funnel + nonsense) == whole

    nagi = sign_in(workspace, console.staff.nagi)
    contracts = aoi.get(f"initiatives/{console.company.initiative_id}/")
    behind = next(part for part in contracts.split('"') if "results/behind/?of=" in part)
    address = behind.replace("&amp;", "&").removeprefix(aoi.home)
    first = console.company.people[10]
    assert persons.get(first).name in aoi.read(address)
    assert persons.get(first).name not in nagi.read(address)
    assert "●●" in nagi.read(address)
    assert nagi.status("results/behind/?of=forged") == 404


def test_a_funnel_is_made_from_its_form_and_says_what_is_wrong(workspace: WorkspaceInfo) -> None:
    nagi = sign_in(workspace, Role.ANALYST)
    steps = {
        "why": "どこで止まるのか",
        "name": "<b>料金</b>から",
        "step-0-label": "料金",
        "step-0-what": "page",
        "step-0-detail": "/pricing*",
        "step-1-label": "申込",
        "step-1-what": "event",
        "step-1-detail": "",
    }

    status, said = nagi.sent("funnels/new/", steps)
    assert (status, "「申込」:行動の名前を入れてください。" in said) == (422, True)
    assert nagi.post("funnels/new/", {**steps, "step-1-detail": "signed_up"}) == 302

    (made,) = funnels.list_all()
    page = nagi.get(f"funnels/{made.id}/")
    assert "&lt;b&gt;料金&lt;/b&gt;から" in page
    assert "<b>料金</b>から" not in page
    assert "パスが /pricing で始まるページを閲覧" in page
    assert "まだ判断できません(n=0)" in page

    gone = {"kind": "change", "change": "deal", "new": ["won"], "line": "gone"}
    funnels.change(made.id, steps=[*made.steps, ("契約", gone)], actor=AUTOMATIC)
    form = nagi.get(f"funnels/{made.id}/edit/")
    assert '<option value="kept:2" selected>' in form
    kept = {"step-1-detail": "signed_up", "step-2-label": "成約", "step-2-what": "kept:2"}
    assert nagi.post(f"funnels/{made.id}/edit/", {**steps, **kept}) == 302
    assert matching.parse(funnels.get(made.id).steps[2][1]) == matching.parse(gone)

    assert sign_in(workspace, Role.VIEWER).post("funnels/new/", steps) == 403
    assert sign_in(workspace, Role.SALES).status(f"funnels/{made.id}/edit/") == 403


def test_reports_are_open_by_role_and_closed_to_other_workspaces(workspace: WorkspaceInfo) -> None:
    mine = funnels.create("おまかせ", steps=FUNNEL, actor=AUTOMATIC)
    colleagues = {role: sign_in(workspace, role) for role in Role}

    for role, browser in colleagues.items():
        insider = role != Role.SALES
        assert (browser.status(f"funnels/{mine}/"), browser.status("results/")) == (200, 200)
        expected = 200 if insider else 403
        assert (browser.status("attribution/"), browser.status("rejects/")) == (expected, expected)
    ren = _outsider(workspace)
    with outside():
        assert ren.status(f"funnels/{mine}/") == ren.status(f"funnels/{HUGE}/") == 404
    assert ren.client.get(f"/w/{workspace.slug}/funnels/{mine}/").status_code == 404


def test_what_counts_is_said_in_words_and_not_in_keys(workspace: WorkspaceInfo) -> None:
    forms.create("資料請求", key="siryo", actor=AUTOMATIC)
    sent = {"property": "form_key", "operator": "is", "values": ["siryo"]}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("登録", {"kind": "event", "names": ["signed_up"]}),
        ("送信", {"kind": "event", "names": ["form_submitted"], "where": [sent]}),
        ("独自", {"kind": "event", "names": ["badge_won"], "where": [sent]}),
    ]
    mine = funnels.create("登録から", steps=steps, actor=AUTOMATIC)

    page = sign_in(workspace, Role.MARKETER).read(f"funnels/{mine}/")

    assert "「会員登録」" in page
    assert "フォームを送信「資料請求」" in page
    assert "「badge won」(form keyが「siryo」)" in page


def test_nothing_there_yet_says_what_to_do_first(workspace: WorkspaceInfo) -> None:
    aoi = sign_in(workspace, Role.MARKETER)

    assert "ファネルはまだありません" in aoi.read("funnels/")
    assert "施策はまだありません" in aoi.read("results/")
    assert "この期間に契約はありません" in aoi.read("attribution/")
    assert "すべての行動を取り込みました" in aoi.read("rejects/")


def test_reports_say_that_counting_rests(workspace: WorkspaceInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = funnels.create("おまかせ", steps=FUNNEL, actor=AUTOMATIC)
    aoi = sign_in(workspace, Role.MARKETER)
    monkeypatch.setattr(clickhouse, "_store", clickhouse.ClickHouse("http://tabiji:x@127.0.0.1:9/tabiji"))

    for path in ("funnels/", f"funnels/{mine}/", "results/", "attribution/"):
        assert "集計を休んでいます" in aoi.read(path), path


def test_a_refused_event_is_shown_masked_to_analysts_and_sent_in_again_by_marketing(
    workspace: WorkspaceInfo,
) -> None:
    body = {"type": "track", "messageId": "m1", "anonymousId": "a", "properties": {"name": "<i>佐藤</i>"}}
    inlet.accept([body], source="web", is_history=True)
    processor.process_all()
    ((reject_id,),) = postgres.rows("SELECT id FROM event_reject")
    aoi, nagi = sign_in(workspace, Role.MARKETER), sign_in(workspace, Role.ANALYST)

    assert "名前がない" in aoi.read("rejects/")
    page = aoi.get(f"rejects/{reject_id}/")
    assert "&lt;i&gt;佐藤&lt;/i&gt;" in page
    assert "track には行動の名前が必要です。" in page
    assert "佐藤" not in nagi.get(f"rejects/{reject_id}/")
    assert nagi.post(f"rejects/{reject_id}/replay/") == 403
    assert aoi.post(f"rejects/{reject_id}/replay/") == 302
    assert rejects.get(reject_id).replayed_at is not None
    ren = _outsider(workspace)
    with outside():
        assert ren.status(f"rejects/{reject_id}/") == 404


@pytest.mark.parametrize("reason", ["bad_json", "too_large", "too_many"])
def test_what_only_its_sender_can_mend_is_not_offered_again(workspace: WorkspaceInfo, reason: str) -> None:
    postgres.execute(
        "SELECT reject_events(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bytea[])",
        [[workspace.id], [reason], [""], ["server"], [b'{"batch": [{"type": "page"}, {"ty']],
    )
    ((reject_id,),) = postgres.rows("SELECT id FROM event_reject")
    aoi = sign_in(workspace, Role.MARKETER)

    assert "/replay/" not in aoi.get(f"rejects/{reject_id}/")
    assert aoi.post(f"rejects/{reject_id}/replay/") == 404
    assert rejects.get(reject_id).replayed_at is None


def _outsider(workspace: WorkspaceInfo) -> Browser:
    """Ren, who works next door."""
    other = workspaces.create(f"{workspace.slug}-ren", name="みなと看護ナビ", shards=1)
    with in_workspace(other.id):
        return sign_in(other, Role.ADMIN, name="レン")
