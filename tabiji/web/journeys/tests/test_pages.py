"""The list and the page of journeys: numbers that open their people, the outline, whose way it was."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import quote

import pytest

from tabiji.core import postgres
from tabiji.journeys.public import versions
from tabiji.web.journeys.tests.conftest import Browser, Followed, SignIn, text_of
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role, definitions
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.django_db


def test_the_list_says_how_each_journey_does_and_what_is_late(
    aoi: Browser, followed: Followed, now: datetime
) -> None:
    definitions.update(followed.journey_id, actor=AUTOMATIC, review_on=date(2026, 2, 15))

    page = aoi.get("journeys/")

    said = text_of(page)
    assert "資料請求後フォロー" in said
    assert "稼働中・第1版" in said
    assert "35.0% 14 / 40人" in said
    assert "2/15(日)・72日超過" in said
    assert "いません" in said  # nobody is responsible
    assert aoi.people_behind(page, "14") == 14
    assert aoi.people_behind(page, "26人") == 26


def test_an_empty_list_says_what_to_do_first(aoi: Browser, workspace: WorkspaceInfo) -> None:
    said = text_of(aoi.get("journeys/"))

    assert "シナリオはまだありません" in said
    assert "最初のシナリオを作る" in said
    assert "例:" in said


def test_the_outline_says_all_that_the_drawing_says(aoi: Browser, followed: Followed) -> None:
    page = aoi.get(f"journeys/{followed.journey_id}/?period=all")

    said = text_of(page[page.index('id="journey-outline"') :])
    for part in (
        "「asked」をした人が入る 参加 40人 進行中 26人",
        "3営業日待つ・10時に再開 いま 4人 通過 30人 早期ゴール 6人",
        "はい 10人",
        "いいえ 20人",
        "メール「事例メール」を送る",
        "ゴール 8人",
        "ゴール 商談を予約 14/40人(35.0%) いま 22人",
    ):
        assert part in said


def test_each_number_opens_exactly_the_people_behind_it(aoi: Browser, followed: Followed) -> None:
    page = aoi.get(f"journeys/{followed.journey_id}/?period=all")
    outline = page[page.index('id="journey-outline"') :]

    for number in (40, 26, 4, 30, 6, 10, 20, 8, 22):
        assert aoi.people_behind(outline, f"{number}人") == number


def test_a_period_counts_those_who_entered_in_it(aoi: Browser, followed: Followed) -> None:
    page = aoi.get(f"journeys/{followed.journey_id}/?period=7d")

    assert "参加 4人" in text_of(page)


def test_the_header_says_why_and_who_and_when(aoi: Browser, followed: Followed) -> None:
    aoi.post(
        f"journeys/{followed.journey_id}/header/",
        {"name": "フォロー", "why": "新しい理由", "responsible": aoi.user_id, "review_on": "2026-05-29"},
    )

    said = text_of(aoi.get(f"journeys/{followed.journey_id}/"))

    for part in ("なぜ 新しい理由", "責任者 高橋 葵", "次の見直し日 5/29(金)", "使われている場所"):
        assert part in said


def test_one_persons_way_is_lit(aoi: Browser, followed: Followed) -> None:
    person = followed.people[0]

    page = aoi.get(f"journeys/{followed.journey_id}/?person={person}")

    lit = [part for part in page.split('<li class="outline-step')[1:] if "outline-lit" in part[:60]]
    said = text_of(" ".join(lit))
    assert "さんの通った道" in text_of(page)
    assert "メール「事例メール」を送る" in said
    assert "スコア" not in said


def test_a_step_opens_with_ten_of_its_people(aoi: Browser, followed: Followed) -> None:
    page = aoi.get(f"journeys/{followed.journey_id}/step/n1/", **{"HX-Request": "true"})

    assert "3営業日待つ" in page
    assert page.count("person=") == 14  # four who wait, ten of thirty who passed
    assert "のうち10人" in text_of(page)


def test_a_parked_person_is_shown_with_a_second_try(aoi: Browser, followed: Followed, now: datetime) -> None:
    postgres.execute(
        "UPDATE enrolment SET error = 'ValueError: no such mail', due_at = NULL WHERE is_active AND person_id = %s",
        [followed.people[36]],
    )

    page = text_of(aoi.get(f"journeys/{followed.journey_id}/"))
    aoi.post(f"journeys/{followed.journey_id}/retry/", {"enrolment": "all"})

    assert "1人がステップで止まっています" in page
    assert "no such mail" in page
    assert "ValueError" not in page
    assert "ステップで止まっています" not in text_of(aoi.get(f"journeys/{followed.journey_id}/"))


def test_analysts_see_numbers_and_no_names(sign_in: SignIn, followed: Followed) -> None:
    nagi = sign_in(Role.ANALYST, "中村 凪")

    page = nagi.get(f"journeys/{followed.journey_id}/step/n1/", **{"HX-Request": "true"})

    assert "4人" in page
    assert "佐藤" not in page


@pytest.mark.parametrize("role", [Role.SALES, Role.ANALYST, Role.VIEWER])
def test_those_who_may_only_read_cannot_change(sign_in: SignIn, draft_id: int, role: Role) -> None:
    reader = sign_in(role)

    assert reader.status(f"journeys/{draft_id}/") == 200
    assert reader.status("journeys/new/") == 403
    assert reader.status(f"journeys/{draft_id}/edit/", {"act": "remove", "card": "n1"}) == 403
    assert reader.status(f"journeys/{draft_id}/start/", {}) == 403
    assert reader.status("sending/stop/", {}) == 403
    assert "outline-add" not in reader.get(f"journeys/{draft_id}/draft/")


def test_another_workspaces_journey_is_not_there(aoi: Browser, workspace: WorkspaceInfo) -> None:
    from tests.builders.scopes import in_workspace, outside

    with outside():
        other = workspaces.create("minato", name="みなと看護ナビ")
        with in_workspace(other.id):
            theirs = versions.create("秘密", actor=AUTOMATIC, why="x")

    for path in ("", "draft/", "start/", "header/", "people/", "step/ENTRY/"):
        assert aoi.status(f"journeys/{theirs}/{path}") == 404
    assert aoi.status(f"journeys/{theirs}/edit/", {"act": "undo"}) == 404


def test_names_are_shown_as_text(aoi: Browser, workspace: WorkspaceInfo) -> None:
    name = "<img src=x onerror=alert(1)>"
    journey_id = versions.create(name, actor=AUTOMATIC, why=name)

    for page in (aoi.get("journeys/"), aoi.get(f"journeys/{journey_id}/")):
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page
    assert quote(name)  # and it stays what it was
    assert versions.get(journey_id).name == name
