"""The chooser of merge fields: what it puts into a text, in the language of the mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from tabiji.content.contracts import Language
from tabiji.content.public import merge_fields

_NEVER_MISSING: Final = ("person.email", "sender.", "today")
_FALLBACKS: Final[dict[Language, dict[str, str]]] = {
    "ja": {
        "person.company": "貴社",
        "company": "貴社",
        "person.title": "ご担当",
        "person.name": "お客様",
        "person.last_name": "お客様",
        "owner.name": "担当者",
    },
    "en": {
        "person.company": "your company",
        "company": "your company",
        "person.title": "your role",
        "person.name": "there",
        "person.first_name": "there",
        "owner.name": "our team",
    },
}


@dataclass(frozen=True, slots=True)
class Offer:
    """text: what is put in; chosen: the part of it that is marked then, to be typed over."""

    label: str
    text: str
    chosen: str = ""


def offered(language: Language) -> list[tuple[str, list[Offer]]]:
    """(group, offers): forms of address first, then the fields of people, the rest."""
    fields = [
        one for one in merge_fields.list_fields() if one.path not in ("person.company",)
    ]  # the same value as `company`
    own = [_offer(one.path, one.label, language) for one in fields if one.path.startswith("person.")]
    rest = [_offer(one.path, one.label, language) for one in fields if not one.path.startswith("person.")]
    return [(_("Form of address"), _addresses(language)), (_("About the person"), own), (_("Others"), rest)]


def _addresses(language: Language) -> list[Offer]:
    examples = {
        "ja": ("佐藤 様", "青葉製作所 佐藤 様", "青葉製作所 業務改善室 主任 佐藤 美咲 様"),
        "en": ("Misaki Sato", "Misaki Sato, Aoba", "Misaki Sato, Aoba"),
    }[language]
    forms = (
        "{{ person | honorific }}",
        "{{ person | honorific: 'company' }}",
        "{{ person | honorific: 'full' }}",
    )
    pairs = list(zip(examples, forms, strict=True))
    return [Offer(example, form) for example, form in (pairs if language == "ja" else pairs[:2])]


def _offer(path: str, label: str, language: Language) -> Offer:
    if path.startswith(_NEVER_MISSING):
        return Offer(label, "{{ " + path + " }}")
    fallback = _FALLBACKS[language].get(path, "…")
    return Offer(label, "{{ " + path + f" | default: '{fallback}'" + " }}", fallback)
