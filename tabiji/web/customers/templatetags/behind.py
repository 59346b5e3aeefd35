"""`{% load behind %}`: the address of the people behind a number."""

from __future__ import annotations

from django import template

from tabiji.web.customers import behind as numbers

register = template.Library()


@register.simple_tag(takes_context=True)
def behind(context: template.Context, name: str, *args: str | int) -> str:
    """The list of exactly the people behind a number: `{% behind 'journey-now' journey.id node.id %}`."""
    return numbers.address(context["request"], name, *args)
