"""Template vocabulary of reports."""

from __future__ import annotations

from django import template

from tabiji.web.insights import things as numbers

register = template.Library()


@register.simple_tag(takes_context=True)
def things(context: template.Context, name: str, *args: str | int) -> str:
    """The list of exactly the things behind a number: `{% things 'contracts' initiative.id period.key %}`."""
    return numbers.address(context["request"], name, *args)


@register.filter
def per_cent(value: float | None) -> str:
    """0.84 as 84.0%."""
    return "" if value is None else f"{100 * value:.1f}%"


@register.filter
def points(value: float) -> str:
    """0.018 as +1.8."""
    return f"{100 * value:+.1f}".replace("-", "−")
