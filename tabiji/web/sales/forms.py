"""What is filled in on the pages of sales. What a form cannot know is refused by the room, at its field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from tabiji.sales.contracts import DealInfo, LostReason, ReturnReason
from tabiji.sales.public import policy, words
from tabiji.workspaces.public import PERMISSIONS, Permission, Role, members

Data = Mapping[str, Any] | None
Choices = Sequence[tuple[str, Any]]
_YEARS: Final = timedelta(days=3_660)
_UNITS: Final = {"万": 10_000, "億": 100_000_000}


class YenField(forms.Field):
    """Whole yen as people write them: 1,800,000, ¥1800000, １８０万, 1.5億. Gives an int, or None where empty."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        text = unicodedata.normalize("NFKC", str(value or "")[:60]).strip().lstrip("¥\\").removesuffix("円")
        text = text.replace(",", "").replace("、", "").replace(" ", "")
        if not text:
            return None
        found = re.fullmatch(r"(\d{1,13})(?:\.(\d{1,8}))?([万億]?)", text)
        if found is None or (found[2] and not found[3]):
            raise forms.ValidationError(_("Give whole yen, for example 1,800,000 or 180万."))
        unit = _UNITS.get(found[3], 1)
        part = int(found[2].ljust(8, "0")) * unit // 100_000_000 if found[2] else 0
        return int(found[1]) * unit + part

    def prepare_value(self, value: Any) -> Any:
        return f"{value:,}" if isinstance(value, int) else value


