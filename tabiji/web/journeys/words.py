"""States, steps, problems and refused edits of journeys as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tabiji.journeys.contracts import Problem
from tabiji.messaging.public import words as message_words
from tabiji.web.shell import on_screen

STATES: Final[dict[str, Any]] = {
    "draft": pgettext_lazy("journey", "Draft"),
    "running": pgettext_lazy("journey", "Running"),
    "draining": pgettext_lazy("journey", "Draining"),
    "ended": pgettext_lazy("journey", "Ended"),
    "archived": pgettext_lazy("journey", "Put away"),
}
BROADCAST_STATES: Final[dict[str, Any]] = {
    "draft": pgettext_lazy("broadcast", "Draft"),
    "scheduled": pgettext_lazy("broadcast", "Planned"),
    "running": pgettext_lazy("broadcast", "Sending"),
    "ended": pgettext_lazy("broadcast", "Sent"),
    "cancelled": pgettext_lazy("broadcast", "Cancelled"),
}
STEPS: Final[dict[str, Any]] = {
    "send": _("Send a mail"),
    "wait": pgettext_lazy("step", "Wait"),
    "branch": pgettext_lazy("step", "Branch"),
    "split": _("Random split"),
    "set_field": _("Set a field"),
    "add_score": _("Add score"),
    "hand_over": _("Hand over to sales"),
    "goal": pgettext_lazy("step", "Goal"),
    "exit": pgettext_lazy("step", "End here"),
}
"""In the order in which they are offered."""
STEP_HINTS: Final[dict[str, Any]] = {
    "send": _("One mail, through the checks of consent and frequency"),
    "wait": _("Days, business days, or until an hour"),
    "branch": _("By what people did or are"),
    "split": _("By chance, the same for a person each time"),
    "set_field": _("Writes into a field of the person"),
    "add_score": _("Gives or takes points"),
    "hand_over": _("With its reasons, to the owner or the pool"),
    "goal": _("Waits for the result some days longer"),
    "exit": _("The person leaves here"),
}
OUTCOMES: Final[dict[str, Any]] = {
    "goal": _("Goal reached"),
    "no_goal": _("Left without the goal"),
    "finished": _("Went through to the end"),
    "merged": _("Merged into another person"),
}
REFUSED_EDITS: Final[dict[str, Any]] = {
    "no_such_step": _("This step is not there any more."),
    "no_such_way": _("This way is not there any more."),
    "cannot_move_branch": _("A branch stays where it is: move the steps around it."),
    "already_first": _("This step is the first already."),
    "already_last": _("Nothing comes after this step."),
    "several_ways_lead_here": _("Several ways lead here: move the step onto the one you mean."),
    "nothing_to_undo": _("There is nothing left to undo."),
    "bad_settings": _("These settings cannot be read."),
}
_PROBLEMS: Final[dict[str, Any]] = {
    "no_entry": _("Say who enters: choose an event, a form or an audience."),
    "no_start": _("There is no step yet: add the first one."),
    "unknown_step": _("This kind of step is not known here."),
    "bad_setting": _("A setting is missing or cannot be read."),
    "unreachable": _("Nobody can get to this step."),
    "circle_without_wait": _("People would run round here for ever: put a wait into the circle."),
    "no_goal": _("No goal is chosen: nobody leaves as a success."),
    "unknown_goal": _("The conversion chosen as the goal is not there any more."),
    "unknown_audience": _("The audience that people enter from is not there any more."),
    "unknown_form": _("The form that people enter by is not there any more."),
    "no_mail": _("Choose a mail."),
    "mail_not_published": _("The mail has never been published: publish it first."),
    "bad_condition": _("The condition cannot be asked: %(why)s"),
    "duplicate_port": _("Two arms have the same name inside: remove one and add it anew."),
    "unknown_field": _("Choose a field."),
    "bad_value": _("The value does not fit the field."),
    "unknown_port": _("A way leaves by an arm that is not there any more."),
    "port_used_twice": _("Two ways leave by the same arm."),
    "malformed": _("A setting cannot be read: %(why)s"),
    "mail_fails_for": _("The mail cannot be written for %(people)s of %(of)s people."),
    "step_fails_for": _("The step fails for %(people)s of %(of)s people: %(why)s"),
    "not_tried": _("This step could not be tried: counting is resting."),
    "transactional_to_audience": _(
        "A transactional mail answers what somebody has just done: it cannot go to people who come from an audience."
    ),
    "would_not_send_to": _("%(people)s of %(of)s people would not get the mail: %(reasons)s"),
}


def problem(found: Problem) -> str:
    """What is wrong and what to do, in the language that is active."""
    values = dict(found.values)
    if "reasons" in values:
        values["reasons"] = ", ".join(message_words.reason(reason) for reason in values["reasons"])
    return str(_PROBLEMS.get(found.code, _("Something is wrong here."))) % {"why": "", **values}


def state(name: str, number: int | None = None) -> str:
    """稼働中・第2版 / Running, version 2."""
    word = str(STATES.get(name, name))
    if not number:
        return word
    return f"{word}・第{number}版" if on_screen.is_japanese() else f"{word}, version {number}"


def listed(parts: Iterable[str]) -> str:
    return ("、" if on_screen.is_japanese() else ", ").join(parts)


def quoted(text: str) -> str:
    return f"「{text}」" if on_screen.is_japanese() else f"“{text}”"
