"""What was sent with a form: who, when, the answers, and the very words that were agreed to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tabiji.core.paging import ListQuery, Page
from tabiji.pages.contracts import PublicInfo, SubmissionInfo
from tabiji.pages.public import documents, submissions
from tabiji.pages.public import forms as public_forms
from tabiji.people.contracts import Identifier, IdentifierKind, PersonInfo
from tabiji.people.public import fields, identity, persons
from tabiji.web.components import lists
from tabiji.web.components.lists import Column, Empty, ListScreen
from tabiji.web.content.used_in import Uses
from tabiji.web.customers import reasons
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

_BY = {"email": IdentifierKind.EMAIL, "phone": IdentifierKind.PHONE}


@page(Permission.SEE_CONTENT)
def index(request: WorkspaceRequest, form_id: int) -> HttpResponse:
    """All submissions of a form that were taken, newest first."""
    info = public_forms.get(form_id)
    context = {
        "info": info,
        "list": lists.render(_Listed(request, info).screen(), request),
        "trapped": submissions.count(form_id, "trapped"),
    }
    return render(request, "content/submissions.html", context)


@dataclass
class _Listed:
    """The rows of the list; people and questions are looked up once for a page of them."""

    request: WorkspaceRequest
    info: PublicInfo

    def __post_init__(self) -> None:
        self._questions: dict[int, dict[str, documents.FormField]] = {}
        self._people: dict[int, PersonInfo] = {}
        self._fields = {info.key: info for info in fields.list_fields() if info.is_custom}
        self._may_read = self.request.actor.may(Permission.SEE_PERSONAL_DATA)

    def screen(self) -> ListScreen[SubmissionInfo]:
        shown_on = Uses(self.request).of("form", self.info.id)
        return ListScreen(
            view="submissions",
            columns=[
                Column("who", gettext_lazy("Who"), self._who, is_head=True),
                Column("at", gettext_lazy("When"), lambda row: on_screen.moment(row.at)),
                Column("answers", gettext_lazy("Answers"), self._answers),
                Column("consents", gettext_lazy("Agreed to"), self._consents),
                Column("from", gettext_lazy("Came from"), self._came_from),
            ],
            load=self._load,
            empty=Empty(
                gettext_lazy("Nobody has sent this form yet"),
                gettext_lazy(
                    "Each submission stands here with its answers, and with the words that were agreed to."
                ),
                "" if shown_on else gettext_lazy("Put it on a page"),
                "" if shown_on else reverse("pages-new", args=[self.request.workspace.slug]),
                gettext_lazy("Example: Misaki Sato, 28 April, 14:20, budget 1 to 3 million yen"),
            ),
            unit=_counted,
        )

    def _load(self, query: ListQuery) -> Page[SubmissionInfo]:
        found = submissions.list_submissions(self.info.id, query)
        for version_id in {row.form_version_id for row in found.rows}:
            form = documents.parse_form(public_forms.get_version(version_id).document)
            self._questions[version_id] = {one.key: one for one in form.fields}
        self._find_people(found.rows)
        return found

    def _find_people(self, found: Sequence[SubmissionInfo]) -> None:
        """By what they wrote into the fields that tell people apart."""
        told: dict[int, list[Identifier]] = {}
        for row in found:
            questions = self._questions[row.form_version_id].values()
            told[row.id] = [
                Identifier(_BY[one.maps_to], row.answers[one.key])
                for one in questions
                if one.maps_to in _BY and row.answers.get(one.key)
            ]
        owners = identity.find([one for each in told.values() for one in each])
        where = persons.resolve(owners.values())
        people = persons.get_many(where.values())
        for row_id, identifiers in told.items():
            for one in identifiers:
                person_id = where.get(owners[one]) if one in owners else None
                if person_id in people and row_id not in self._people:
                    self._people[row_id] = people[person_id]

    def _who(self, row: SubmissionInfo) -> SafeString | str:
        person = self._people.get(row.id)
        if person is None:
            return format_html('<span class="muted">{}</span>', _("Nobody known"))
        name = person.name or person.email or person.phone
        shown = name if self._may_read else on_screen.masked(name)
        return lists.link(
            reverse("people-detail", args=[self.request.workspace.slug, person.id]), shown, person.company
        )

    def _answers(self, row: SubmissionInfo) -> SafeString:
        questions = self._questions[row.form_version_id]
        pairs = [
            (one.label or one.key, self._said(one, row.answers[one.key]))
            for one in questions.values()
            if one.key in row.answers and one.type != "consent"
        ]
        return format_html(
            '<dl class="answers">{}</dl>', format_html_join("", "<div><dt>{}</dt><dd>{}</dd></div>", pairs)
        )

    def _said(self, question: documents.FormField, value: str) -> str:
        if question.type == "choice":
            return next((one.label for one in question.choices if one.value == value), value)
        if question.type == "hidden" and question.maps_to in self._fields:
            return reasons.field_text(self._fields[question.maps_to], value)
        if question.type == "phone" and self._may_read:
            return reasons.phone(value)
        return value if self._may_read else on_screen.masked(value)

    def _consents(self, row: SubmissionInfo) -> SafeString | str:
        """The very words, as they stood in the version that was shown."""
        agreed = [(str(one.get("text", "")),) for one in row.consents]
        if not agreed:
            return format_html('<span class="muted">{}</span>', _("Nothing"))
        return format_html_join("", '<div class="small">{}</div>', agreed)

    def _came_from(self, row: SubmissionInfo) -> str:
        return ", ".join(value for name, value in row.utm.items() if name.startswith("utm_"))


def _counted(count: int) -> str:
    if on_screen.is_japanese():
        return f"{count:,}件"
    return f"{count:,} submission" if count == 1 else f"{count:,} submissions"
