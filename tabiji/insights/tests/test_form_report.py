"""A form in numbers: heads, and the one field at which each gave it up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tabiji.events.public import inlet, processor
from tabiji.insights.public import form_report
from tabiji.people.contracts import Identifier, IdentifierKind
from tabiji.people.public import exclusions, identity
from tabiji.purpose.contracts import Period
from tabiji.purpose.public import periods
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo

pytestmark = pytest.mark.django_db

FORM = 7


@pytest.fixture
def week(workspace: WorkspaceInfo, now: datetime) -> Period:
    day = now.astimezone(workspace.zone).date()
    return periods.of_days(day - timedelta(days=6), day, workspace.zone)


def tell(who: dict[str, str], name: str, at: datetime, *, form: Any = str(FORM), **props: Any) -> None:
    event = {"type": "track", "event": name, "timestamp": at.isoformat(), **who}
    inlet.accept(
        [event | {"properties": {"form_id": form, **props}}],
        source="server" if "userId" in who else "web",
        is_history=True,
    )


def send(who: dict[str, str], at: datetime) -> None:
    """As our own inlet of forms tells it; what anybody can tell from outside is `tell`."""
    event = {"type": "track", "event": "form_submitted", "timestamp": at.isoformat(), **who}
    inlet.accept([event | {"properties": {"form_id": FORM}}], source="form", is_history=True)


def known(email: str, at: datetime) -> dict[str, str]:
    event = {"type": "identify", "userId": email, "traits": {"email": email}, "timestamp": at.isoformat()}
    inlet.accept([event], source="server", is_history=True)
    return {"userId": email}


def begin(who: dict[str, str], at: datetime) -> None:
    tell(who, "form_viewed", at)
    tell(who, "form_started", at + timedelta(seconds=5))


def test_everyone_counts_once_at_the_field_where_they_stopped_last(week: Period, now: datetime) -> None:
    hour = timedelta(hours=1)
    visitor, other = {"anonymousId": "v1"}, {"anonymousId": "v2"}
    sato = known("sato@aoba.example", now - 40 * hour)
    begin(visitor, now - 30 * hour)
    tell(visitor, "form_field_left", now - 29 * hour, field="company")
    tell(visitor, "form_field_left", now - 20 * hour, field="phone")
    begin(sato, now - 9 * hour)
    tell(sato, "form_error", now - 9 * hour, field="phone")
    tell(sato, "form_error", now - 9 * hour, field="phone")
    tell(sato, "form_field_left", now - 8 * hour, field="phone")
    begin(other, now - 3 * hour)
    tell({"anonymousId": "v3"}, "form_viewed", now - 3 * hour)
    tell({"anonymousId": "v4"}, "form_viewed", now - 3 * hour, form="8")
    processor.process_all()

    counted = form_report.numbers(FORM, week)

    assert (counted.seen, counted.began, counted.sent, counted.gave_up) == (4, 3, 0, 3)
    told = [(one.field, one.gave_up, one.refused) for one in counted.fields]
    assert told == [("phone", 2, 1), ("", 1, 0)]
    behind = form_report.who(FORM, week, form_report.LEFT_AT, "phone")
    mail = Identifier(IdentifierKind.EMAIL, "sato@aoba.example")
    assert (len(behind), behind.people) == (2, (identity.find([mail])[mail],))
    assert len(form_report.who(FORM, week, form_report.LEFT_AT, "company")) == 0
    assert len(form_report.who(FORM, week, form_report.GAVE_UP)) == 3


def test_who_sends_it_later_did_not_give_it_up(week: Period, now: datetime) -> None:
    visitor = {"anonymousId": "v1"}
    begin(visitor, now - timedelta(hours=5))
    tell(visitor, "form_field_left", now - timedelta(hours=4), field="phone")
    send(visitor, now - timedelta(hours=3))
    processor.process_all()

    counted = form_report.numbers(FORM, week)

    assert (counted.sent, counted.gave_up, list(counted.fields)) == (1, 0, [])
    assert len(form_report.who(FORM, week, form_report.SENT)) == 1


def test_only_our_own_inlet_says_that_a_form_was_sent(week: Period, now: datetime) -> None:
    for who in ({"anonymousId": "v1"}, known("sato@aoba.example", now - timedelta(hours=9))):
        begin(who, now - timedelta(hours=5))
        tell(who, "form_submitted", now - timedelta(hours=3), form=FORM)
    tell({"anonymousId": "v2"}, "form_submitted", now - timedelta(hours=3), form=FORM)
    processor.process_all()

    counted = form_report.numbers(FORM, week)

    assert (counted.seen, counted.sent, counted.gave_up) == (2, 0, 2)


def test_fields_without_end_are_cut_off_and_their_people_still_counted(week: Period, now: datetime) -> None:
    for place in range(60):
        tell({"anonymousId": f"v{place}"}, "form_field_left", now - timedelta(hours=2), field=f"f{place:02}")
    tell({"anonymousId": "v0"}, "form_error", now - timedelta(hours=3), field="f59")
    processor.process_all()

    counted = form_report.numbers(FORM, week)

    assert (counted.gave_up, len(counted.fields)) == (60, 50)
    first = counted.fields[0]
    assert (first.field, first.gave_up, first.refused) == ("f59", 1, 1)


def test_the_excluded_and_what_lies_outside_the_period_do_not_count(week: Period, now: datetime) -> None:
    begin(known("staff@tanomoa.example", now), now - timedelta(hours=2))
    begin({"anonymousId": "long-ago"}, now - timedelta(days=9))
    exclusions.add("domain", "tanomoa.example", actor=AUTOMATIC)
    processor.process_all()

    assert form_report.numbers(FORM, week).seen == 0
    with pytest.raises(ValueError, match="no stage"):
        form_report.who(FORM, week, "dreamt")
