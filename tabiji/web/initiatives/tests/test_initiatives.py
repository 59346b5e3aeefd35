"""Initiatives, the KPI tree and tests: their numbers, what is decided on them, and who may."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tabiji.experiments.public import decisions
from tabiji.purpose.public import conversions, initiatives, kpi, periods
from tabiji.web.home.tests import story
from tabiji.web.home.tests.browsing import sign_in
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role, definitions, members
from tabiji.workspaces.public import workspace as workspaces
from tests.builders.scopes import in_workspace

pytestmark = pytest.mark.django_db
HUGE = 10**30


def test_every_number_of_an_initiative_its_kpis_and_its_tests_opens_what_it_counts(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    told = story.tell(now)
    page, test = f"initiatives/{told.company.initiative_id}/", f"experiments/{told.company.experiment_id}/"
    aoi = sign_in(workspace, told.staff.aoi)

    for path in (
        "initiatives/",
        page,
        f"initiatives/{told.company.seminar_id}/",
        "kpi/",
        "experiments/",
        test,
    ):
        seen = [(said, number, rows) for said, number, rows in aoi.numbers(path)]
        assert len(seen) >= 4, path
        for said, number, rows in seen:
            assert number == rows, (path, said, rows)
    said = aoi.read(page)
    for sentence in (
        "KPI 商談予約 125/140 責任者 高橋 葵 次の見直し日 5/29(金) 状態 稼働中",
        "資料を持っている 商談を予約した",
        "参加 206人 分岐の前で待機中 11人 分岐の前に商談予約 9人 この施策のメールをクリックした? 186人",
        "クリックした 79 人 事例メール 送信 78人 配信停止 1人 商談予約 17人 21.5%",
        "いいえ 107 人 基本メール 送信 105人 不達 2人 商談予約 5人 4.7%",
        "ファネル「おまかせ」の「商談予約」 47 人 シナリオ参加中 31人 シナリオ終了後 16人",
        "事例セミナー(おまかせ) 契約 6件",
        "数えていない:機械 143 回",
    ):
        assert sentence in said, f"{sentence} is not in: {said[:700]}"
    assert "KGI 全契約 118 / 目標 120 あと2 高橋 葵" in aoi.read("kpi/")
    lesson = aoi.read(test)
    assert "開封では朝 8時、商談予約では夜 20時の勝ち" in lesson
    assert "差 +1.8 pt(95%区間 +0.5〜+3.0)" in lesson

    assert sign_in(workspace, told.staff.haru).post(test + "adopt/", {"variant": "evening"}) == 403
    assert aoi.post(test + "adopt/", {"variant": "nowhere"}) == 302
    assert decisions.find_standing(told.company.experiment_id) is None
    assert aoi.post(test + "adopt/", {"variant": "evening"}) == 302
    decision = decisions.find_standing(told.company.experiment_id)
    assert decision is not None
    assert "→ 夜 20時を採用" in aoi.read(test)
    assert aoi.post(f"{test}undo/{decision.id}/") == 302
    assert decisions.find_standing(told.company.experiment_id) is None


def test_an_initiative_is_made_judged_with_a_learning_and_said_on_the_list(workspace: WorkspaceInfo) -> None:
    aoi = sign_in(workspace, Role.MARKETER, name="高橋 葵")
    (me,) = members.list_colleagues(roles=(Role.MARKETER,))
    said = {
        "why": "資料だけで止まる人が多い",
        "from_state": "<img src=x>",
        "to_state": "商談を予約した",
        "name": "<script>フォロー</script>",
        "responsible": str(me.user_id),
        "state": "running",
        "review_on": "2026-02-15",
    }

    assert aoi.sent("initiatives/new/", {**said, "why": ""})[0] == 422
    assert aoi.post("initiatives/new/", said) == 302
    (made,) = initiatives.list_all()
    page = aoi.get(f"initiatives/{made.id}/")
    assert "&lt;script&gt;フォロー" in page
    assert "<script>フォロー" not in page
    assert "<img src=x>" not in page
    assert "72日超過" in page

    status, answer = aoi.sent(f"initiatives/{made.id}/verdict/", {"verdict": "rejected", "learning": " "})
    assert (status, "学んだこと" in answer) == (422, True)
    assert initiatives.get(made.id).verdict == ""
    learning = {"verdict": "rejected", "learning": "開封は増え、予約は減った"}
    assert aoi.post(f"initiatives/{made.id}/verdict/", learning) == 302
    listed = aoi.read("initiatives/")
    assert "棄却 開封は増え、予約は減った" in listed and "72日超過" in listed
    initiatives.update(made.id, actor=AUTOMATIC, state="ended")
    assert "72日超過" not in aoi.read("initiatives/") + aoi.read(f"initiatives/{made.id}/")
    assert aoi.read("initiatives/?verdict=adopted").count("フォロー") == 0


def test_work_is_put_into_an_initiative_and_taken_off(workspace: WorkspaceInfo) -> None:
    aoi = sign_in(workspace, Role.MARKETER)
    made = initiatives.create("フォロー", why="なぜ", actor=AUTOMATIC)
    mail = definitions.create("mail", name="事例メール", actor=AUTOMATIC)
    foreign = _next_door(workspace)

    assert aoi.post(f"initiatives/{made}/put/", {"definition": str(mail)}) == 302
    assert aoi.post(f"initiatives/{made}/put/", {"definition": str(foreign)}) == 302
    assert initiatives.get(made).members == (mail,)
    assert "この施策の中身 メール 事例メール" in aoi.read(f"initiatives/{made}/")
    assert aoi.post(f"initiatives/{made}/remove/{mail}/") == 302
    assert initiatives.get(made).members == ()
    assert aoi.status(f"initiatives/{foreign}/") == aoi.status(f"initiatives/{HUGE}/") == 404


def test_a_kpi_needs_a_goal_and_a_period_and_belongs_into_the_tree(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    aoi = sign_in(workspace, Role.MARKETER)
    (me,) = members.list_colleagues(roles=(Role.MARKETER,))
    assert "KPIはまだありません" in aoi.read("kpi/")
    assert "指標には成果(CV)と期間が必要です" in aoi.read("kpi/new/")
    period = periods.create("90日", starts_at=now - timedelta(days=90), actor=AUTOMATIC)
    conversions.create(
        "contract",
        name="契約",
        rule={"kind": "change", "change": "deal", "new": ["won"]},
        actor=AUTOMATIC,
    )
    said = {
        "label": "<u>全契約</u>",
        "conversion": "contract",
        "measure": "conversions",
        "target": "120",
        "period": str(period.id),
        "responsible": str(me.user_id),
    }

    assert aoi.sent("kpi/new/", {**said, "target": "-1"})[0] == 422
    assert aoi.sent("kpi/new/", {**said, "period": "99999"})[0] == 422
    assert aoi.post("kpi/new/", said) == 302
    (line,) = kpi.list_all()
    page = aoi.get("kpi/")
    assert "&lt;u&gt;全契約&lt;/u&gt;" in page
    assert aoi.post(f"kpi/{line.id}/edit/", {**said, "label": "全契約", "target": "130"}) == 302
    assert "0 / 目標 130 あと130" in aoi.read("kpi/")


def test_initiatives_are_read_by_all_and_changed_by_marketing(workspace: WorkspaceInfo) -> None:
    made = initiatives.create("フォロー", why="なぜ", actor=AUTOMATIC)

    for role in Role:
        browser, may = sign_in(workspace, role), role in (Role.ADMIN, Role.MARKETER)
        for path in ("initiatives/", f"initiatives/{made}/", "kpi/", "experiments/"):
            assert browser.status(path) == 200, (role, path)
        for path in ("initiatives/new/", f"initiatives/{made}/edit/", "kpi/new/", "experiments/new/"):
            assert browser.status(path) == (200 if may else 403), (role, path)
        if not may:
            assert browser.post(f"initiatives/{made}/verdict/", {"verdict": "adopted"}) == 403


def _next_door(workspace: WorkspaceInfo) -> int:
    """An initiative of another workspace."""
    other = workspaces.create(f"{workspace.slug}-ren", name="みなと看護ナビ", shards=1)
    with in_workspace(other.id):
        return initiatives.create("よその施策", why="なぜ", actor=AUTOMATIC)
