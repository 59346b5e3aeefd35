"""What is filled in about initiatives, KPIs and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

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
        label=lazy("Why"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        help_text=lazy("One sentence: what stops people today, and what they get to go on."),
    )
    from_state = forms.CharField(
        label=lazy("From"), max_length=200, help_text=lazy("For example: has the brochure")
    )
    to_state = forms.CharField(
        label=lazy("To"), max_length=200, help_text=lazy("For example: has booked a meeting")
    )
    name = forms.CharField(label=pgettext_lazy("initiative", "Name"), max_length=120)
    kpi = forms.ChoiceField(
        label=lazy("KPI"),
        required=False,
        help_text=lazy("The number that this should move. Its conversion is the goal of the report."),
    )
    period = forms.ChoiceField(
        label=lazy("Period of the report"), required=False, help_text=lazy("What the page opens with.")
    )
    branch = forms.ChoiceField(
        label=lazy("Branch of the report"),
        required=False,
        help_text=lazy(
            "The step whose ways are compared. Without a choice, the one that most people came to."
        ),
    )
    responsible = forms.ChoiceField(label=lazy("Responsible"))
    review_on = forms.DateField(
        label=lazy("Next review"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    state = forms.ChoiceField(label=lazy("State"))

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
        label=lazy("What we learnt"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1_000,
        required=False,
        help_text=lazy("A sentence, so that nobody has to try it again."),
    )


class KpiForm(forms.Form):
    """A line of the tree."""

    label = forms.CharField(label=pgettext_lazy("kpi", "Name"), max_length=60)
    label_en = forms.CharField(label=lazy("Name in English"), max_length=60, required=False)
    target = forms.FloatField(
        label=lazy("Target"), min_value=0, max_value=1e12, widget=forms.NumberInput(attrs={"step": "any"})
    )
    period = forms.ChoiceField(label=lazy("Period"))
    why = forms.CharField(
        label=lazy("Why"), widget=forms.Textarea(attrs={"rows": 2}), max_length=500, required=False
    )
    responsible = forms.ChoiceField(label=lazy("Responsible"))
    review_on = forms.DateField(
        label=lazy("Next review"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Data = None, initial: Data = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        offer(self, "period", period_choices())
        offer(self, "responsible", colleagues())


class NewKpiForm(KpiForm):
    """With what stays as it is: below which line, and what it counts."""

    parent = forms.ChoiceField(label=lazy("Below"), required=False)
    conversion = forms.ChoiceField(label=pgettext_lazy("fact", "Conversion"))
    measure = forms.ChoiceField(
        label=lazy("Counts"),
        choices=[
            ("conversions", lazy("conversions")),
            ("people", lazy("people, each once")),
            ("value", lazy("value in yen")),
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
        label=lazy("Why"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        help_text=lazy("What you expect, and why: the test says whether it was so."),
    )
    name = forms.CharField(label=pgettext_lazy("test", "Name"), max_length=120)
    step = forms.ChoiceField(
        label=lazy("Random split"),
        help_text=lazy("The step of a journey that divides people; its first arm is the baseline."),
    )
    goal = forms.ChoiceField(
        label=lazy("Judged on"), help_text=lazy("The conversion that decides. Opens never decide.")
    )
    window_days = forms.IntegerField(
        label=lazy("Counts for how many days"), required=False, min_value=1, max_value=3_650
    )
    initiative = forms.ChoiceField(label=lazy("Initiative"), required=False)
    responsible = forms.ChoiceField(label=lazy("Responsible"))
    review_on = forms.DateField(
        label=lazy("Decide on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=lazy("Chosen before the start: looking every day finds differences that are not there."),
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
    language = "ja" if on_screen.is_japanese() else "en"
    return [(str(one.id), one.label(language)) for one in kpi.list_all()]


def period_choices() -> list[tuple[str, str]]:
    return [(str(one.id), one.name) for one in periods.list_all()]


def colleagues() -> list[tuple[str, str]]:
    found = [(str(one.user_id), one.name) for one in members.list_colleagues()]
    return found or [("", _("Nobody"))]
