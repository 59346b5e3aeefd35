"""States, problems and roles of content as people read them."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from tabiji.web.shell import on_screen

PURPOSES: Final[dict[str, Any]] = {
    "marketing": pgettext_lazy("purpose", "Marketing"),
    "transactional": pgettext_lazy("purpose", "Transactional"),
}
PURPOSE_HINTS: Final[dict[str, Any]] = {
    "marketing": _("Needs consent or another basis; counts for the frequency cap."),
    "transactional": _(
        "Auto-replies and notices of a booking: no consent needed, nothing may be offered in it."
    ),
}
LINK_KINDS: Final[dict[str, Any]] = {
    "content": _("Counts as interest"),
    "unsubscribe": _("Unsubscribe"),
    "preferences": _("Mail settings"),
    "legal": _("Legal"),
}
LANGUAGES: Final = [("ja", _("Japanese")), ("en", _("English"))]


def state(kind: str, state: str, version: int) -> str:
    """使用中・第2版 / 公開中・第2版 / 下書き."""
    if state == "archived":
        return pgettext("content", "Put away")
    if not version:
        return pgettext("content", "Draft")
    word = pgettext("mail", "In use") if kind == "mail" else pgettext("page", "Public")
    return (
        f"{word}・{numbered(version)}" if on_screen.is_japanese() else f"{word}, {numbered(version).lower()}"
    )


def numbered(version: int) -> str:
    return f"第{version}版" if on_screen.is_japanese() else f"Version {version}"
