"""Forms to begin with: asked for most, ready to publish, in the form's own language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from tabiji.pages.contracts import Language
from tabiji.pages.documents import Choice, FormDocument, FormField, Thanks


@dataclass(frozen=True, slots=True)
class FormTemplate:
    key: str
    name: Promise
    about: Promise
    build: Callable[[], FormDocument]


def build(key: str, language: Language) -> FormDocument:
    """A form made from a template. Raises KeyError for one that does not exist."""
    with override(language):
        return TEMPLATES[key].build()


def _document_request() -> FormDocument:
    return FormDocument(
        fields=[
            *_who(),
            _phone(),
            FormField(
                key="message",
                type="textarea",
                label=_("What would you like to do?"),
                is_half=False,
                most=1_000,
            ),
            *_consents(),
        ],
        submit_label=_("Get the document (free)"),
        source=_("Document request"),
        thanks=Thanks(
            title=_("Thank you"),
            text=_(
                "We have sent the document to your mail address. If it does not arrive within a few minutes, please look into your spam folder."
            ),
        ),
    )


def _enquiry() -> FormDocument:
    return FormDocument(
        fields=[
            *_who(is_company_required=False),
            _phone(),
            FormField(
                key="subject",
                type="choice",
                label=_("What is it about?"),
                is_required=True,
                choices=[
                    Choice(value="product", label=_("Products and services")),
                    Choice(value="price", label=_("Prices and estimates")),
                    Choice(value="support", label=_("Using it")),
                    Choice(value="other", label=_("Something else")),
                ],
            ),
            FormField(key="message", type="textarea", label=_("Your question"), is_required=True, most=2_000),
            *_consents(),
        ],
        submit_label=_("Send the question"),
        source=_("Enquiry"),
        thanks=Thanks(
            title=_("Thank you for your question"),
            text=_("We have received it and will answer within two business days."),
        ),
    )


def _seminar() -> FormDocument:
    return FormDocument(
        fields=[
            *_who(),
            _phone(),
            FormField(
                key="attendance",
                type="choice",
                label=_("How will you take part?"),
                is_required=True,
                choices=[
                    Choice(value="online", label=_("Online")),
                    Choice(value="venue", label=_("At the venue")),
                    Choice(value="recording", label=_("By the recording")),
                ],
            ),
            FormField(
                key="message", type="textarea", label=_("What would you like to hear about?"), most=1_000
            ),
            *_consents(),
        ],
        submit_label=_("Sign up"),
        source=_("Seminar"),
        thanks=Thanks(
            title=_("You are signed up"),
            text=_("We have sent a confirmation with the way to take part to your mail address."),
        ),
    )


def _who(*, is_company_required: bool = True) -> list[FormField]:
    return [
        FormField(
            key="company",
            type="company",
            label=_("Company name"),
            is_required=is_company_required,
            maps_to="company",
        ),
        FormField(
            key="last_name",
            label=_("Family name"),
            is_required=True,
            is_half=True,
            maps_to="last_name",
            most=50,
        ),
        FormField(
            key="first_name",
            label=_("Given name"),
            is_required=True,
            is_half=True,
            maps_to="first_name",
            most=50,
        ),
        FormField(key="email", type="email", label=_("Mail address"), is_required=True, maps_to="email"),
    ]


def _phone() -> FormField:
    return FormField(
        key="phone", type="phone", label=_("Phone number"), hint=_("Only if it is urgent"), maps_to="phone"
    )


def _consents() -> list[FormField]:
    return [
        FormField(
            key="mail_consent",
            type="consent",
            label=_("I would like to get examples and invitations by mail"),
            hint=_("You can stop at any time, by the link at the end of every mail."),
            channel="mail",
        ),
        FormField(
            key="terms",
            type="consent",
            label=_("I agree to the handling of my personal information"),
            is_required=True,
        ),
    ]


TEMPLATES: Final[dict[str, FormTemplate]] = {
    one.key: one
    for one in (
        FormTemplate(
            "document_request",
            gettext_lazy("Document request"),
            gettext_lazy("Company, name, mail address; an auto-reply brings the document."),
            _document_request,
        ),
        FormTemplate(
            "enquiry",
            gettext_lazy("Enquiry"),
            gettext_lazy("A question with its subject; the company may stay empty."),
            _enquiry,
        ),
        FormTemplate(
            "seminar",
            gettext_lazy("Seminar"),
            gettext_lazy("Signing up for an event, with the way of taking part."),
            _seminar,
        ),
    )
}
