"""What is filled in about initiatives, KPIs and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.purpose.public import conversions, kpi, periods
from tabiji.web.initiatives import ways
from tabiji.web.insights import headers
from tabiji.web.insights.funnels import offer
from tabiji.web.shell import on_screen
from tabiji.workspaces.public import members

Data = Mapping[str, Any] | None


class InitiativeForm(forms.Form):
    """Why first; then from where to where, what it should move, and who looks after it."""

    why = forms.CharField(
        label=gettext_lazy("Why"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        help_text=gettext_lazy("One sentence: what stops people today, and what they get to go on."),
    )
    from_state = forms.CharField(
        label=gettext_lazy("From"), max_length=200, help_text=gettext_lazy("For example: has the brochure")
    )
    to_state = forms.CharField(
        label=gettext_lazy("To"), max_length=200, help_text=gettext_lazy("For example: has booked a meeting")
    )
    name = forms.CharField(label=pgettext_lazy("initiative", "Name"), max_length=120)
    kpi = forms.ChoiceField(
        label=gettext_lazy("KPI"),
        required=False,
        help_text=gettext_lazy("The number that this should move. Its conversion is the goal of the report."),
    )
    period = forms.ChoiceField(
        label=gettext_lazy("Period of the report"),
        required=False,
        help_text=gettext_lazy("What the page opens with."),
    )
    branch = forms.ChoiceField(
        label=gettext_lazy("Branch of the report"),
        required=False,
        help_text=gettext_lazy(
            "The step whose ways are compared. Without a choice, the one that most people came to."
        ),
    )
    responsible = forms.ChoiceField(label=gettext_lazy("Responsible"))
    review_on = forms.DateField(
        label=gettext_lazy("Next review"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    state = forms.ChoiceField(label=gettext_lazy("State"))

    def __init__(self, data: Data = None, initial: Data = None, *, initiative_id: int = 0) -> None:
        super().__init__(data, initial=dict(initial or {}))
        offer(self, "kpi", kpi_choices())
        offer(self, "period", period_choices())
        offer(self, "branch", ways.branches(initiative_id) if initiative_id else [])
        offer(self, "responsible", colleagues())
        offer(self, "state", [(key, headers.state(key)) for key in ("draft", "running", "ended")])
        if not initiative_id:
            del self.fields["branch"]


class VerdictForm(forms.Form):
    """採用 or 棄却, with what was learnt. Taking a verdict back needs no words."""

    verdict = forms.ChoiceField(
        label=pgettext_lazy("initiative", "Verdict"),
        choices=[
            ("adopted", pgettext_lazy("verdict", "Adopted")),
            ("rejected", pgettext_lazy("verdict", "Rejected")),
            ("", pgettext_lazy("verdict", "Still open")),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    learning = forms.CharField(
        label=gettext_lazy("What we learnt"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1_000,
        required=False,
        help_text=gettext_lazy("A sentence, so that nobody has to try it again."),
    )


class KpiForm(forms.Form):
    """A line of the tree."""

    label = forms.CharField(label=pgettext_lazy("kpi", "Name"), max_length=60)
    label_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=60, required=False)
    target = forms.FloatField(
        label=gettext_lazy("Target"),
        min_value=0,
        max_value=1e12,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    period = forms.ChoiceField(label=gettext_lazy("Period"))
    why = forms.CharField(
        label=gettext_lazy("Why"), widget=forms.Textarea(attrs={"rows": 2}), max_length=500, required=False
    )
    responsible = forms.ChoiceField(label=gettext_lazy("Responsible"))
    review_on = forms.DateField(
        label=gettext_lazy("Next review"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Data = None, initial: Data = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        offer(self, "period", period_choices())
        offer(self, "responsible", colleagues())


class NewKpiForm(KpiForm):
    """With what stays as it is: below which line, and what it counts."""

    parent = forms.ChoiceField(label=gettext_lazy("Below"), required=False)
    conversion = forms.ChoiceField(label=pgettext_lazy("fact", "Conversion"))
    measure = forms.ChoiceField(
        label=gettext_lazy("Counts"),
        choices=[
            ("conversions", gettext_lazy("conversions")),
            ("people", gettext_lazy("people, each once")),
            ("value", gettext_lazy("value in yen")),
        ],
    )
    field_order = ("label", "label_en", "parent", "conversion", "measure", "target", "period")

    def __init__(self, data: Data = None, initial: Data = None) -> None:
        super().__init__(data, initial)
        offer(self, "parent", kpi_choices())
        offer(self, "conversion", [(one.key, one.name) for one in conversions.list_all()])


class ExperimentForm(forms.Form):
    """A test of a journey's random split: its arms are the variants."""

    why = forms.CharField(
        label=gettext_lazy("Why"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        help_text=gettext_lazy("What you expect, and why: the test says whether it was so."),
    )
    name = forms.CharField(label=pgettext_lazy("test", "Name"), max_length=120)
    step = forms.ChoiceField(
        label=gettext_lazy("Random split"),
        help_text=gettext_lazy("The step of a journey that divides people; its first arm is the baseline."),
    )
    goal = forms.ChoiceField(
        label=gettext_lazy("Judged on"),
        help_text=gettext_lazy("The conversion that decides. Opens never decide."),
    )
    window_days = forms.IntegerField(
        label=gettext_lazy("Counts for how many days"), required=False, min_value=1, max_value=3_650
    )
    initiative = forms.ChoiceField(label=gettext_lazy("Initiative"), required=False)
    responsible = forms.ChoiceField(label=gettext_lazy("Responsible"))
    review_on = forms.DateField(
        label=gettext_lazy("Decide on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy(
            "Chosen before the start: looking every day finds differences that are not there."
        ),
    )

    def __init__(
        self, data: Data = None, initial: Data = None, *, initiatives: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        offer(self, "step", ways.splits())
        offer(self, "goal", [(one.key, one.name) for one in conversions.list_all()])
        offer(self, "initiative", list(initiatives))
        offer(self, "responsible", colleagues())


def kpi_choices() -> list[tuple[str, str]]:
    language = on_screen.language()
    return [(str(one.id), one.label(language)) for one in kpi.list_all()]


def period_choices() -> list[tuple[str, str]]:
    return [(str(one.id), one.name) for one in periods.list_all()]


def colleagues() -> list[tuple[str, str]]:
    found = [(str(one.user_id), one.name) for one in members.list_colleagues()]
    return found or [("", _("Nobody"))]
