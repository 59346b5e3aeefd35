"""Scores: who gets points for what, once, and when the threshold is reached."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tabiji.core import clickhouse, facts, postgres
from tabiji.core.facts import Batch
from tabiji.core.paging import ListQuery
from tabiji.events.public import inlet, processor
from tabiji.people.public import persons
from tabiji.scoring.contracts import MAIN
from tabiji.scoring.public import rules, score_models, scores
from tabiji.scoring.tests.company import (
    MODEL,
    a_person,
    count_scores,
    happens,
    it_is,
    judged,
    submission,
    view,
)
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import audit, definitions

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def five_views(visitor: str, start: datetime) -> list[dict[str, object]]:
    paths = ("/", "/omakase", "/cases/factory", "/compare", "/pricing")
    return [view(visitor, path, start + n * 4 * MINUTE) for n, path in enumerate(paths)]


def total(email: str = "misaki@aoba.example") -> int:
    (person,) = persons.search(email)
    return person.score


def test_anonymous_views_count_once_the_visitor_is_known(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    happens(*five_views("b", now + 3 * MINUTE))
    assert persons.count() == 0

    happens(submission("b", "misaki@aoba.example", now + 20 * MINUTE), source="form")

    assert total() == 60
    (person,) = persons.search("misaki@aoba.example")
    lines = scores.explain(person.id)
    assert {(line.rule, line.points) for line in lines} == {
        ("document_request", 25),
        ("budget", 15),
        ("pricing", 10),
        ("comparison", 5),
        ("case", 5),
    }
    pricing = next(line for line in lines if line.rule == "pricing")
    assert pricing.act_at == now + 19 * MINUTE
    assert pricing.at == now + 20 * MINUTE  # it counts from when she was known
    assert next(line for line in lines if line.rule == "budget").label == "予算100〜300万円"
    assert lines[0].total == 60


def test_views_and_form_in_one_batch_count_the_same(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    inlet.accept(five_views("b", now + 3 * MINUTE), source="web", is_history=True)
    inlet.accept([submission("b", "misaki@aoba.example", now + 20 * MINUTE)], source="form", is_history=True)

    processor.process_all()

    assert total() == 60


def test_the_heroine_reaches_the_threshold_once(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    auto_reply = definitions.create("mail", name="自動返信メール", actor=AUTOMATIC)
    case_mail = definitions.create("mail", name="事例メール", actor=AUTOMATIC)
    happens(*five_views("b", now + 3 * MINUTE))
    happens(submission("b", "misaki@aoba.example", now + 20 * MINUTE), source="form")
    (her,) = persons.search("misaki@aoba.example")
    later = datetime(2026, 5, 7, 3, 18, tzinfo=UTC)

    happens(judged(her.id, auto_reply, now + 41 * MINUTE), source="mail")
    assert total() == 70
    it_is(later)
    happens(judged(her.id, case_mail, later), source="mail")
    assert total() == 80
    happens(view("b", "/pricing", later + 2 * MINUTE))
    assert total() == 90

    rows = clickhouse.store().rows(
        "SELECT new, occurred_at, detail.crossed::Nullable(Bool), detail.label::String"
        " FROM (SELECT *, detail::JSON AS detail FROM person_change"
        " WHERE workspace_id = {ws:UInt32} AND kind = 'score') ORDER BY batch_id, ordinal",
        {"ws": workspace.id},
    )
    crossed = [(new, at) for new, at, crossing, _ in rows if crossing]
    assert crossed == [("80", later)]
    assert [label for *_, label in rows][-2:] == ["事例メールのクリック", "料金ページの閲覧"]
    assert not scores.is_armed([her.id])


def test_a_machine_gives_nobody_points(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    person = a_person()
    crawler = {"context": {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}}

    happens(judged(person, 7, now, verdict="machine"), source="mail")
    happens(view("sato@aoba.example", "/pricing", now, userId="sato@aoba.example", **crawler), source="web")

    assert scores.of([person]) == {person: 0}


def test_what_a_machine_did_before_the_person_was_known_gives_nothing(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    count_scores(now)
    crawler = {"context": {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}}
    happens(view("b", "/compare", now, **crawler), view("b", "/cases/1", now), source="web")

    happens(submission("b", "misaki@aoba.example", now, budget="-100"), source="form")

    assert total() == 30  # the form and the case page


def test_a_site_cannot_claim_that_a_mail_was_clicked(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    person = a_person()
    claim = judged(person, 7, now) | {"userId": "sato@aoba.example"}

    happens(claim, source="web")
    happens(
        {
            "type": "track",
            "event": "form_submitted",
            "userId": "sato@aoba.example",
            "properties": {"form_key": "document"},
        },
        source="server",
    )

    assert scores.of([person]) == {person: 0}


def test_links_that_are_no_content_do_not_count(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    person = a_person()

    happens(judged(person, 7, now, link_kind="unsubscribe"), source="mail")

    assert scores.of([person]) == {person: 0}


def test_a_page_counts_once_a_local_day_and_a_mail_once(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    person = a_person()
    known = {"userId": "sato@aoba.example"}
    # 23:50 and 00:10 in Tokyo are two days, though one in UTC.
    evening = datetime(2026, 4, 27, 14, 50, tzinfo=UTC)

    happens(
        *[view("b", "/pricing", at, **known) for at in (evening, evening + MINUTE, evening + 20 * MINUTE)],
    )
    happens(judged(person, 7, now), judged(person, 7, now + MINUTE), judged(person, 8, now), source="mail")

    lines = scores.explain(person)
    assert sorted((line.rule, line.points) for line in lines) == [
        ("mail_click", 10),
        ("mail_click", 10),
        ("pricing", 10),
        ("pricing", 10),
    ]


def test_a_batch_that_comes_again_changes_nothing(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    seen: list[Batch] = []
    happens(*five_views("b", now))
    consumer = facts.consumers.get("score")
    original = type(consumer).consume

    def remember(self: object, batch: Batch) -> None:
        seen.append(batch)
        original(consumer, batch)

    type(consumer).consume = remember  # type: ignore[method-assign]
    try:
        happens(submission("b", "misaki@aoba.example", now + MINUTE), source="form")
    finally:
        type(consumer).consume = original  # type: ignore[method-assign]
    before = postgres.rows("SELECT id, rule, slot, points FROM score_entry ORDER BY id")
    for batch in seen:
        consumer.consume(batch)
    processor.process_all()

    assert total() == 60
    assert postgres.rows("SELECT id, rule, slot, points FROM score_entry ORDER BY id") == before
    assert postgres.scalar("SELECT score FROM person_score") == 60


def test_points_of_a_journey_are_given_once_for_a_cause(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    people = [a_person(f"p{n}@aoba.example") for n in range(3)]

    for _ in range(2):
        scores.add(people, 7, rule="journey:4/give", at=now, cause="enrolment 9", label="シナリオ")
    scores.add(people[:1], 7, rule="journey:4/give", at=now, cause={people[0]: "enrolment 10"})
    scores.add(people[1:2], -3, rule="journey:4/take", at=now, cause="enrolment 9")

    assert scores.of(people) == dict(zip(people, (14, 4, 7), strict=True))
    assert [line.total for line in scores.explain(people[1])] == [4, 7]
    assert scores.explain(people[1], until=now - MINUTE) == []


def test_after_a_return_the_next_rise_counts_again_but_not_before_its_day(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    count_scores(now)
    person = a_person()

    def crossings(points: int, at: datetime) -> list[bool]:
        given = scores.add([person], points, rule="given", at=at, cause=at.isoformat())
        return [bool(change.detail.get("crossed")) for change in given]

    assert crossings(79, now) == [False]
    assert crossings(1, now + MINUTE) == [True]
    assert crossings(5, now + 2 * MINUTE) == [False]
    scores.rearm([person], at=now, since=now + timedelta(days=30))
    assert crossings(5, now + timedelta(days=29)) == [False]
    assert crossings(-5, now + timedelta(days=30)) == [False]
    assert crossings(5, now + timedelta(days=31)) == [True]
    assert crossings(5, now + timedelta(days=32)) == [False]


def test_falling_below_the_threshold_does_not_arm_it_again(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    person = a_person()
    scores.add([person], 80, rule="given", at=now, cause="1")
    scores.add([person], -40, rule="given", at=now, cause="2")

    (change,) = scores.add([person], 40, rule="given", at=now, cause="3")

    assert change.new == "80"
    assert "crossed" not in change.detail


def test_history_adds_points_and_reaches_no_threshold(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now, threshold=30)
    person = a_person()
    old = now - timedelta(days=60)
    known = {"userId": "sato@aoba.example"}

    happens(*[view("b", "/pricing", old + timedelta(days=n), **known) for n in range(5)])
    assert scores.of([person]) == {person: 50}
    assert scores.is_armed([person])

    happens(view("b", "/compare", now, **known))
    assert not scores.is_armed([person])


def test_two_people_who_are_one_have_one_score(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    at = now - timedelta(hours=1)
    happens(
        {"type": "identify", "anonymousId": "b", "traits": {"email": "sato@aoba.example"}},
        view("b", "/pricing", at),
        view("b", "/compare", at),
        view("m", "/pricing", at, userId="M-7", anonymousId=None),
        view("m", "/cases/1", at, userId="M-7", anonymousId=None),
        source="web",
    )
    assert sorted(row[0] for row in postgres.rows("SELECT score FROM person")) == [15, 15]

    happens({"type": "identify", "userId": "M-7", "traits": {"email": "sato@aoba.example"}}, source="server")

    (kept,) = persons.search("sato@aoba.example")
    assert kept.score == 20  # one day's pricing page, comparison, case
    assert scores.of([kept.id]) == {kept.id: 20}


def test_a_new_version_counts_from_now_on(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    first = a_person("one@aoba.example")
    happens(view("one", "/compare", now, userId="one@aoba.example"))

    dearer = [rule | {"points": 9} if rule["key"] == "comparison" else rule for rule in MODEL["rules"]]
    assert score_models.publish(MODEL | {"rules": dearer}, actor=AUTOMATIC, at=now) == 2
    second = a_person("two@aoba.example")
    happens(view("two", "/compare", now, userId="two@aoba.example"))
    happens(view("one", "/compare", now + MINUTE, userId="one@aoba.example"))

    assert scores.of([first, second]) == {first: 5, second: 9}
    assert scores.explain(second)[0].version == 2
    assert score_models.publish(MODEL | {"rules": dearer}, actor=AUTOMATIC, at=now) == 2
    info = score_models.get()
    assert (info.key, info.version, info.threshold, info.draft) == (MAIN, 2, 80, None)
    kinds = {(line.action, line.object_kind) for line in audit.list_entries(ListQuery()).rows}
    assert ("publish", "score_model") in kinds


def test_a_draft_does_not_count(workspace: WorkspaceInfo, now: datetime) -> None:
    score_models.save_draft(MODEL, actor=AUTOMATIC)

    assert scores.threshold() is None
    assert score_models.get().draft == MODEL
    with pytest.raises(rules.BadRules):
        score_models.save_draft({"version": 1}, actor=AUTOMATIC)
    with pytest.raises(score_models.NoSuchScoreModel):
        score_models.get("other")


def test_hostile_properties_stop_nothing(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    person = a_person()
    odd = ["\u0000", "x" * 20_000, {"a": [1]}, [1, 2], 1e308, -1, True, None, 2**63 + 5, "𠮷" * 400]

    happens(
        *[judged(person, value, now + n * MINUTE) for n, value in enumerate(odd)],  # type: ignore[arg-type]
        *[judged(person, n, now, initiative_id=value) for n, value in enumerate(odd)],
        source="mail",
    )

    assert postgres.rows("SELECT error FROM parked_batch") == []
    assert scores.of([person])[person] > 0


def test_another_workspaces_people_get_no_points(workspace: WorkspaceInfo, now: datetime) -> None:
    count_scores(now)
    from uuid import uuid4

    assert scores.add([uuid4()], 10, rule="given", at=now, cause="x") == []
    assert postgres.scalar("SELECT count(*) FROM score_entry") == 0
