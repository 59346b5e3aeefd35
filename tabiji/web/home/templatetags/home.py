"""Template vocabulary of homes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from tabiji.sales.contracts import TodayItem
from tabiji.web.shell import on_screen

register = template.Library()
_KINDS: Final[dict[str, Any]] = {
    "hand_over": pgettext_lazy("today", "New"),
    "recall": pgettext_lazy("today", "Call"),
    "meeting": pgettext_lazy("today", "Meeting"),
    "task": pgettext_lazy("today", "To do"),
}


@register.filter
def kind_said(item: TodayItem) -> str:
    return str(_KINDS[item.kind])


@register.filter
def when_said(item: TodayItem, now: datetime) -> str:
    """あと 2時間10分, 2時間超過, or the hour (with the day, where it is not today's)."""
    left = item.time_left
    if left is not None:
        to_the_minute = timedelta(minutes=abs(left.total_seconds()) // 60)
        if left.total_seconds() < 0:
            return _("%(time)s late") % {"time": on_screen.length(to_the_minute)}
        return _("%(time)s left") % {"time": on_screen.length(to_the_minute)}
    return on_screen.hour(item.at) if _is_same_day(item.at, now) else on_screen.moment(item.at)


@register.filter
def just_when(at: datetime, now: datetime) -> str:
    """13:52 today, 5/7(木) before."""
    return on_screen.hour(at) if _is_same_day(at, now) else on_screen.day(at)


def _is_same_day(at: datetime, now: datetime) -> bool:
    return timezone.localtime(at).date() == timezone.localtime(now).date()
