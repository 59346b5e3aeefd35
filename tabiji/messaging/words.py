"""States and reasons of messages as people read them, in the language that is active."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from tabiji.messaging.channels.email.replies import Kind
from tabiji.messaging.contracts import Refusal

STATES: Final[dict[str, Any]] = {
    "intent": _("Waiting for the check"),
    "refused": _("Not sent"),
    "withdrawn": _("Withdrawn"),
    "queued": _("Waiting to be sent"),
    "leased": _("Being sent"),
    "sending": _("Being sent"),
    "sent": _("Sent"),
    "deferred": _("Will be tried again"),
    "bounced": _("Bounced"),
    "failed": _("Failed"),
    "uncertain": _("Delivery unknown"),
}
REFUSALS: Final[dict[str, Any]] = {
    Refusal.GONE: _("Deleted or merged meanwhile"),
    Refusal.EXCLUDED: _("On the exclusion list"),
    Refusal.NO_ADDRESS: _("No mail address"),
    Refusal.SUPPRESSED: _("Suppressed (bounced or complained before)"),
    Refusal.NO_CONSENT: _("No consent or other basis on record"),
    Refusal.UNSUBSCRIBED: _("Unsubscribed"),
    Refusal.ON_HOLD: _("Marketing stopped for this person"),
    Refusal.CAPPED: _("Frequency cap reached"),
    Refusal.NOT_RENDERED: _("The mail could not be written for this person"),
}
_BOUNCES: Final[dict[str, Any]] = {
    Kind.HARD: _("The address does not exist"),
    Kind.UNKNOWN_USER_OR_REFUSED: _("No such address, or its owner refuses mail from outside"),
    Kind.FULL: _("The mailbox is full"),
    Kind.BLOCK: _("The receiving server refused our mail"),
    Kind.TOO_LARGE: _("The mail is too large"),
    Kind.SENDER: _("The receiving server refused our sender address"),
    Kind.GREYLISTED: _("The receiving server asks to try again later"),
    Kind.RATE: _("Too many mails at once for the receiving server"),
    Kind.SOFT: _("A passing problem of the receiving server"),
    Kind.OTHER: _("The receiving server refused the mail"),
}
_FAILURES: Final[dict[str, Any]] = {
    "unreachable": _("The mail server cannot be reached"),
    "timeout": _("The mail server did not answer in time"),
    "lost": _("The connection to the mail server broke"),
    "tls": _("No secure connection to the mail server"),
    "auth": _("The mail server refused our user name or password"),
    "refused": _("The mail server serves nobody at the moment"),
    "protocol": _("The mail server gave an answer that is not SMTP"),
    "bad_address": _("The address cannot be written to"),
    "unsafe_wire": _("The mail has characters that the server does not take"),
    "gave_up": _("Given up after several attempts"),
    "left": _("Left as it is by a colleague"),
    "sender_died": _("The sending process ended in the middle"),
}
_WITHDRAWALS: Final[dict[str, Any]] = {
    "goal": _("The goal was reached before"),
    "merged": _("The person was merged into another"),
    "cancelled": _("The broadcast was cancelled"),
    "withdrawn": _("Taken back before it left"),
}
_ALL: Final = {**_FAILURES, **_WITHDRAWALS, **_BOUNCES, **REFUSALS}


def state(name: str) -> str:
    return str(STATES.get(name, name))


def reason(text: str) -> str:
    """A stored reason (`capped:3`, `hard`, `goal`) in words; empty for none."""
    word = text.partition(":")[0]
    return str(_ALL.get(word, _("Another reason"))) if word else ""
