"""Template vocabulary of all screens: icons, links inside the workspace, values as they read."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tabiji.web.shell import links, on_screen

register = template.Library()
register.filter("day", on_screen.day)
register.filter("hour", on_screen.hour)
register.filter("moment", on_screen.moment)
register.filter("number", on_screen.number)
register.filter("yen", on_screen.yen)
register.filter("people", on_screen.people)
register.filter("length_of_time", on_screen.length)


@register.filter
def day_with_year(value: Any) -> str:
    return on_screen.day(value, year=True)


@register.filter
def moment_with_year(value: Any) -> str:
    return on_screen.moment(value, year=True)


@register.simple_tag
def comma() -> str:
    """Between two of several: `{% if not forloop.last %}{% comma %}{% endif %}`."""
    return on_screen.comma()


@register.simple_tag
def icon(name: str, small: bool = False) -> SafeString:
    """An icon of the sprite; decorative, so the text beside it must say what it means."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        " icon-s" if small else "",
        static("dist/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def to(context: template.Context, name: str, *args: Any, **query: Any) -> str:
    """The address of a page of this workspace: `{% to 'people-detail' person.id tab='consent' %}`."""
    address = links.address(context["request"], name, *args)
    kept = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{address}?{urlencode(kept)}" if kept else address


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: Any) -> str:
    """The present address with some of its query changed; None or empty takes a name out."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}"


@register.inclusion_tag("components/rate.html")
def rate(part: int, whole: int, href: str = "", digits: int = 1) -> dict[str, Any]:
    """A rate with its numerator and denominator; below 30 it says that nothing can be said yet."""
    return {
        "part": part,
        "whole": whole,
        "href": href,
        "percent": on_screen.percent(part, whole, digits),
        "too_small": whole < on_screen.SMALL,
    }


@register.simple_tag
def bar(part: float, whole: float, kind: str = "") -> SafeString:
    """A share as a bar; never alone, the numbers stand beside it."""
    width = 0.0 if not whole else max(0.0, min(100.0, 100 * part / whole))
    return format_html(
        '<svg class="bar{}" aria-hidden="true"><rect width="{}%"/></svg>',
        f" bar-{kind}" if kind else "",
        f"{width:.1f}",
    )


@register.simple_tag(takes_context=True)
def may(context: template.Context, permission: str) -> bool:
    """`{% may 'edit_people' as can_edit %}`"""
    return permission in context["request"].actor.permissions


@register.simple_tag(takes_context=True)
def personal(context: template.Context, text: str) -> str:
    """A name or address as this colleague may see it: analysts and viewers see it masked."""
    actor = context["request"].actor
    return text if "see_personal_data" in actor.permissions else on_screen.masked(text)
