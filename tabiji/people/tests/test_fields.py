"""The workspace's own fields and its exclusion list: what may be changed, and what would lose something."""

from __future__ import annotations

from datetime import datetime

import pytest

from tabiji.core.paging import ListQuery
from tabiji.people.exclusions import BadExclusion, NoSuchExclusion
from tabiji.people.fields import BadValue, NoSuchField
from tabiji.people.public import exclusions, fields
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import audit
from tests.builders.cast import customer

pytestmark = pytest.mark.django_db

LOW, HIGH = {"value": "low", "label": "〜100万円"}, {"value": "high", "label": "100万円〜"}


def test_a_choice_that_people_have_cannot_go(workspace: WorkspaceInfo, now: datetime) -> None:
    fields.create("budget", label="予算", type="choice", choices=[LOW, HIGH])
    sato = customer("sato@a.example", at=now, budget="low")

    with pytest.raises(BadValue, match="〜100万円"):
        fields.change("budget", label="予算", choices=[HIGH], actor=AUTOMATIC)
    fields.change("budget", label="ご予算", choices=[LOW | {"label": "100万円まで"}], actor=AUTOMATIC)

    assert fields.get("budget").label == "ご予算"
    assert fields.count_filled() == {"budget": 1} and fields.people_with("budget") == [sato]


def test_a_field_put_away_keeps_its_key_and_its_values(workspace: WorkspaceInfo, now: datetime) -> None:
    fields.create("budget", label="予算", type="money")
    sato = customer("sato@a.example", at=now, budget="100")

    fields.archive("budget", actor=AUTOMATIC)

    with pytest.raises(NoSuchField):
        fields.get("budget")
    with pytest.raises(BadValue):
        fields.create("budget", label="予算", type="text")
    fields.bring_back("budget", actor=AUTOMATIC)
    assert fields.people_with("budget") == [sato] and fields.list_archived() == []
    assert [one.action for one in audit.list_entries(ListQuery()).rows] == ["restore", "archive", "create"]


@pytest.mark.parametrize("key", ["Budget", "予算", "1st", "email", "a b", "", "x" * 41])
def test_keys_that_nothing_could_name_are_refused(workspace: WorkspaceInfo, key: str) -> None:
    with pytest.raises(BadValue):
        fields.create(key, label="予算", type="text")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ip", "203.0.113.300"),
        ("ip", "0.0.0.0/0"),
        ("ip", "::/0"),
        ("domain", "rival"),
        ("domain", "a@rival.example"),
        ("domain", "rival.example/<script>"),
        ("email", "rival.example"),
        ("phone", "0312345678"),
    ],
)
def test_a_slip_of_the_pen_excludes_nobody(workspace: WorkspaceInfo, kind: str, value: str) -> None:
    with pytest.raises(BadExclusion):
        exclusions.add(kind, value)
    assert exclusions.list_all() == []


def test_a_line_says_whom_it_covers(workspace: WorkspaceInfo, now: datetime) -> None:
    spy = customer("spy@rival.example", at=now)
    customer("sato@a.example", at=now)
    exclusions.add("domain", "RIVAL.example", reason="競合")
    exclusions.add("ip", "203.0.113.7")
    network, domain = sorted(exclusions.list_all(), key=lambda one: one.kind, reverse=True)

    assert (network.value, exclusions.people_of(network.id)) == ("203.0.113.7/32", [])
    assert exclusions.count_people() == {domain.id: 1} and exclusions.people_of(domain.id) == [spy]

    exclusions.remove(domain.id)
    with pytest.raises(NoSuchExclusion):
        exclusions.remove(domain.id)
