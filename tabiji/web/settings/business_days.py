"""営業日・休日: when the company works, drawn as the twelve months to come."""

from __future__ import annotations

import calendar as months
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django import forms
from django.contrib import messages as flashes
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.audiences.public import audience
from tabiji.scoring.public import stages
from tabiji.web.settings.entering import LineField, TimeInput
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, calendar

COUNTRIES: Final[dict[str, Any]] = {
    "JP": gettext_lazy("Japan"),
    "AU": gettext_lazy("Australia"),
    "CN": gettext_lazy("China"),
    "DE": gettext_lazy("Germany"),
    "FR": gettext_lazy("France"),
    "GB": gettext_lazy("United Kingdom"),
    "IN": gettext_lazy("India"),
    "KR": gettext_lazy("South Korea"),
    "SG": gettext_lazy("Singapore"),
    "TH": gettext_lazy("Thailand"),
    "TW": gettext_lazy("Taiwan"),
    "US": gettext_lazy("United States"),
    "VN": gettext_lazy("Vietnam"),
}
_MONTHS: Final = 12
_MOST_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class Day:
    """kind: '' for a business day, else weekend, holiday (the country's) or closed (the company's)."""

    number: int
    kind: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Month:
    """weeks from Monday; None where a day belongs to another month."""

    first: date
    name: str
    weeks: Sequence[Sequence[Day | None]]


