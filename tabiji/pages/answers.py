"""What people type, brought into one form without changing what they said.

Kana and widths are made uniform; ①, ㈱ and 髙 stay as they are (NFKC would turn them into something
else), for it is a person's name. JAPAN: half-width kana, full-width digits and hyphens of all kinds
are ordinary input.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jaconv
from django.utils.translation import gettext as _

from tabiji.pages import typos
from tabiji.pages.documents import FormDocument, FormField
from tabiji.people.public import naming

_CONTROLS: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SPACES: Final = re.compile(r"[ \t\u3000\u00a0]+")
_KANA: Final = re.compile(r"[ァ-ヶヷ-ヺー・\s]+")
_ADDRESS_IN_NAME: Final = re.compile(r"https?:|www\.|://|\.(?:com|net|ru|xyz|top|link|cn)\b", re.IGNORECASE)
_LOCAL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+")
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:[a-z]{2,24}|xn--[a-z0-9-]{1,59})")
_LONGEST_RAW: Final = 20_000
NAMES: Final = frozenset({"last_name", "first_name", "last_kana", "first_kana"})


class BadAnswer(ValueError):
    """An answer that cannot be taken: a sentence for the person, and what they may have meant."""

    def __init__(self, sentence: str, suggestion: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.suggestion = suggestion


@dataclass(slots=True)
class Answers:
    """values: as stored, by field key; shown: as read, by label; consents: the boxes that were ticked."""

    values: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    traits: dict[str, str] = field(default_factory=dict)
    consents: list[dict[str, Any]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    suggestions: dict[str, str] = field(default_factory=dict)

    @property
    def email(self) -> str:
        return self.traits.get("email", "")


def read(form: FormDocument, data: Mapping[str, str], *, version: int) -> Answers:
    """All answers of a form, in its language. Unknown names in data are left aside.

    A mail address that looks like a slip is asked back once; sent again unchanged (`_kept_<key>`) it
    is taken, and `_use_<key>` takes what was suggested.
    """
    found = Answers()
    for question in form.fields:
        if question.type == "consent":
            _read_consent(question, data, version, found)
            continue
        raw = _typed(question.key, data)
        if question.type == "hidden":
            raw = raw or question.value
        try:
            value = clean(question, raw)
            if question.type == "email":
                _ask_back(value, data.get("_kept_" + question.key) or "")
        except BadAnswer as error:
            found.errors[question.key] = error.sentence
            if error.suggestion:
                found.suggestions[question.key] = error.suggestion
            continue
        if value:
            found.values[question.key] = value
            found.shown[question.label or question.key] = _shown(question, value)
            if question.maps_to:
                found.traits[question.maps_to] = value
    return found


def _typed(key: str, data: Mapping[str, str]) -> str:
    typed, meant = data.get(key) or "", data.get("_use_" + key) or ""
    return meant if meant and typed == data.get("_kept_" + key) else typed


def clean(question: FormField, raw: str) -> str:
    """One answer as it is stored; empty for none. Raises BadAnswer."""
    if len(raw) > _LONGEST_RAW:
        raise BadAnswer(_("Please shorten this to %(most)d characters.") % {"most": question.most})
    text = unicodedata.normalize("NFC", _CONTROLS.sub("", raw))
    match question.type:
        case "textarea":
            value = "\n".join(
                line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            )
            value = value.strip()
        case "kana":
            value = _kana(text)
        case "email":
            value = _email(text)
        case "phone":
            value = _phone(text)
        case "choice":
            value = _choice(question, text.strip())
        case _:
            value = _line(text)
    if not value and question.is_required:
        raise BadAnswer(_missing(question))
    most = question.most if question.type in ("text", "textarea", "company", "kana", "hidden") else 320
    if len(value) > most:
        raise BadAnswer(_("Please shorten this to %(most)d characters.") % {"most": most})
    if question.maps_to in NAMES and _ADDRESS_IN_NAME.search(value):
        # Machines write links into names, so that an auto-reply carries them to a stranger.
        raise BadAnswer(_("A name has no web address in it."))
    return value


def _read_consent(question: FormField, data: Mapping[str, str], version: int, found: Answers) -> None:
    if not data.get(question.key):
        if question.is_required:
            found.errors[question.key] = _("Please tick this box to go on.")
        return
    found.values[question.key] = "1"
    found.consents.append(
        {
            "key": question.key,
            "channel": question.channel,
            "topic": question.topic if question.channel else "terms",
            "act": "grant",
            "text": question.label,
            "form_version": version,
        }
    )


def _missing(question: FormField) -> str:
    if question.type == "choice":
        return _("Please choose one.")
    return _("Please fill this in.")


def _line(text: str) -> str:
    """One line; half-width kana become full-width, for they break in mails and on labels."""
    line = _SPACES.sub(" ", " ".join(text.split("\n")).replace("\r", " ")).strip()
    return jaconv.h2z(line, kana=True, ascii=False, digit=False) if _has_half_kana(line) else line


def _has_half_kana(text: str) -> bool:
    return any("\uff61" <= letter <= "\uff9f" for letter in text)


def _kana(text: str) -> str:
    line = jaconv.hira2kata(_line(text)).replace("-", "ー").replace("‐", "ー").replace("－", "ー")
    if line and not _KANA.fullmatch(line):
        raise BadAnswer(_("Please write this in katakana."))
    return line


def _email(text: str) -> str:
    typed = unicodedata.normalize("NFKC", "".join(text.split())).lower().removeprefix("mailto:").strip("<>")
    if not typed:
        return ""
    local, at, domain = typed.rpartition("@")
    if not at:
        raise BadAnswer(_("The mail address has no “@”."))
    if "." not in domain:
        raise BadAnswer(_("There is no “.” after the “@”."))
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain) or len(local) > 64:
        raise BadAnswer(_("This is not a mail address: please look at it once more."))
    if not naming.email_key(typed):
        raise BadAnswer(_("This is not a mail address: please look at it once more."))
    return typed


def _ask_back(address: str, kept: str) -> None:
    meant = typos.suggestion(address) if address else ""
    if meant and kept.strip().lower() != address:
        raise BadAnswer(
            _("Did you mean %(address)s? If yours is right, send it once more.") % {"address": meant}, meant
        )


def _phone(text: str) -> str:
    if not text.strip():
        return ""
    key = naming.phone_key(text)
    if not key:
        raise BadAnswer(_("This is not a phone number: please look at it once more."))
    return key


def _choice(question: FormField, text: str) -> str:
    if text and text not in {choice.value for choice in question.choices}:
        raise BadAnswer(_("Please choose one."))
    return text


def _shown(question: FormField, value: str) -> str:
    if question.type == "phone":
        return naming.phone_on_screen(value)
    return next((choice.label for choice in question.choices if choice.value == value), value)
