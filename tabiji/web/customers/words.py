"""The closed lists of other rooms as people read them on a person's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = Mapping[Any, Any]
"""A key to its words, translated when they are read."""

ANONYMOUS_STAGE: Final = _("Anonymous")
LANES: Final[Words] = {
    "web": pgettext_lazy("lane", "Web"),
    "mail": pgettext_lazy("lane", "Mail"),
    "chat": pgettext_lazy("lane", "LINE, SMS"),
    "talk": pgettext_lazy("lane", "Calls, meetings"),
    "sales": pgettext_lazy("lane", "Sales"),
}
ACTORS: Final[Words] = {
    "own": pgettext_lazy("who acts", "The person"),
    "auto": pgettext_lazy("who acts", "Automatic"),
    "staff": pgettext_lazy("who acts", "Colleagues"),
}
CHANNELS: Final[Words] = {
    "mail": pgettext_lazy("channel", "Mail"),
    "line": pgettext_lazy("channel", "LINE"),
    "sms": pgettext_lazy("channel", "SMS"),
    "phone": pgettext_lazy("channel", "Phone"),
}
BASES: Final[Words] = {
    "consent": pgettext_lazy("basis", "Consent"),
    "card": pgettext_lazy("basis", "Business card (written)"),
    "trade": pgettext_lazy("basis", "Existing customer"),
    "published": pgettext_lazy("basis", "Published address"),
    "request": pgettext_lazy("basis", "Own request"),
}
"""送信の根拠: 特定電子メール法 3条, 施行規則 2条."""
CONSENT_STATES: Final[Words] = {
    "granted": pgettext_lazy("consent", "Agreed"),
    "withdrawn": pgettext_lazy("consent", "Unsubscribed"),
}
CONSENT_SOURCES: Final[Words] = {
    "one_click": _("one click in the mail program"),
    "page": _("preference page"),
    "complaint": _("complaint"),
    "form": _("form"),
    "import": _("import"),
    "person": _("entered by a colleague"),
}
SUPPRESSIONS: Final[Words] = {
    "bounce": pgettext_lazy("suppression", "The address does not exist"),
    "complaint": _("Reported as spam"),
    "manual": _("Entered by a colleague"),
}
JOURNEY_ENDS: Final[Words] = {
    "goal": pgettext_lazy("journey", "Goal"),
    "no_goal": pgettext_lazy("journey", "Ended without the goal"),
    "finished": pgettext_lazy("journey", "Finished"),
    "merged": pgettext_lazy("journey", "Merged"),
    "removed": pgettext_lazy("journey", "Taken out"),
}
MERGE_REASONS: Final[Words] = {
    "same_act": _("one act named both"),
    "name_and_company": _("the same name and company"),
    "same_mail": _("the same mail address"),
}


def of(words: Words, key: str) -> str:
    """The words for a key; empty for one that nobody named, so that no code word is ever shown."""
    found = words.get(key)
    return str(found) if found is not None else ""