class HoursForm(forms.Form):
    opens = forms.TimeField(label=gettext_lazy("Opens at"), widget=TimeInput())
    closes = forms.TimeField(label=gettext_lazy("Closes at"), widget=TimeInput())
    country = forms.ChoiceField(
        label=gettext_lazy("National holidays of"), choices=[(key, COUNTRIES[key]) for key in COUNTRIES]
    )
    fiscal_month = forms.TypedChoiceField(label=gettext_lazy("The fiscal year begins in"), coerce=int)
    recurring = forms.CharField(
        label=gettext_lazy("Closed every year on"),
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Month/day, with a space or a new line between: 12/29 12/30 12/31 1/2 1/3"),
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        field = self.fields["fiscal_month"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(month, _month_alone(month)) for month in range(1, 13)]

    def clean_recurring(self) -> list[tuple[int, int]]:
        words = self.cleaned_data["recurring"].replace(",", " ").replace("、", " ").split()
        if len(words) > _MOST_DAYS:
            raise forms.ValidationError(_("At most %(most)d days.") % {"most": _MOST_DAYS})
        return [_month_and_day(word) for word in words]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("opens") and said.get("closes") and said["opens"] >= said["closes"]:
            self.add_error("closes", _("It must close after it opens."))
        return said


class CloseForm(forms.Form):
    day = forms.DateField(
        label=pgettext_lazy("calendar", "Day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("Until (for several days)"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    name = LineField(
        label=gettext_lazy("What it is called"),
        max_length=100,
        help_text=gettext_lazy("For example: summer closing"),
    )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        first, last = said.get("day"), said.get("until") or said.get("day")
        if first and last and not 0 <= (last - first).days < _MOST_DAYS:
            self.add_error(
                "until", _("It must end after it begins, at most %(most)d days.") % {"most": _MOST_DAYS}
            )
        if first and not 2000 <= first.year <= 2100:
            self.add_error("day", _("Choose a year from 2000 to 2100."))
        return said


@page(Permission.ADMINISTER)
def index(request: WorkspaceRequest) -> HttpResponse:
    """Hours and days, with a drawing of what they come to."""
    form = HoursForm(request.POST or None, initial=_initial())
    if request.method == "POST" and form.is_valid():
        calendar.change(actor=request.actor, **form.cleaned_data)
        _days_are_others(request)
        flashes.success(request, _("Saved. Waits that begin from now on count like this."))
        return redirect("calendar", request.workspace.slug)
    return _index(request, form, CloseForm())


@require_POST
@page(Permission.ADMINISTER)
def close(request: WorkspaceRequest) -> HttpResponse:
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _index(request, HoursForm(initial=_initial()), form)
    said = form.cleaned_data
    count = ((said["until"] or said["day"]) - said["day"]).days + 1
    days = [date.fromordinal(said["day"].toordinal() + number) for number in range(count)]
    calendar.close_days([(day, said["name"]) for day in days], actor=request.actor)
    _days_are_others(request)
    flashes.success(request, _("Closed on %(day)s.") % {"day": on_screen.day(days[0], year=True)})
    return redirect("calendar", request.workspace.slug)


@require_POST
@page(Permission.ADMINISTER)
def reopen(request: WorkspaceRequest, day: str) -> HttpResponse:
    try:
        chosen = date.fromisoformat(day)
    except ValueError as error:
        raise Http404 from error
    calendar.open_day(chosen, actor=request.actor)
    _days_are_others(request)
    flashes.success(
        request, _("%(day)s is a day like any other again.") % {"day": on_screen.day(chosen, year=True)}
    )
    return redirect("calendar", request.workspace.slug)


def _days_are_others(request: WorkspaceRequest) -> None:
    """Audiences and stages that ask about days are looked at again."""
    audience.look_again_at_days(request.now)
    stages.judge_everybody_again(request.now)


def _index(request: WorkspaceRequest, form: HoursForm, closing: CloseForm) -> HttpResponse:
    today = request.now.astimezone(request.workspace.zone).date()
    kept = calendar.current()
    own = calendar.list_closed(today)
    context = {
        "form": form,
        "closing": closing,
        "own": own,
        "months": [_month(kept, first, {one.day: one.name for one in own}) for first in _firsts(today)],
        "weekdays": _weekdays(),
        "example": _example(kept, request.now),
        "today": today,
    }
    status = 422 if form.is_bound or closing.is_bound else 200
    return render(request, "settings/calendar.html", context, status=status)


def _example(kept: calendar.BusinessCalendar, now: datetime) -> datetime | None:
    """Where "3 business days, going on when we open" ends, counted from now."""
    try:
        return kept.after_business_days(now, 3, kept.opens)
    except calendar.NoBusinessDay:
        return None


def _firsts(today: date) -> list[date]:
    places = [today.month - 1 + number for number in range(_MONTHS)]
    return [date(today.year + place // 12, place % 12 + 1, 1) for place in places]


def _month(kept: calendar.BusinessCalendar, first: date, own: dict[date, str]) -> Month:
    weeks = [
        [_day(kept, day, own) if day.month == first.month else None for day in week]
        for week in months.Calendar().monthdatescalendar(first.year, first.month)
    ]
    return Month(first, _month_name(first), weeks)


def _day(kept: calendar.BusinessCalendar, day: date, own: dict[date, str]) -> Day:
    if day in own:
        return Day(day.day, "closed", own[day])
    if (day.month, day.day) in kept.recurring:
        return Day(day.day, "closed", _("closed every year"))
    if name := kept.holiday_name(day):
        return Day(day.day, "holiday", name)
    return Day(day.day, "weekend" if day.weekday() >= 5 else "")


def _month_name(first: date) -> str:
    return f"{first.year}年{first.month}月" if on_screen.is_japanese() else first.strftime("%B %Y")


def _month_alone(month: int) -> str:
    return f"{month}月" if on_screen.is_japanese() else date(2000, month, 1).strftime("%B")


def _weekdays() -> list[str]:
    return list("月火水木金土日") if on_screen.is_japanese() else ["M", "T", "W", "T", "F", "S", "S"]


def _initial() -> dict[str, Any]:
    kept = calendar.current()
    recurring = sorted(
        kept.recurring, key=lambda pair: ((pair[0] + 5) % 12, pair[1])
    )  # the turn of the year together
    return {
        "opens": kept.opens,
        "closes": kept.closes,
        "country": kept.country,
        "fiscal_month": kept.fiscal_month,
        "recurring": " ".join(f"{month}/{day}" for month, day in recurring),
    }


def _month_and_day(word: str) -> tuple[int, int]:
    month, _slash, day = word.partition("/")
    try:
        date(2000, int(month), int(day))  # a leap year
    except ValueError:
        raise forms.ValidationError(_("“%(word)s” is no day: write 12/29.") % {"word": word[:20]}) from None
    return int(month), int(day)
