"""Template vocabulary of content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from tabiji.web.content import words
from tabiji.web.content.reading import Head

register = template.Library()


@register.filter
def numbered(version: Any) -> str:
    """第2版 / Version 2; of what is no number nothing."""
    return words.numbered(int(version)) if str(version).isdecimal() else ""


@register.filter
def at(values: Mapping[Any, Any], key: Any) -> Any:
    return values.get(key, "")


@register.filter
def link_kind(kind: str) -> str:
    return str(words.LINK_KINDS.get(kind, ""))


@register.filter
def is_number(asked: Any, number: int) -> bool:
    return bool(asked == number)


@register.simple_tag(takes_context=True)
def frame_of(context: template.Context, head: Head, mail_id: int, version: Any) -> str:
    """Where a frame finds a mail as this reader gets it: a version of it, or the saved draft."""
    request = context["request"]
    asked = {"who": head.reader.who}
    if version:
        asked["version"] = str(version.number)
    if head.is_real and request.GET.get("person"):
        asked["person"] = request.GET["person"]
    return reverse("mails-frame", args=[request.workspace.slug, mail_id]) + "?" + urlencode(asked)
