"""The pages of sales, as colleagues use them: accept, call, sell, give to somebody else."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from tabiji.core import ids, postgres
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import holds
from tabiji.sales.contracts import NewAppointment
from tabiji.sales.public import appointments, calls, deals, hand_overs, policy, tasks
from tabiji.sales.tests.cast import Staff, a_person, colleague
from tabiji.web.sales.tests.conftest import SitDown
from tabiji.workspaces.public import Role
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.django_db
UNSEEN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}|\d{4}-\d\d-\d\dT|[{}]|\bnull\b|None|\b[a-z]+_[a-z_]+\b")


@pytest.fixture
def theirs(db: None, now: datetime) -> list[str]:
    """Addresses of what みなと看護ナビ has."""
    made = workspaces.create(f"minato-{ids.new_id().hex[-12:]}", name="みなと看護ナビ", is_practice=True)
    with postgres.workspace_scope(made.id):
        ren = colleague("外の 蓮", Role.SALES)
        person = a_person(now, last_name="他社")
        number = hand_overs.request([person.id], reason="手動", at=now).made[person.id]
        deal = deals.open_(person.id, name="他社の商談", at=now, actor=ren)
        task = tasks.add(person.id, kind="todo", title="他社", due_at=now, at=now, actor=ren)
        wanted = NewAppointment(now + timedelta(days=1), 60)
        met = appointments.book(person.id, wanted, at=now, actor=ren)
    return [
        f"hand-overs/{number}/",
        f"hand-overs/new/{person.id}/",
        f"deals/{deal.id}/",
        f"deals/new/?person={person.id}",
        f"tasks/{task}/",
        f"appointments/{met.id}/",
        f"calls/{person.id}/",
        f"people/{person.id}/stop/",
    ]


def ask(person: PersonInfo, now: datetime, cast: Staff, why: str = "見積もりの相談") -> int:
    made = hand_overs.request([person.id], reason=why, at=now, owner_id=cast.haru.user_id)
    return made.made[person.id]


def visible(html: str) -> str:
    """What people read in the main part of a page."""
    main = html[html.index("<main") : html.index("</main>")]
    return re.sub(r"<[^>]+>", " ", re.sub(r"<(script|style|template).*?</\1>", "", main, flags=re.DOTALL))


def test_a_hand_over_is_accepted_called_and_leads_to_the_next_person(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    first = ask(misaki, now, cast)
    second = ask(a_person(now, last_name="加藤", company="北浜製作所"), now, cast)
    desk = sit_down(cast.haru)

    waiting = desk.get(f"hand-overs/{first}/")
    accepted = desk.post(f"hand-overs/{first}/accept/")
    after = desk.post(
        f"calls/{misaki.id}/", result="no_answer", again_at="2026-04-30T10:00", note="不在でした"
    )

    assert "見積もりの相談" in waiting and re.search(r"あと (4時間|3時間5\d分)", visible(waiting))
    assert "受け取る" in waiting and "tel:+819012345678" in waiting
    assert 'data-shortcut="6"' in accepted and "引き渡しを受け取りました。" in accepted
    assert "加藤" in visible(after) and "佐藤 美咲:不在。次の電話は 4/30(木) 10:00" in after
    assert hand_overs.get(second).state == "pending"
    (next_call,) = [one for one in tasks.list_of_person(misaki.id) if one.state == "open"]
    assert next_call.kind == "call" and next_call.owner_id == cast.haru.user_id


def test_accepting_twice_is_accepting_once_and_a_second_colleague_hears_who_was_first(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    number = ask(misaki, now, cast)
    haru = sit_down(cast.haru)

    haru.post(f"hand-overs/{number}/accept/")
    again = haru.post(f"people/{misaki.id}/accept/")
    late = sit_down(colleague("西村 空", Role.SALES)).post(f"hand-overs/{number}/accept/")

    assert "先に受け取りました" not in again
    assert "小林 陽さんが先に受け取りました" in late
    assert len([one for one in tasks.list_of_person(misaki.id) if one.state == "open"]) == 1


def test_a_booked_call_without_its_time_is_asked_for_it_in_place(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    desk = sit_down(cast.haru)

    asked = desk.post(f"calls/{misaki.id}/", status=422, result="booked", minutes="6", seconds="12")
    desk.post(f"calls/{misaki.id}/", result="booked", minutes="6", seconds="12", starts_at="2026-05-12T14:00")

    assert "面談の日時を入れてください。" in asked and 'value="6"' in asked
    (call,) = calls.list_of_person(misaki.id)
    assert (call.seconds, call.result) == (372, "booked")
    (booked,) = appointments.list_of_person(misaki.id)
    assert "5/12(火)" in desk.get("appointments/?from=2026-05-12")
    assert f"appointments/{booked.id}/" in desk.get("appointments/?from=2026-05-12")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"result": ""}, "6つの結果から1つ選んでください。"),
        ({"result": "<script>"}, "6つの結果から1つ選んでください。"),
        ({"result": "declined", "minutes": "-1"}, "field-error"),
        ({"result": "call_again", "again_at": "2020-01-01T10:00"}, "いまより後の日時"),
        ({"result": "booked", "starts_at": "0001-01-01T00:00"}, "3年以内"),
        ({"result": "booked", "starts_at": "soon"}, "field-error"),
    ],
)
def test_a_call_that_cannot_be_is_refused_and_nothing_is_written(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, values: dict[str, str], said: str
) -> None:
    html = sit_down(cast.haru).post(f"calls/{misaki.id}/", status=422, **values)

    assert said in html
    assert calls.list_of_person(misaki.id) == [] and tasks.list_of_person(misaki.id) == []


def test_a_call_sent_twice_is_written_once(misaki: PersonInfo, cast: Staff, sit_down: SitDown) -> None:
    desk = sit_down(cast.haru)
    values: dict[str, Any] = {"result": "no_answer", "again_at": "2026-04-30T10:00", "seen": "0"}

    desk.post(f"calls/{misaki.id}/", **values)
    desk.post(f"calls/{misaki.id}/", **values)

    (call,) = calls.list_of_person(misaki.id)
    assert len([one for one in tasks.list_of_person(misaki.id) if one.state == "open"]) == 1
    assert f'name="seen" value="{call.id}"' in desk.get(f"calls/{misaki.id}/")


def test_a_return_says_what_is_missing_and_then_goes_back(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    number = ask(misaki, now, cast)
    desk = sit_down(cast.haru)

    asked = desk.post(f"hand-overs/{number}/return/", status=422, reason="too_early")
    desk.post(f"hand-overs/{number}/return/", reason="too_early", restart_on="2026-06-01", note="来期に")

    assert "再開する日を入れてください。" in asked
    shown = desk.get(f"hand-overs/{number}/")
    assert "時期尚早・6/1(月)から再開" in shown and "来期に" in shown
    assert "受け取る" not in visible(shown)


def test_the_tabs_count_what_they_open(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    late = ask(misaki, now - timedelta(days=5), cast)
    ask(a_person(now, last_name="加藤"), now, cast)
    desk = sit_down(cast.makoto)

    html = desk.get("hand-overs/")

    for query, count in (("state=pending", 2), ("late=1", 1), ("state=returned", 0)):
        assert re.search(rf"\?{query}\"[^>]*>[^<]*<b class=\"chip-count\">{count}</b>", html), query
        rows = re.findall(r'<th scope="row"><a href="[^"]*hand-overs/\d+/"', desk.get(f"hand-overs/?{query}"))
        assert len(rows) == count
    assert f"hand-overs/{late}/" in desk.get("hand-overs/?late=1")


def test_a_manager_gives_what_waits_to_somebody_else(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    number = ask(misaki, now, cast)
    sora = colleague("西村 空", Role.SALES)
    desk = sit_down(cast.makoto)

    before = desk.get("team/")
    after = desk.post("team/give/", id=number, to=sora.user_id)

    assert f"?state=pending&amp;owner={cast.haru.user_id}" in before
    assert hand_overs.get(number).owner_id == sora.user_id
    assert "1件を西村 空さんに渡しました。" in after


def test_every_number_of_the_team_opens_as_many_rows(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    ask(misaki, now, cast)
    second = a_person(now, last_name="加藤")
    hand_overs.accept(ask(second, now, cast), at=now, actor=cast.haru)
    tasks.add(None, kind="todo", title="共有の仕事", due_at=now, at=now, actor=cast.haru)
    for owner in (cast.haru, cast.makoto):
        deals.open_(second.id, name="商談", at=now, actor=owner)
    postgres.execute("UPDATE deal SET owner_id = NULL WHERE owner_id = %s", [cast.makoto.user_id])
    desk = sit_down(cast.makoto)

    table = desk.get("team/").split("<tbody>")[1]
    links = re.findall(
        r'href="/w/[^/]+/((?:hand-overs|tasks|deals)/\?[^"]*)">(\d+)</a>', table.split("</tbody>")[0]
    )

    assert sorted(int(count) for _path, count in links if count != "0") == [1, 1, 1, 1, 1, 1]
    assert any("owner=pool" in path and count == "1" for path, count in links)
    for path, count in links:
        html = desk.get(path.replace("&amp;", "&"))
        rows = html.count("agenda-row") + html.count('<th scope="row">')
        assert rows == int(count), path


@pytest.mark.parametrize("amount", ["abc", "-5", "1.5", "99999999999999999999", "1e9"])
def test_an_amount_that_is_none_is_said_at_its_field(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, amount: str
) -> None:
    desk = sit_down(cast.haru)

    html = desk.post(
        f"deals/new/?person={misaki.id}",
        status=422,
        name="受発注のWeb化",
        amount=amount,
        line="main",
        phase="meeting",
        owner=cast.haru.user_id,
    )

    assert 'id="id_amount_error"' in html
    assert deals.list_of_person(misaki.id) == []


def test_a_deal_from_its_making_to_won_and_open_again(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    desk = sit_down(cast.haru)
    values: dict[str, Any] = {
        "name": "受発注のWeb化",
        "line": "main",
        "phase": "meeting",
        "owner": cast.haru.user_id,
    }

    desk.post(f"deals/new/?person={misaki.id}", amount="１８０万", expected_on="2026-06-03", **values)
    (made,) = deals.list_of_person(misaki.id)
    desk.post(f"deals/{made.id}/move/", phase="proposal", version=made.version)
    board = desk.get("deals/")
    stale = desk.post(f"deals/{made.id}/move/", phase="quote", version=made.version)
    won = desk.post(f"deals/{made.id}/win/", amount="1,750,000")
    desk.post(f"deals/{made.id}/win/", amount="1")

    assert made.amount == 1_800_000 and "¥1,800,000" in board
    assert "ほかの人がこの商談を変更しました" in stale
    assert "¥1,750,000" in won and deals.get(made.id).amount == 1_750_000
    desk.post(f"deals/{made.id}/reopen/")
    assert deals.get(made.id).outcome == "" and deals.get(made.id).phase == "proposal"


def test_a_wrong_line_is_corrected_on_the_page_of_the_deal(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    lines = (("market", "マーケット"), ("omakase", "おまかせ"))
    policy.set_policy(policy.Policy(phases=(("meeting", "面談"),), lines=lines), actor=cast.makoto)
    made = deals.open_(misaki.id, name="EC", line="market", at=now, actor=cast.haru)
    desk = sit_down(cast.haru)
    values: dict[str, Any] = {"name": "EC", "amount": "", "expected_on": "", "owner": cast.haru.user_id}

    before = desk.get(f"deals/{made.id}/")
    desk.post(f"deals/{made.id}/", status=422, line="other", **values)
    after = desk.post(f"deals/{made.id}/", line="omakase", version=made.version, **values)
    won = desk.post(f"deals/{made.id}/win/", amount="100")
    late = desk.post(f"deals/{made.id}/", status=422, line="market", **values)

    assert re.search(r'<option value="market" selected>\s*マーケット', before)
    assert "<dd>おまかせ</dd>" in after and deals.get(made.id).line == "omakase"
    assert "進行中に戻して直し、もう一度受注か失注にしてください" in visible(won)
    assert "この商談は終わっています。先に進行中に戻してください。" in visible(late)


def test_where_there_is_one_line_nobody_is_asked_for_it(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    made = deals.open_(misaki.id, name="EC", at=now, actor=cast.haru)
    desk = sit_down(cast.haru)

    desk.post(f"deals/{made.id}/", name="EC 2", owner=cast.haru.user_id)

    assert 'name="line"' not in desk.get(f"deals/{made.id}/")
    assert (deals.get(made.id).name, deals.get(made.id).line) == ("EC 2", "main")


def test_a_company_leads_to_exactly_its_deals(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    deals.open_(misaki.id, name="受発注のWeb化", at=now, actor=cast.haru)
    deals.open_(a_person(now, last_name="加藤", company="北浜").id, name="別の会社", at=now, actor=cast.haru)
    desk = sit_down(cast.haru)

    company = desk.get(f"companies/{misaki.company_id}/")
    found = desk.get(f"deals/?company={misaki.company_id}&view=list")

    assert re.search(rf'deals/\?company={misaki.company_id}&amp;view=list">1<', company)
    assert "受発注のWeb化" in found and "別の会社" not in found


def test_a_task_is_done_with_its_minutes_and_taken_back(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    desk = sit_down(cast.haru)
    values: dict[str, Any] = {"kind": "mail", "title": "見積書を送る", "owner": cast.haru.user_id}

    desk.post(f"tasks/new/?person={misaki.id}", status=422, due_at="9999-12-31T23:59", **values)
    desk.post(f"tasks/new/?person={misaki.id}", due_at="2026-04-29T10:00", minutes="30", **values)
    (task,) = tasks.list_of_person(misaki.id)
    listed = desk.get("tasks/")
    done = desk.post(f"tasks/{task.id}/done/", minutes="25")

    assert "明日" in listed and "見積書を送る" in listed
    assert "完了(25分)" in done and f"tasks/{task.id}/open/" in done
    assert tasks.get(task.id).minutes == 25
    desk.post(f"tasks/{task.id}/open/")
    assert tasks.get(task.id).state == "open"


def test_an_appointment_gets_its_result_in_one_click(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    wanted = NewAppointment(now + timedelta(hours=1), 60, "初回ヒアリング")
    made = appointments.book(misaki.id, wanted, at=now, actor=cast.haru)
    appointments.lapse(now + timedelta(hours=3))
    workspaces.set_clock_offset(now + timedelta(hours=3) - datetime.now(now.tzinfo))
    desk = sit_down(cast.haru)

    over = desk.get("appointments/?state=over")
    after = desk.post(f"appointments/{made.id}/settle/", state="visited", back="over")

    assert "初回ヒアリング" in over and "来なかった" in over
    assert appointments.get(made.id).state == "visited"
    assert "結果はすべて入力済みです" in after


def test_holidays_are_named_in_the_week(cast: Staff, sit_down: SitDown) -> None:
    html = sit_down(cast.haru).get("appointments/?from=2026-05-04")

    assert "みどりの日" in html and "こどもの日" in html and "休み" in html


def test_marketing_is_stopped_with_a_reason_and_taken_back(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    desk = sit_down(cast.haru)

    refused = desk.post(f"people/{misaki.id}/stop/", status=422, reason="静かに", until="2020-01-01")
    desk.post(f"people/{misaki.id}/stop/", reason="社内で検討中", until="2026-06-30")
    shown = desk.get(f"people/{misaki.id}/stop/")

    assert "終わりの日は、いまより後にしてください。" in refused
    (hold,) = holds.list_standing(misaki.id, now + timedelta(hours=1))
    assert "社内で検討中" in shown and hold.until is not None
    desk.post(f"people/{misaki.id}/resume/", source=hold.source)
    assert holds.list_standing(misaki.id, now + timedelta(hours=1)) == []


def test_handing_over_by_hand_makes_one_and_never_a_second(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    desk = sit_down(cast.aoi)

    first = desk.post(f"hand-overs/new/{misaki.id}/", why="threshold", owner=cast.haru.user_id)
    second = desk.post(f"hand-overs/new/{misaki.id}/", why="もう一度")

    (made,) = hand_overs.list_of_person(misaki.id)
    assert made.reason == "person" and made.owner_id == cast.haru.user_id
    assert "営業に引き渡しました。" in first and "もう営業に引き渡されています" in second


def test_rules_are_changed_and_a_phase_with_deals_stays(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    deals.open_(misaki.id, name="商談", phase="proposal", at=now, actor=cast.haru)
    desk = sit_down(cast.makoto)
    labels: dict[str, Any] = {"lines_key": ["main"], "lines_place": ["1"], "lines_label": ["おまかせ"]}
    keys: dict[str, Any] = {"phases_key": ["meeting", "proposal", ""], "phases_place": ["2", "1", "3"]}

    refused = desk.post(
        "team/rules/", status=422, accept_hours="4", phases_label=["面談", "", ""], **keys, **labels
    )
    desk.post(
        "team/rules/", accept_hours="2.5", phases_label=["面談", "提案", "<b>契約</b>"], **keys, **labels
    )

    assert "「提案」は消せません。1件の商談があります。" in refused
    now_rules = policy.current()
    assert [label for _key, label in now_rules.phases] == ["提案", "面談", "<b>契約</b>"]
    assert now_rules.accept_hours == 2.5 and not now_rules.hold_marketing
    assert "<b>契約</b>" not in desk.get("deals/")


def test_what_is_hostile_is_shown_as_text(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    bad = "<script>alert(1)</script>"
    desk = sit_down(cast.haru)
    ask(misaki, now, cast, bad)
    deals.open_(misaki.id, name=bad, at=now, actor=cast.haru)
    tasks.add(
        misaki.id, kind="todo", title=bad, due_at=now, owner_id=cast.haru.user_id, at=now, actor=cast.haru
    )
    appointments.book(
        misaki.id, NewAppointment(now + timedelta(hours=2), 30, bad, bad), at=now, actor=cast.haru
    )
    calls.log(misaki.id, result="declined", note=bad, at=now, actor=cast.haru)

    for path in (
        "hand-overs/",
        "tasks/",
        "deals/",
        "deals/?view=list",
        "appointments/",
        f"calls/{misaki.id}/",
    ):
        html = desk.get(path)
        assert bad not in html and "&lt;script&gt;" in html, path
    for path in ("hand-overs/?after=zzz", "tasks/?after=zzz", "deals/?company=999999", "deals/new/?person=x"):
        desk.get(path, status=404)


def test_roles(misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime) -> None:
    number = ask(misaki, now, cast)
    deal = deals.open_(misaki.id, name="受発注のWeb化", at=now, actor=cast.haru)
    nagi, haru = sit_down(cast.nagi), sit_down(cast.haru)

    for path in ("hand-overs/", f"hand-overs/{number}/", "deals/", f"deals/{deal.id}/", "appointments/"):
        html = nagi.get(path)
        assert "美咲" not in html and "tel:" not in html, path
    for path in ("tasks/", f"calls/{misaki.id}/", "deals/new/", "team/", f"people/{misaki.id}/stop/"):
        nagi.get(path, status=403)
    for path in (f"hand-overs/{number}/accept/", f"deals/{deal.id}/win/", f"deals/{deal.id}/"):
        nagi.post(path, status=403)
    haru.get("team/", status=403)
    haru.post("team/give/", status=403, id=number, to=cast.haru.user_id)


def test_what_another_workspace_has_is_not_there(
    theirs: list[str], misaki: PersonInfo, cast: Staff, sit_down: SitDown
) -> None:
    """`theirs` is made before this workspace's scope is opened."""
    desk = sit_down(cast.makoto)

    for path in theirs:
        desk.get(path, status=404)
        if "hand-overs/" not in path or "new" in path:  # a GET page has no POST of its own
            desk.post(path, status=404)


def test_no_code_word_is_visible_and_english_is_complete(
    misaki: PersonInfo, cast: Staff, sit_down: SitDown, now: datetime
) -> None:
    number = ask(misaki, now, cast)
    deal = deals.open_(misaki.id, name="EC", at=now, actor=cast.haru)
    desk = sit_down(cast.makoto)
    paths = ["hand-overs/", f"hand-overs/{number}/", "tasks/", "deals/", f"deals/{deal.id}/", "appointments/"]

    for path in [*paths, f"calls/{misaki.id}/", "team/", "team/rules/", f"people/{misaki.id}/stop/"]:
        assert not UNSEEN.search(visible(desk.get(path))), (path, UNSEEN.findall(visible(desk.get(path))))
    postgres.execute("UPDATE staff_user SET language = 'en' WHERE id = %s", [cast.makoto.user_id])
    assert "Waiting to be accepted" in desk.get("hand-overs/")
    assert not re.search(r"[ぁ-ん]", visible(desk.get("team/rules/")))
