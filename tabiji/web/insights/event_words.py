"""What an event is called and what it means, for people: our own in words, those of a site as they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.events.contracts import Reason
from tabiji.events.public import values
from tabiji.web.components import event_names
from tabiji.web.insights import matches

_NAMES: Final[Mapping[str, Any]] = {
    **matches.EVENTS,
    "page_left": gettext_lazy("Left a page"),
    "form_field_left": gettext_lazy("Left a field of the form"),
    "form_error": gettext_lazy("Met an error in the form"),
    "mail_complained": gettext_lazy("Reported a mail as spam"),
    "alias": gettext_lazy("Was given another id"),
    "group": gettext_lazy("Was said to belong to a company"),
}
MEANINGS: Final[Mapping[str, Any]] = {
    "page_viewed": gettext_lazy(
        "The tracking tag saw a page being opened, or a server sent a page or a screen."
    ),
    "page_left": gettext_lazy("A page was left: how long it was read, and how far down."),
    "identified": gettext_lazy(
        "A site or server told who a visitor is; from here on the visitor is a person."
    ),
    "form_viewed": gettext_lazy("A form came into view."),
    "form_started": gettext_lazy("The first field of a form was filled in."),
    "form_field_left": gettext_lazy("A field of a form was left; its value is not sent."),
    "form_error": gettext_lazy("A form was not sent because a field was not right."),
    "form_submitted": gettext_lazy(
        "A form was sent. Tabiji's own forms bring the answers and the consent with it."
    ),
    "mail_opened": gettext_lazy(
        "The picture in a mail was loaded. Programs load it too: for reference only."
    ),
    "mail_clicked": gettext_lazy(
        "A link in a mail was followed, by a person or a machine; it is judged after this."
    ),
    "click_judged": gettext_lazy("A click was judged: a person's or a machine's."),
    "mail_bounced": gettext_lazy("A mail server sent a mail back."),
    "mail_complained": gettext_lazy("The receiver reported a mail as spam."),
    "mail_replied": gettext_lazy("Somebody answered a mail."),
    "unsubscribed": gettext_lazy("Somebody wants no more of these mails."),
    "alias": gettext_lazy("A server said that two ids are one person."),
    "group": gettext_lazy("A server said to which company somebody belongs."),
}
KINDS: Final[Mapping[values.Kind, Any]] = {
    values.Kind.TEXT: pgettext_lazy("kind", "Text"),
    values.Kind.DATE: pgettext_lazy("kind", "Date"),
    values.Kind.WHOLE: pgettext_lazy("kind", "Whole number"),
    values.Kind.NUMBER: pgettext_lazy("kind", "Number"),
    values.Kind.YES_NO: pgettext_lazy("kind", "Yes or no"),
    values.Kind.LIST: pgettext_lazy("kind", "List"),
    values.Kind.GROUP: pgettext_lazy("kind", "Group"),
}
BREAKS: Final[Mapping[str, Any]] = {
    Reason.NAME_NOT_ALLOWED: gettext_lazy("The name is not allowed"),
    Reason.PROPERTY_MISSING: gettext_lazy("“%(property)s” is missing"),
    Reason.PROPERTY_TYPE: gettext_lazy("“%(property)s” is of another kind"),
}


def called(name: str) -> str:
    known = _NAMES.get(name)
    return str(known) if known else event_names.said(name)


def meaning(name: str) -> str:
    """Of a name of our own; empty for one of theirs."""
    return str(MEANINGS.get(name, ""))


def fitting(search: str, names: list[str]) -> list[str]:
    """Which of these names read so on screen."""
    wanted = search.strip().lower()
    return [name for name in names if wanted in called(name).lower()] if wanted else []
