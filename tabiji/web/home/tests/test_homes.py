"""Homes: what each role needs first, and each number opens exactly what it counts."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest

from tabiji.core import clickhouse
from tabiji.messaging.public import stopping
from tabiji.people.public import imports
from tabiji.sales.contracts import NewAppointment
from tabiji.sales.public import appointments, hand_overs
from tabiji.sales.tests.cast import a_person, staff
from tabiji.web.home.tests import story
from tabiji.web.home.tests.browsing import sign_in, text_of
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role, definitions, members, notices
from tests.builders.journey import journey

pytestmark = pytest.mark.django_db


def test_each_colleague_s_numbers_open_what_they_count(workspace: WorkspaceInfo, now: datetime) -> None:
    told = story.tell(now)
    who = told.staff

    for actor in (who.aoi, who.haru, who.makoto, who.nagi):
        browser = sign_in(workspace, actor)
        for said, number, rows in browser.numbers():
            assert number == rows, (actor.name, said, rows)
    aoi = sign_in(workspace, who.aoi).read()
    assert "全契約(90日) 118 / 目標 120 あと2件" in aoi
    assert "−77.2%" in aoi
    assert "進行中の人 11 人 シナリオ 3本" in aoi
    assert (
        "「旧・メルマガ登録お礼」に責任者がいません 見直し日 2/15(日)・72日超過 · 大野 拓(退職)さんの定義がまだ動いています"
        in aoi
    )
    assert "差し戻しが1件あります 時期尚早 1" in aoi
    assert "「朝と夜」は「夜 20時」の勝ち。採用しますか" in aoi
    assert "林 拓也 3ページを閲覧:トップ → 事例 → 料金" in aoi
    haru = sign_in(workspace, who.haru).read()
    assert "今日やること 4 遅れ 2件 次の人へ" in haru
    assert haru.index("加藤 美咲") < haru.index("佐藤 美咲") < haru.index("見積もりの件で再架電")
    assert "あと2時間5" in haru
    assert "初回面談 1 ¥1,800,000" in haru
    makoto = sign_in(workspace, who.makoto).read()
    assert "受け取り待ち 2" in makoto
    assert "期限超過 1" in makoto
    assert "差し戻しの理由 時期尚早 1" in makoto
    nagi = sign_in(workspace, who.nagi).read()
    assert "開封では朝 8時、商談予約では夜 20時の勝ち" in nagi
    assert "指標の定義 KPIツリー 契約 商談:受注" in nagi

    told_before = hand_overs.get(told.waiting).owner_id
    browser = sign_in(workspace, who.makoto)
    assert browser.post(f"reassign/{told_before}/", {"to": str(who.makoto.user_id)}) == 302
    assert hand_overs.get(told.waiting).owner_id == who.makoto.user_id
    assert "2人を森 真琴さんに渡しました" in browser.read()
    assert sign_in(workspace, who.haru).post("reassign/pool/", {"to": str(who.haru.user_id)}) == 403


def test_a_meeting_that_is_over_leads_to_where_its_result_is_entered(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    who = staff()
    person = a_person(now)
    starts = now - timedelta(hours=1)
    before = starts - timedelta(hours=1)
    meeting = appointments.book(person.id, NewAppointment(starts), at=before, actor=who.haru)
    haru = sign_in(workspace, who.haru)

    home, page = haru.get(), haru.get(f"people/{person.id}/")

    where = f'/appointments/{meeting.id}/"'
    assert where in home
    assert where in page
    assert "13:00 結果を入れる" in text_of(home)
    assert "4/28(火) 13:00 の面談の結果を入れる" in text_of(page)


def test_the_bell_says_how_many_are_new_and_the_list_what_happened(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    browser = sign_in(workspace, Role.SALES)
    (haru,) = members.list_colleagues(roles=(Role.SALES,))
    for kind, values in (
        ("hand_over", {"person": "<b>佐藤</b>", "reason": "基準80点に到達"}),
        ("hand_overs", {"count": 12}),
        ("hand_over_moved", {"person": "加藤", "by": "森 真琴"}),
    ):
        notices.notify([haru.user_id], kind=kind, at=now, values=values)

    assert "新しい通知 3件" in browser.get()
    listed = browser.get("notices/")
    for said in (
        "&lt;b&gt;佐藤&lt;/b&gt;さんが引き渡されました:基準80点に到達",
        "12人が引き渡されました",
        "加藤さんの担当になりました(森 真琴さんから)",
    ):
        assert said in listed
    assert "新しい通知 0件" in browser.get()


def test_a_notice_gives_its_reason_in_the_language_of_whoever_reads_it(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    made = staff()
    person = a_person(now).id
    told = {person: {"threshold": 80, "label": "料金", "points": 10}}
    hand_overs.request([person], reason="threshold", at=now, detail=told, owner_id=made.haru.user_id)
    members.change_profile(made.haru.user_id, name=made.haru.name, language="en", actor=made.haru)
    returned = {"person": "加藤", "reason": "時期尚早", "reason_key": "too_early"}
    notices.notify([made.haru.user_id], kind="hand_over_returned", at=now, values=returned)

    listed = sign_in(workspace, made.haru).get("notices/")

    assert "Score reached 80 (料金 +10)" in listed
    assert "加藤 was returned: Too early" in listed


def test_whoever_comes_into_an_empty_workspace_is_told_what_to_do_first(workspace: WorkspaceInfo) -> None:
    said = {role: sign_in(workspace, role).read() for role in Role}

    assert "KGIを決める" in said[Role.MARKETER]
    assert "ファネルを作る" in said[Role.MARKETER]
    assert "いま対応が必要なことはありません" in said[Role.MARKETER]
    assert "今日の分は終わりました" in said[Role.SALES]
    assert "差し戻しはありません。" in said[Role.SALES_MANAGER]
    assert "成果(CV)はまだ決まっていません。" in said[Role.ANALYST]
    assert said[Role.VIEWER] == said[Role.ANALYST]
    assert "送信ドメインはまだありません" in said[Role.ADMIN]


def test_whoever_is_responsible_is_chosen_in_place_and_taken_back(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    made = journey("<script>旧</script>").enter_on("asked").add_score(1).start(now)
    browser = sign_in(workspace, Role.MARKETER, name="高橋 葵")
    (aoi,) = members.list_colleagues(roles=(Role.MARKETER,))

    page = browser.get("todos/")
    assert "「&lt;script&gt;旧&lt;/script&gt;」に責任者がいません" in page
    assert "<script>旧" not in page
    answer = browser.fragment(f"todos/{made}/assign/", {"responsible": str(aoi.user_id)})

    assert "責任者を高橋 葵さんにしました" in answer
    assert definitions.get(made).responsible_id == aoi.user_id
    back = answer.split('name="back" value="')[1].split('"')[0]
    assert browser.post(f"todos/{made}/assign/", {"back": back}) == 302
    assert definitions.get(made).responsible_id is None
    assert browser.post(f"todos/{made}/assign/", {"back": back + "x"}) == 404
    assert browser.post(f"todos/{made}/assign/", {"responsible": "999999"}) == 404
    assert sign_in(workspace, Role.SALES).post(f"todos/{made}/assign/", {"responsible": "1"}) == 403


def test_many_late_reviews_are_one_row_that_opens_exactly_those(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    browser = sign_in(workspace, Role.MARKETER)
    (aoi,) = members.list_colleagues(roles=(Role.MARKETER,))

    def late(name: str, day: int) -> None:
        definitions.create(
            "initiative",
            name=name,
            actor=AUTOMATIC,
            responsible_id=aoi.user_id,
            review_on=date(2026, 4, day),
            state="running",
        )

    late("春", 20)
    late("<b>冬</b>", 3)
    journey("旧").enter_on("asked").add_score(1).start(now)
    said = browser.read()
    assert "「春」の見直し日を過ぎています" in said
    assert "「<b>冬</b>」の見直し日を過ぎています" in said

    late("夏", 21)

    for page in ("", "todos/"):
        said = browser.read(page)
        assert (
            "見直し日を過ぎた定義が3件あります もっとも遅れているのは「<b>冬</b>」:4/3(金)・25日超過" in said
        )
        assert "「春」の見直し日" not in said
        assert "「旧」に責任者がいません" in said
    assert "&lt;b&gt;冬" in browser.get()
    (href,) = set(re.findall(r'href="([^"]*\?kind=review)"', browser.get()))
    listed = browser.read(href.removeprefix(browser.home))
    assert [name for name in ("<b>冬</b>", "春", "夏", "旧") if f"「{name}」" in listed] == [
        "<b>冬</b>",
        "春",
        "夏",
    ]
    assert listed.count("見直し日を過ぎています") == 3


def test_rows_that_an_import_refused_want_marketing(workspace: WorkspaceInfo, now: datetime) -> None:
    browser = sign_in(workspace, Role.MARKETER)
    (aoi,) = members.list_colleagues(roles=(Role.MARKETER,))
    actor = members.get_actor(aoi.user_id)
    rows = "メールアドレス,姓\nsato@aoba.example,佐藤\nno-address,鈴木\nneither,加藤\n"
    made = imports.upload("<b>名刺</b>.csv", rows.encode("cp932"), actor=actor, now=now)
    imports.map_columns(made, {0: "email", 1: "last_name"}, imports.Options(), actor=actor)
    imports.start(made, actor=actor)
    while imports.run_chunk(now):
        pass

    page = browser.get("todos/")

    assert "取り込めなかった行が2件あります" in page
    assert "取込「&lt;b&gt;名刺&lt;/b&gt;.csv」" in page
    assert "取り込めなかった行" not in sign_in(workspace, Role.SALES).read("todos/")


def test_while_counting_rests_the_rest_of_a_home_stands(
    workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey("歓迎").enter_on("asked").add_score(1).start(now)
    browsers = [sign_in(workspace, role) for role in Role]

    monkeypatch.setattr(clickhouse, "_store", clickhouse.ClickHouse("http://tabiji:x@127.0.0.1:9/tabiji"))

    for browser in browsers:
        assert browser.status("") == 200
    assert "「歓迎」に責任者がいません" in browsers[list(Role).index(Role.MARKETER)].read()


def test_only_an_admin_reads_the_audit_log_and_the_health_page(workspace: WorkspaceInfo) -> None:
    made = definitions.create("initiative", name="<i>春</i>", actor=AUTOMATIC)
    admin = sign_in(workspace, Role.ADMIN, name="石田 恵")
    (megumi,) = members.list_colleagues(roles=(Role.ADMIN,))
    definitions.update(made, actor=members.get_actor(megumi.user_id, "192.0.2.7"), why="試す")
    stopping.stop(actor=members.get_actor(megumi.user_id))

    log = admin.get("audit/")
    assert "施策「&lt;i&gt;春&lt;/i&gt;」を変更" in log
    assert "192.0.2.7" in log
    assert "すべての送信を停止" in log
    assert "すべての送信" not in admin.read("audit/?object_kind=initiative").split("いつ")[1]
    assert "送信ドメインがまだなく、何も送れません" in admin.read("health/")
    for role in (Role.MARKETER, Role.SALES, Role.SALES_MANAGER, Role.ANALYST, Role.VIEWER):
        other = sign_in(workspace, role)
        assert (other.status("audit/"), other.status("health/")) == (403, 403)
