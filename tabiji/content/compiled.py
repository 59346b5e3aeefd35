"""A mail version, ready to be filled in for many people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tabiji.content import liquid
from tabiji.content.contracts import Language, Link, RenderedMail
from tabiji.content.liquid import CannotRender, Mark, Template

_BREAKS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MAX_SUBJECT: Final = 300

__all__ = ["CannotRender", "CompiledMail", "compile"]


@dataclass(frozen=True, slots=True)
class CompiledMail:
    """Made once for a version; `render` costs some tens of microseconds."""

    version_id: int
    mail_id: int
    name: str
    links: tuple[Link, ...]
    fields: tuple[str, ...]
    sender: Mapping[str, str]
    _subject: Template
    _html: Template
    _text: Template

    def render(self, context: Mapping[str, Any], urls: Mapping[int, str]) -> RenderedMail:
        """This mail for one person. Raises CannotRender.

        context: plain values under person, company, owner, sender, today; without a sender the one
        of the publishing stands. urls: this message's own address of each link, by number; a link
        without one keeps the address that it was written with.
        """
        values = dict(context)
        values.setdefault("sender", dict(self.sender))
        for link in self.links:
            values[f"link_{link.number}"] = urls.get(link.number) or link.url or "#"
        # A value with a line break in it must not begin a header of its own.
        subject = _BREAKS.sub(" ", self._subject.render(values)).strip()[:_MAX_SUBJECT]
        return RenderedMail(subject, self._html.render(values), self._text.render(values))


def compile(
    *,
    version_id: int,
    mail_id: int,
    name: str,
    language: Language,
    subject: str,
    html: str,
    text: str,
    links: tuple[Link, ...],
    fields: tuple[str, ...],
    sender: Mapping[str, str],
    mark: Mark | None = None,
) -> CompiledMail:
    """Parses the stored templates. Raises CannotRender. mark: see liquid.compile; for previews only."""
    return CompiledMail(
        version_id,
        mail_id,
        name,
        links,
        fields,
        sender,
        liquid.compile(subject, language=language, markup=False, mark=mark),
        liquid.compile(html, language=language, markup=True, mark=mark),
        liquid.compile(text, language=language, markup=False, mark=mark),
    )
