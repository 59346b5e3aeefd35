"""The demo before anybody walks in: the product's own reports say what the story tells, to the last digit."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from tabiji.audiences.public import audience, history
from tabiji.core import clickhouse, postgres
from tabiji.experiments.contracts import Verdict
from tabiji.experiments.public import experiments
from tabiji.insights.contracts import SplitResult
from tabiji.insights.public import attribution, funnels, home, initiative_report, split_test
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import consent, imports, merging, persons
from tabiji.practice.demo import marks, staff
from tabiji.purpose.public import initiatives, kpi
from tabiji.sales.contracts import HandOverInfo
from tabiji.sales.public import hand_overs
from tabiji.scoring.public import scores, stages
from tabiji.workspaces.public import definitions, workspace
from tests.builders.scopes import outside
from tests.demo.console import email_of, signed_in
from tests.demo.figures import (
    BEFORE,
    FOLLOW_UP,
    funnel_id,
    funnel_tells,
    initiative,
    kpi_lines,
    kpi_tree_tells,
    report_tells,
)
from tests.demo.stores import Demo
from tests.demo.test_visible_text import texts_of

pytestmark = [
    pytest.mark.stack,
    pytest.mark.xdist_group("demo"),
    pytest.mark.timeout(1_500),
    pytest.mark.usefixtures("demo"),
]
SEMINAR = "事例セミナー(おまかせ)"
WATCHED = {"料金を見た人(30日)", "検討中の発注者", "ホットリード(スコア80以上)"}
OPENING = datetime(2026, 4, 28, 14, 0, tzinfo=ZoneInfo("Asia/Tokyo"))


def split(name: str) -> SplitResult:
    (found,) = [one for one in experiments.list_all() if one.name == name]
    return split_test.result(found.id)


def person(address: str) -> PersonInfo:
    (found,) = persons.search(address)
    return found


def test_the_demo_opens_on_a_tuesday_afternoon_and_stands_there(demo: Demo) -> None:
    assert timedelta() <= demo.now - OPENING < timedelta(minutes=10)
    assert demo.workspace.is_practice


def test_the_other_workspace_has_six_people_and_nothing_of_this_one() -> None:
    names = {one.slug: one.name for one in workspace.list_all()}

    assert names == {"tanomoa": "株式会社タノモア", "minato": "みなと看護ナビ"}
    assert persons.count() == 6_000


def test_six_thousand_people_by_kind_and_by_source() -> None:
    kinds = dict(postgres.rows("SELECT fields->>'role', count(*) FROM person GROUP BY 1"))
    assert kinds == {"client": 3_380, "freelancer": 1_950, "both": 140, None: 530}
    sources = ("会員登録", "展示会名刺", "資料請求", "問い合わせ", "セミナー")
    assert [len(persons.matching_ids({"source": one})) for one in sources] == [3_900, 820, 640, 330, 310]
    assert len(consent.people_without_basis()) == 530


def test_a_year_of_events_is_there() -> None:
    ((count, machine),) = clickhouse.store().rows(
        "SELECT count(), countIf(machine != '') FROM event WHERE workspace_id = {ws:UInt32}",
        {"ws": postgres.workspace_id()},
    )

    assert count >= 300_000
    assert machine >= 1_800
    assert postgres.rows("SELECT consumer, error FROM parked_batch") == []
    assert postgres.scalar("SELECT count(*) FROM event_reject") == 0


def test_stages_are_as_the_definition_expects_and_sum_to_everybody() -> None:
    standing = {one.key: one.people for one in stages.distribution()}

    assert standing == marks.EXPECTED
    assert sum(standing.values()) == 6_000


def test_the_funnel() -> None:
    funnel_tells(BEFORE)


def test_behind_each_step_of_the_funnel_are_exactly_its_people() -> None:
    for place, reached in enumerate(BEFORE.funnel, 1):
        assert len(funnels.who(funnel_id(), home.period(), place)) == reached
    assert len(funnels.who_dropped(funnel_id(), home.period(), 4)) == 1_078


def test_the_kpi_tree() -> None:
    kpi_tree_tells(BEFORE)


def test_behind_each_kpi_are_exactly_its_results() -> None:
    for label, line in kpi_lines().items():
        assert len(kpi.behind(line.kpi.id)) == BEFORE.kpis[label][0], label


def test_the_follow_up_report() -> None:
    report_tells(initiative_report.report(initiative(FOLLOW_UP).id, home.period()), BEFORE)


def test_the_follow_up_says_why_and_until_when() -> None:
    found = initiative(FOLLOW_UP)

    assert found.why == "資料を読んだだけで止まる人が8割。営業に会う理由を3営業日後に1つだけ渡す"
    assert (found.from_state, found.to_state) == ("資料を持っている", "商談を予約した")
    assert found.review_on is not None
    kinds = sorted(one.kind for one in initiatives.members(found.id))
    assert kinds == ["form", "journey", "mail", "mail", "mail", "page"]


def test_behind_the_follow_up_are_exactly_its_people() -> None:
    asked = initiative(FOLLOW_UP).id, home.period()

    assert len(initiative_report.who_entered(*asked)) == 206
    assert len(initiative_report.who_at(*asked, "waiting")) == 11
    assert len(initiative_report.who_at(*asked, "arm", "clicked")) == 79
    assert len(initiative_report.who_at(*asked, "arm", "else")) == 107
    assert len(initiative_report.who_reached_goal(*asked)) == 31
    assert len(initiative_report.contracts(*asked)) == 6
    assert len(initiative_report.machine_hits(*asked)) == 143


def test_bookings_of_the_funnel_fell_inside_the_journey_or_after_it() -> None:
    found = initiative_report.bookings(initiative(FOLLOW_UP).id, funnel_id(), 5, home.period())

    assert (found.total, found.inside, found.after) == BEFORE.bookings
    assert found.elsewhere == 0


def test_each_contract_counts_for_one_initiative() -> None:
    divided = attribution.attribute(home.period())
    of_funnel = funnels.who(funnel_id(), home.period(), 6).people
    seminar = [one.person_id for one in attribution.contracts_of(initiative(SEMINAR).id, home.period())]
    ours = [one.person_id for one in attribution.contracts_of(initiative(FOLLOW_UP).id, home.period())]

    assert sum(line.contracts for line in divided.lines) == divided.contracts == 118
    assert len(seminar) == len(ours) == 6
    assert sorted(seminar + ours) == sorted(of_funnel)


def test_the_hour_of_sending_is_judged_on_appointments() -> None:
    told = split("朝8時と夜20時、どちらに送るか")
    morning, evening = told.arms
    (judged,) = told.on_goal
    assert judged.difference is not None

    assert [(arm.n, arm.goal.numerator, f"{100 * arm.opens.value:.1f}", f"{100 * arm.goal.value:.1f}") for arm in (morning, evening)] == [
        (1_204, 21, "31.6", "1.7"),
        (1_198, 42, "24.9", "3.5"),
    ]  # fmt: skip
    found = judged.difference
    assert [f"{100 * value:+.1f}" for value in (found.value, found.low, found.high)] == [
        "+1.8",
        "+0.5",
        "+3.0",
    ]
    assert (told.opens_winner, told.winner) == ("morning", "evening")
    with translation.override("ja"):
        assert split_test.sentence(told) == "開封では朝 8:00、商談予約では夜 20:00の勝ち"


def test_fourteen_and_twelve_people_say_nothing_yet() -> None:
    told = split("お礼メールの件名")

    assert [arm.n for arm in told.arms] == [14, 12]
    assert [one.verdict for one in told.on_goal] == [Verdict.TOO_SMALL]
    with translation.override("ja"):
        assert split_test.sentence(told).startswith("まだ判断できません")


def test_a_mail_that_was_opened_more_and_brought_less_was_rejected_with_its_lesson() -> None:
    told, found = split("件名に【至急】をつけるか"), initiative("件名に【至急】をつける")
    usual, urgent = told.arms

    assert urgent.opens.value > usual.opens.value
    assert (usual.goal.numerator, urgent.goal.numerator) == (9, 2)
    assert found.verdict == "rejected"
    assert "信用が減る" in found.learning


def test_the_marketers_home(demo: Demo) -> None:
    tiles = {tile.kind: tile for tile in home.tiles(demo.now, home.funnel(demo.now))}

    assert list(tiles) == ["kgi", "largest_drop", "in_progress", "sent_today"]
    assert (tiles["kgi"].value, tiles["kgi"].target) == (118, 120)
    assert (f"{100 * tiles['largest_drop'].value:.1f}", tiles["largest_drop"].heads) == ("84.0", 1_078)
    assert len(home.last_human_acts(demo.now)) == 8


def test_what_there_is_to_discover(demo: Demo) -> None:
    found = {(one.kind, one.name): one.values for one in home.attention(demo.now)}

    (forgotten,) = [one for one in definitions.list_of_kind("journey") if one.name == "旧・メルマガ登録お礼"]
    assert forgotten.state == "running"
    assert ("no_responsible", forgotten.name) in found
    assert found["review_late", forgotten.name]["days"] == 72
    assert found["adopt", "朝8時と夜20時、どちらに送るか"]["variant"] == "evening"
    forsaken = found["forsaken_branch", "ようこそ、タノモアへ(ランサー)"]
    assert demo.now - forsaken["last"] >= timedelta(days=60)
    ((_id, name, rows),) = imports.open_problems()
    assert (name, rows) == ("展示会名刺_2025秋.csv", 12)


def test_three_hand_overs_were_returned_and_two_wait() -> None:
    returned = [one for one in _hand_overs() if one.state == "returned"]

    assert sorted(one.return_reason for one in returned) == ["no_budget", "too_early", "unreachable"]
    assert sum(1 for one in _hand_overs() if one.state == "pending") == 2
    assert all(scores.of([one.person_id])[one.person_id] >= 80 for one in _hand_overs())


def test_people_with_a_story() -> None:
    candidates = [{persons.get(one).last_name for one in pair[:2]} for pair in merging.list_candidates()]
    assert {"高橋", "髙橋"} in candidates
    watanabe, tanaka, yamamoto = (
        person(address)
        for address in (
            "yumi.watanabe@kaede-press.example",
            "minoru.tanaka@hotaru-farm.example",
            "keiko.yamamoto@nagisa-trading.example",
        )
    )
    assert consent.states([watanabe.id], "mail")[watanabe.id].state == "withdrawn"
    assert consent.suppressed([tanaka.email], "mail")
    (returned,) = [one for one in hand_overs.list_of_person(yamamoto.id) if one.state == "returned"]
    assert (returned.return_reason, returned.restart_on) == ("too_early", date(2026, 7, 1))
    assert person("ken.ito@kyosou-works.example").name == "伊藤 健"
    (suzuki,) = [one for one in persons.search("鈴木金物店") if one.name == "鈴木 翔太"]
    assert (suzuki.email, bool(suzuki.phone)) == ("", True)
    kato = person("osamu.kato@yunagi-foods.example")
    assert kato.last_act_at is not None
    assert kato.last_act_at.astimezone(OPENING.tzinfo).date() == date(2026, 4, 27)
    assert person("rei.sasaki@post.example").fields["role"] == "both"


def test_the_initiative_of_the_hour_says_why_its_test_counts_more(demo: Demo) -> None:
    found = initiative("配信時刻の比較(朝8時と夜20時)")
    client = signed_in(email_of("marketer"))

    with outside():
        page = client.get(f"/w/{staff.SLUG}/initiatives/{found.id}/").content.decode()

    said = " ".join(texts_of(page))
    assert "商談予約:テストでは数え方が違います" in said
    assert "この画面:シナリオ参加中 23人" in said
    assert "60日以内 63人" in said


def test_audiences_have_a_history_of_their_own(demo: Demo) -> None:
    told = {one.name: history.sizes(one.id, now=demo.now) for one in audience.list_all()}

    watched = [sizes for sizes in told.values() if len(sizes) == 90 and sizes[0][1] > 0]
    assert len(watched) >= 5
    assert all(len({size for _day, size in sizes}) > 5 for name, sizes in told.items() if name in WATCHED)
    for sizes in told.values():
        assert 0 not in [size for _day, size in sizes[1:]]


def test_mails_look_as_old_as_their_use(demo: Demo) -> None:
    rows = postgres.rows(
        "SELECT m.updated_at - v.published_at, v.published_at FROM mail m JOIN mail_version v ON v.id = m.version_id"
    )

    assert len(rows) == 15
    assert all(abs(apart) < timedelta(hours=2) for apart, _published in rows)
    assert len({published.date() for _apart, published in rows}) > 10
    assert max(published for _apart, published in rows) < OPENING - timedelta(days=30)


def test_companies_have_an_industry_and_a_size() -> None:
    assert postgres.scalar("SELECT count(*) FROM company WHERE industry = '' OR employees IS NULL") == 0
    assert postgres.rows("SELECT industry, employees FROM company WHERE name = '鈴木金物店'") == [
        ("小売業", 3)
    ]


def _hand_overs() -> list[HandOverInfo]:
    return list(hand_overs.get_many(row[0] for row in postgres.rows("SELECT id FROM hand_over")).values())
