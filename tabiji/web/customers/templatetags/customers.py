"""Small drawings of people that several of these pages share."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tabiji.people.contracts import PersonInfo
from tabiji.web.customers.people import Cells

register = template.Library()


@register.simple_tag
def person_card(cells: Cells, person: PersonInfo) -> SafeString:
    """A person in a few lines, for comparing: name, company, mail, phone, score."""
    return format_html(
        '{}<span class="table-sub">{} {}</span><span class="table-sub">{} {}</span>',
        cells.name(person),
        cells.company(person),
        person.title,
        cells.email(person),
        cells.phone(person),
    )
