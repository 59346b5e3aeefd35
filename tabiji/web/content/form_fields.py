"""What a form asks, as rows of its editor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from tabiji.content.public import mails
from tabiji.core.paging import ListQuery
from tabiji.pages.public import documents
from tabiji.people.contracts import FieldInfo
from tabiji.people.public import fields as person_fields
from tabiji.purpose.public import initiatives
from tabiji.web.content import rows
from tabiji.web.content.rows import Kind, Kinds, Part, RowForm

_NOT_BY_FORMS: Final = frozenset({"owner_id", "source", "stage", "score"})
_OWN: Final = frozenset({"email", "phone", "company", "last_kana", "first_kana"})
MOST_OFFERED: Final = 200


def _label() -> rows.Typed:
    return rows.line(_("What is asked"))


def _hint() -> rows.Typed:
    return rows.line(_("A hint below it (may stay empty)"))


def _maps_to(initial: str = "", **more: Any) -> forms.ChoiceField:
    label = _("Written into the field of the person")
    return forms.ChoiceField(label=label, required=False, initial=initial, **more)


def _required() -> forms.BooleanField:
    return forms.BooleanField(label=_("Must be answered"), required=False)


def _half() -> forms.BooleanField:
    return forms.BooleanField(label=_("Half as wide, beside another such field"), required=False)


def _most(initial: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Longest answer (characters)"),
        required=False,
        min_value=1,
        max_value=documents.MAX_ANSWER,
        initial=initial,
    )


class _Mapped(RowForm):
    """A row whose answers a field of people may take. fits: whether a field may."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["maps_to"]
        assert isinstance(field, forms.ChoiceField)
        found = [(info.key, info.label) for info in person_fields.list_fields() if self.fits(info)]
        chosen = str(self["maps_to"].value() or "")
        if chosen and not self.is_bound and chosen not in dict(found):
            found.append((chosen, gettext("A field that is gone")))
        field.choices = [("", gettext("Only kept with the submission")), *found]

    @classmethod
    def fits(cls, info: FieldInfo) -> bool:
        return info.key not in _NOT_BY_FORMS and info.key not in _OWN and info.type != "choice"


class QuestionForm(_Mapped):
    """What all questions have."""

    halves: ClassVar = frozenset({"is_required", "is_half", "maps_to", "most", "placeholder"})
    key = rows.hidden(max_length=40)
    label = _label()
    hint = _hint()
    maps_to = _maps_to()
    is_required = _required()
    is_half = _half()


class TextForm(QuestionForm):
    placeholder = rows.line(_("Example inside the box"))
    most = _most(200)


class KanaForm(QuestionForm):
    most = rows.hidden()

    @classmethod
    def fits(cls, info: FieldInfo) -> bool:
        return info.key in ("last_kana", "first_kana") or (info.is_custom and info.type == "text")


class EmailForm(QuestionForm):
    maps_to = _maps_to("email")
    placeholder = rows.line(_("Example inside the box"))

    @classmethod
    def fits(cls, info: FieldInfo) -> bool:
        return info.key == "email"


class PhoneForm(QuestionForm):
    maps_to = _maps_to("phone")
    placeholder = rows.line(_("Example inside the box"))

    @classmethod
    def fits(cls, info: FieldInfo) -> bool:
        return info.key == "phone"


class CompanyForm(QuestionForm):
    maps_to = _maps_to("company")
    placeholder = rows.line(_("Example inside the box"))
    most = rows.hidden()

    @classmethod
    def fits(cls, info: FieldInfo) -> bool:
        return info.key == "company"


class ChoiceForm(QuestionForm):
    maps_to = _maps_to(
        help_text=_("With a field that has choices of its own, leave the answers empty to take those.")
    )

    @classmethod
    def fits(cls, info: FieldInfo) -> bool:
        return info.key not in _NOT_BY_FORMS and info.key not in _OWN and info.type in ("choice", "text")


class LongTextForm(QuestionForm):
    placeholder = rows.line(_("Example inside the box"))
    most = _most(1_000)


class ConsentForm(RowForm):
    halves: ClassVar = frozenset({"channel"})
    key = rows.hidden(max_length=40)
    topic = rows.hidden(max_length=40)
    label = rows.words(
        _("The sentence that is agreed to"),
        most=500,
        rows=2,
        help_text=_(
            "Each submission keeps these very words. A published version never changes: other words are a new version."
        ),
    )
    hint = rows.line(_("A hint below it (may stay empty)"))
    channel = forms.ChoiceField(
        label=_("What is agreed to"),
        required=False,
        choices=[
            ("", _("A condition, such as the privacy policy (must be accepted)")),
            ("mail", _("To be written to by mail (free)")),
            ("phone", _("To be called (free)")),
            ("sms", _("To get text messages (free)")),
            ("line", _("To get LINE messages (free)")),
        ],
        help_text=_("No box is ticked in advance."),
    )


class HiddenForm(_Mapped):
    halves: ClassVar = frozenset({"key", "value", "maps_to"})
    key = forms.RegexField(
        label=_("Name in the page’s address"),
        regex=r"^[a-z][a-z0-9_]{0,39}$",
        required=False,
        help_text=_("Small letters, digits and _, for example: event_code"),
    )
    value = rows.line(_("Value when the address has none"))
    maps_to = _maps_to()
    most = rows.hidden()


class AnswerForm(RowForm):
    value = rows.hidden(max_length=100)
    label = rows.line(_("Answer"), most=200)


