"""The closed lists of sales as people read them, and the sentences that the line shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from tabiji.sales.contracts import (
    AppointmentState,
    CallResult,
    HandOverState,
    LostReason,
    ReturnReason,
    TaskKind,
)
from tabiji.workspaces.public import workspace

RETURN_REASONS: Final = {
    ReturnReason.TOO_EARLY: _("Too early"),
    ReturnReason.NO_BUDGET: _("No budget"),
    ReturnReason.NOT_TARGET: _("Not our customer"),
    ReturnReason.UNREACHABLE: _("Cannot be reached"),
    ReturnReason.DUPLICATE: _("Duplicate"),
    ReturnReason.OTHER: _("Other reason"),
}
CALL_RESULTS: Final = {
    CallResult.BOOKED: _("Appointment booked"),
    CallResult.NO_ANSWER: _("No answer"),
    CallResult.CALL_AGAIN: _("Call again"),
    CallResult.CONSIDERING: _("Still considering"),
    CallResult.DECLINED: _("Declined"),
    CallResult.WRONG_NUMBER: _("Wrong number"),
}
APPOINTMENT_STATES: Final = {
    AppointmentState.BOOKED: _("Booked"),
    AppointmentState.OVER: _("Over, without a result"),
    AppointmentState.VISITED: _("Took place"),
    AppointmentState.NO_SHOW: _("Did not come"),
    AppointmentState.CANCELLED: _("Cancelled"),
}
HAND_OVER_STATES: Final = {
    HandOverState.PENDING: _("Waiting to be accepted"),
    HandOverState.ACCEPTED: _("Accepted"),
    HandOverState.RETURNED: _("Returned"),
    HandOverState.CLOSED: _("Closed"),
}
LOST_REASONS: Final = {
    LostReason.PRICE: _("Price"),
    LostReason.COMPETITOR: _("Chose somebody else"),
    LostReason.NO_DECISION: _("Nothing was decided"),
    LostReason.NO_BUDGET: _("No budget"),
    LostReason.TIMING: _("Wrong time"),
    LostReason.OTHER: _("Other reason"),
}
TASK_KINDS: Final = {
    TaskKind.CALL: _("Call"),
    TaskKind.MAIL: _("Mail to write"),
    TaskKind.TODO: _("To do"),
}
FIRST_CALL: Final = _("First call")
CALL_AGAIN: Final = _("Call again")
CALL: Final = _("Call")
HOLD_REASON: Final = _("Sales has taken over")


def kept(text: Any) -> str:
    """A sentence that is stored and shown as it is: in the workspace's language, whoever acts."""
    with translation.override(workspace.current().language):
        return str(text)


def why_handed_over(reason: str, detail: Mapping[str, Any]) -> str:
    """The reason of a hand-over as one sentence, in the active language."""
    match reason:
        case "threshold":
            return str(_("Score reached %(threshold)s (%(label)s %(points)+d)")) % {
                "threshold": detail.get("threshold", ""),
                "label": detail.get("label", ""),
                "points": detail.get("points", 0),
            }
        case "journey":
            return str(_("By the journey “%(label)s”")) % {"label": detail.get("label", "")}
        case _:
            return str(detail.get("label") or _("By hand"))
