"""What the parts of the work are called on screens."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

PARTS = {
    "intents": _("messages that wait for their decision"),
    "queue": _("messages that wait to be sent"),
    "events": _("events that wait to be processed"),
    "audiences": _("audiences that wait to be counted"),
    "broadcasts": _("broadcasts that wait to start"),
    "clicks": _("clicks that wait to be judged"),
    "stages": _("stages that wait to be judged"),
    "sales": _("deadlines of hand-overs"),
    "enrolments": _("people who wait at a step"),
}