_ALL: Final = (
    Kind("text", _("One line"), "cursor-text", TextForm, "label"),
    Kind("textarea", _("Long text"), "align-left", LongTextForm, "label"),
    Kind(
        "choice",
        _("Choice"),
        "list-check",
        ChoiceForm,
        "label",
        (Part("choices", _("Answers"), ("answer",), _("Add an answer")),),
    ),
    Kind("company", _("Company name"), "building", CompanyForm, "label"),
    Kind("email", _("Mail address"), "mail", EmailForm, "label"),
    Kind("phone", _("Phone number"), "phone", PhoneForm, "label"),
    Kind("kana", pgettext_lazy("field", "Kana"), "language-hiragana", KanaForm, "label"),
    Kind("consent", pgettext_lazy("field", "Consent"), "checkbox", ConsentForm, "label"),
    Kind("hidden", _("Hidden"), "eye-off", HiddenForm, "key"),
    Kind("answer", _("Answer"), "point", AnswerForm, "label", is_item=True),
)
KINDS: Final = Kinds(
    {one.key: one for one in _ALL}, tuple(one.key for one in _ALL if not one.is_item), named_by="type"
)


class FormSettings(forms.Form):
    """What a form is, beside its fields."""

    use_required_attribute = False
    submit_label = rows.line(_("What the button says"))
    note = rows.words(_("Small print above the button (may stay empty)"), most=documents.MAX_WORDS, rows=2)
    thanks_title = rows.line(_("Thanks: heading"))
    thanks_text = rows.words(_("Thanks: text"), most=documents.MAX_WORDS, rows=3)
    thanks_label = rows.line(_("Thanks: what the button says (may stay empty)"))
    thanks_url = rows.address(_("Thanks: where the button leads"))
    auto_reply_mail_id = rows.number_of(
        _("Auto-reply"),
        help_text=_("A mail that everybody gets who submits this form."),
    )
    initiative_id = rows.number_of(
        _("Initiative"),
        help_text=_("Submissions count for it, and so does the auto-reply."),
    )
    source = rows.line(
        _("Way in"), most=100, help_text=_("What people who were unknown before get as their source.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=[("ja", _("Japanese")), ("en", _("English"))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("auto_reply_mail_id", _mail_choices(), gettext("No auto-reply"))
        named = [(one.id, one.name) for one in initiatives.list_all()]
        self._offer("initiative_id", named, gettext("No initiative"))

    def _offer(self, name: str, found: list[tuple[int, str]], none: str) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        chosen = self.initial.get(name) or 0
        if not self.is_bound and chosen and chosen not in dict(found):
            found = [*found, (chosen, gettext("One that was put away"))]
        field.choices = [(0, none), *found]


def _mail_choices() -> list[tuple[int, str]]:
    """Transactional ones first: an auto-reply is one."""
    found = mails.list_mails(ListQuery(limit=MOST_OFFERED)).rows
    found = sorted(found, key=lambda one: one.purpose != "transactional")
    return [
        (one.id, one.name if one.version_id else gettext("%(name)s (not in use yet)") % {"name": one.name})
        for one in found
    ]


def settings_of(document: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Initial values of FormSettings."""
    thanks = document["thanks"]
    return {
        **{
            name: document[name]
            for name in ("submit_label", "note", "auto_reply_mail_id", "initiative_id", "source")
        },
        **{f"thanks_{name}": thanks[name] for name in ("title", "text", "label", "url")},
        "language": language,
    }


def of_document(document: Mapping[str, Any]) -> list[rows.Row]:
    return rows.of_document(KINDS, document["fields"])


def to_document(found: list[rows.Row], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Raises content's BadDocument."""
    thanks = {name: settings[f"thanks_{name}"] for name in ("title", "text", "label", "url")}
    kept = ("submit_label", "note", "auto_reply_mail_id", "initiative_id", "source")
    data = {
        "version": 1,
        "fields": _questions(found),
        "thanks": thanks,
        **{name: settings[name] for name in kept if settings[name] is not None},
    }
    return documents.complete("form", data)


def _questions(found: list[rows.Row]) -> list[dict[str, Any]]:
    known = {info.key: info for info in person_fields.list_fields()}
    questions = rows.values(KINDS, found)
    taken = {one["key"] for one in questions if one.get("key")}
    for one in questions:
        one["key"] = one.get("key") or _new_key(one["type"], taken)
        taken.add(one["key"])
        if one["type"] == "consent":
            # Consent to be written to is free, and a condition is not: nobody has to choose that.
            one["is_required"] = one["channel"] == ""
            one["topic"] = one["topic"] or "marketing"
        if one["type"] == "choice":
            one["choices"] = _answers(one["choices"], known.get(one["maps_to"]))
        if not str(one.get("most") or ""):
            one.pop("most", None)
        else:
            one["most"] = int(one["most"]) if str(one["most"]).isdecimal() else 200
    return questions


def _answers(typed: list[dict[str, Any]], info: FieldInfo | None) -> list[dict[str, str]]:
    """Answers with words, each with a value of its own: that of the person's field where the words are its."""
    of_field = {one.get("label", one["value"]): one["value"] for one in info.choices} if info else {}
    answers = [one for one in typed if one["label"].strip()]
    if not answers:
        return [{"value": value, "label": label} for label, value in of_field.items()]
    taken: set[str] = set()
    for place, one in enumerate(answers, 1):
        value = of_field.get(one["label"]) or one["value"] or f"a{place}"
        while value in taken:
            value += "x"
        one["value"] = value
        taken.add(value)
    return answers


def _new_key(kind: str, taken: set[str]) -> str:
    number = 1
    while f"{kind}_{number}" in taken:
        number += 1
    return f"{kind}_{number}"
