"""The frequency cap, the quiet hours and the DKIM key of a workspace are changed where they can be kept."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from tabiji.messaging.contracts import Candidate, Refusal
from tabiji.messaging.domains import BadDkimName, NoSendingDomain
from tabiji.messaging.limits import BadLimits, Limits
from tabiji.messaging.public import domains, gate, limits
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tests.builders.cast import customer

pytestmark = pytest.mark.django_db


def test_the_gate_keeps_what_was_set(workspace: WorkspaceInfo, now: datetime) -> None:
    asked = [Candidate(customer("a@aoba.example", at=now), "marketing")]
    assert gate.judge(asked, now).delays == {}

    limits.change(Limits(0, 7, time(13), time(15)), actor=AUTOMATIC)

    assert limits.current() == Limits(0, 7, time(13), time(15))
    assert gate.judge(asked, now).delays[asked[0]].astimezone(workspace.zone).time() == time(15)
    with pytest.raises(BadLimits):
        limits.change(Limits(-1), actor=AUTOMATIC)
    assert Refusal.CAPPED not in {one[0] for one in gate.judge(asked, now).refusals.values()}


def test_a_dkim_key_needs_a_domain_that_can_have_one(workspace: WorkspaceInfo) -> None:
    with pytest.raises(NoSendingDomain):
        domains.make_dkim_key("aoba.example", "s1", actor=AUTOMATIC)
    domains.save(
        actor=AUTOMATIC, from_name="A", from_address="a@aoba.example", host="h", port=25, security="none"
    )

    for domain, selector in (("aoba example", "s1"), ("aoba.example", "s 1"), ("aoba.example", "")):
        with pytest.raises(BadDkimName):
            domains.make_dkim_key(domain, selector, actor=AUTOMATIC)
    assert domains.dns_record() is None

    made = domains.make_dkim_key("aoba.example", "s1", actor=AUTOMATIC)
    assert made == domains.dns_record() and made.name == "s1._domainkey.aoba.example"