class MomentField(forms.DateTimeField):
    """A day and an hour in the workspace's zone, within ten years of now."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], widget=widget, **kwargs)


def day_field(**kwargs: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(input_formats=["%Y-%m-%d"], widget=widget, **kwargs)


class ReturnForm(forms.Form):
    """差し戻す: the reason; the day to begin again goes with 時期尚早 only."""

    reason = forms.ChoiceField(label=pgettext_lazy("return", "Reason"), choices=[])
    restart_on = day_field(label=pgettext_lazy("return", "Begin again on"), required=False)
    note = forms.CharField(
        label=pgettext_lazy("return", "A word for marketing"),
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Data = None) -> None:
        super().__init__(data, auto_id="return_%s")  # stands beside the form of a call
        offer(self, "reason", [(one.value, words.RETURN_REASONS[one]) for one in ReturnReason], ask=True)

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("reason") != ReturnReason.TOO_EARLY:
            values["restart_on"] = None
        return values


class HandOverForm(forms.Form):
    """By hand: why, and to whom if the rule shall not decide."""

    why = forms.CharField(
        label=pgettext_lazy("hand-over", "Why now"),
        max_length=200,
        help_text=gettext_lazy("Sales reads this first. For example: asked for a quotation on the phone"),
    )
    owner = forms.ChoiceField(label=pgettext_lazy("hand-over", "To"), choices=[], required=False)

    def __init__(self, data: Data = None) -> None:
        super().__init__(data)
        offer(self, "owner", [("", _("Whoever the rule says")), *sellers()])


class CallForm(forms.Form):
    """A call: how long, what was said, when again; the appointment where one was booked."""

    seen = forms.IntegerField(min_value=0, max_value=2**62, required=False, widget=forms.HiddenInput)
    """The newest call that the page knew of, so that a form sent twice writes one."""
    minutes = forms.IntegerField(
        label=pgettext_lazy("call", "Minutes"), min_value=0, max_value=600, required=False
    )
    seconds = forms.IntegerField(
        label=pgettext_lazy("call", "Seconds"), min_value=0, max_value=59, required=False
    )
    note = forms.CharField(
        label=pgettext_lazy("call", "Note"),
        max_length=5_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    again_at = MomentField(label=pgettext_lazy("call", "Next call"), required=False)
    starts_at = MomentField(label=pgettext_lazy("call", "Appointment"), required=False)
    length = forms.IntegerField(
        label=pgettext_lazy("appointment", "Minutes"), min_value=5, max_value=1_440, required=False
    )
    place = forms.CharField(label=pgettext_lazy("appointment", "Place"), max_length=200, required=False)


class TaskForm(forms.Form):
    kind = forms.ChoiceField(label=pgettext_lazy("task", "Kind"), choices=[])
    title = forms.CharField(label=pgettext_lazy("task", "What"), max_length=200)
    due_at = MomentField(label=pgettext_lazy("task", "Due"))
    minutes = forms.IntegerField(
        label=pgettext_lazy("task", "Minutes"),
        min_value=0,
        max_value=1_440,
        required=False,
        help_text=gettext_lazy("How long it is thought to take"),
    )
    owner = forms.ChoiceField(label=pgettext_lazy("task", "Who does it"), choices=[])

    def __init__(self, data: Data = None, initial: Data = None, *, now: datetime, owner: int = 0) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.now = now
        offer(self, "kind", [(one.value, word) for one, word in words.TASK_KINDS.items()])
        offer(self, "owner", sellers(owner))

    def clean_due_at(self) -> datetime:
        due: datetime = self.cleaned_data["due_at"]
        if abs(due - self.now) > _YEARS:
            raise forms.ValidationError(_("Choose a day within ten years."))
        return due


class DealForm(forms.Form):
    """A new deal, or one that stands; its line is asked for where there is a choice."""

    name = forms.CharField(label=pgettext_lazy("deal", "Name"), max_length=200)
    amount = YenField(
        label=pgettext_lazy("deal", "Amount in yen"),
        required=False,
        help_text=gettext_lazy("For example 1,800,000 or 180万"),
    )
    line = forms.ChoiceField(label=pgettext_lazy("deal", "Line of business"), choices=[])
    phase = forms.ChoiceField(label=pgettext_lazy("deal", "Phase"), choices=[])
    expected_on = day_field(label=pgettext_lazy("deal", "Expected close"), required=False)
    owner = forms.ChoiceField(label=pgettext_lazy("deal", "Owner"), choices=[])

    def __init__(
        self, data: Data = None, initial: Data = None, *, owner: int = 0, standing: DealInfo | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        rules = policy.current()
        lines = dict(rules.lines)
        if standing is not None:
            lines.setdefault(standing.line, standing.line)  # one that the rules gave up
        offer(self, "line", list(lines.items()))
        offer(self, "phase", rules.phases)
        offer(self, "owner", sellers(owner))
        if standing is not None:
            del self.fields["phase"]
            if len(lines) == 1:
                del self.fields["line"]


class WinForm(forms.Form):
    """受注, at its final amount."""

    amount = YenField(label=pgettext_lazy("deal", "Amount in yen"))

    def __init__(self, data: Data = None, initial: Data = None) -> None:
        super().__init__(
            data, initial=dict(initial or {}), auto_id="win_%s"
        )  # stands above the deal's own form


class LoseForm(forms.Form):
    reason = forms.ChoiceField(label=pgettext_lazy("deal", "Why it was lost"), choices=[])

    def __init__(self, data: Data = None) -> None:
        super().__init__(data, auto_id="lose_%s")
        offer(self, "reason", [(one.value, words.LOST_REASONS[one]) for one in LostReason], ask=True)


class AppointmentForm(forms.Form):
    starts_at = MomentField(label=pgettext_lazy("appointment", "When"))
    length = forms.IntegerField(
        label=pgettext_lazy("appointment", "Minutes"), min_value=5, max_value=1_440, initial=60
    )
    title = forms.CharField(label=pgettext_lazy("appointment", "What about"), max_length=200, required=False)
    place = forms.CharField(label=pgettext_lazy("appointment", "Place"), max_length=200, required=False)
    owner = forms.ChoiceField(label=pgettext_lazy("appointment", "Who goes"), choices=[])

    def __init__(self, data: Data = None, initial: Data = None, *, owner: int = 0) -> None:
        super().__init__(data, initial={"length": 60, **(initial or {})})
        offer(self, "owner", sellers(owner))


class StopForm(forms.Form):
    """「販促を止める」"""

    reason = forms.CharField(
        label=pgettext_lazy("stop", "Reason"),
        max_length=200,
        help_text=gettext_lazy("For example: is deciding until the end of June, asked for quiet"),
    )
    until = day_field(
        label=pgettext_lazy("stop", "Last day"),
        required=False,
        help_text=gettext_lazy("Without a day it lasts until somebody takes it back."),
    )


def offer(form: forms.Form, name: str, choices: Choices, *, ask: bool = False) -> None:
    """Set the choices of a field; ask: nothing is chosen in advance."""
    first = [("", pgettext("form", "Choose"))] if ask else []
    form.fields[name].choices = [*first, *choices]  # type: ignore[attr-defined]


def sellers(also: int = 0) -> list[tuple[str, str]]:
    """Colleagues who work in sales; also: whoever has it now, were it somebody else."""
    roles = tuple(role for role in Role if Permission.WORK_SALES in PERMISSIONS[role])
    found = {one.user_id: one.name for one in members.list_colleagues(roles=roles)}
    if also and also not in found:
        found[also] = members.names().get(also, "")
    return [(str(key), name) for key, name in found.items()]


def number(text: Any) -> int | None:
    """The id in a choice; None for none."""
    return int(text) if text and str(text).isdecimal() else None
