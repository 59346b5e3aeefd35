"""A mail version, ready to be filled in for many people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tabiji.content import liquid
from tabiji.content.contracts import Language, Link, MailPieces, RenderedMail
from tabiji.content.liquid import CannotRender, Mark, Template

_BREAKS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MAX_SUBJECT: Final = 300

__all__ = ["CannotRender", "CompiledMail", "compile"]


@dataclass(frozen=True, slots=True)
class CompiledMail:
    """Made once for a version; `render` and `pieces` cost some tens of microseconds."""

    version_id: int
    mail_id: int
    name: str
    links: tuple[Link, ...]
    fields: tuple[str, ...]
    sender: Mapping[str, str]
    _subject: Template
    _html: Template
    _html_end: Template
    _text: Template

    def render(self, context: Mapping[str, Any], urls: Mapping[int, str]) -> RenderedMail:
        """This mail for one person. Raises CannotRender.

        context: plain values under person, company, owner, sender, today; without a sender the one
        of the publishing stands. urls: this message's own address of each link, by number; a link
        without one keeps the address that it was written with.
        """
        subject, html, text = self.pieces(context, urls)
        return RenderedMail(subject, "".join(html), "".join(text))

    def pieces(self, context: Mapping[str, Any], urls: Mapping[int, str], closing: str = "") -> MailPieces:
        """The same in stretches, for whoever encodes what all copies share once. closing: markup of the caller's
        own for the end of the body. Raises CannotRender.
        """
        values = dict(context)
        values.setdefault("sender", dict(self.sender))
        for link in self.links:
            values[f"link_{link.number}"] = urls.get(link.number) or link.url or "#"
        # A value with a line break in it must not begin a header of its own.
        subject = _BREAKS.sub(" ", self._subject.render(values)).strip()[:_MAX_SUBJECT]
        html = [*self._html.pieces(values), closing, *self._html_end.pieces(values)]
        return MailPieces(subject, html, self._text.pieces(values))

    @property
    def constants(self) -> list[str]:
        """The stretches of the bodies that are the same for everybody."""
        return [*self._html.constants, *self._html_end.constants, *self._text.constants]


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
    body, end, after = html.rpartition("</body>")
    html, html_end = (body, end + after) if end else (html, "")
    return CompiledMail(
        version_id,
        mail_id,
        name,
        links,
        fields,
        sender,
        liquid.compile(subject, language=language, markup=False, mark=mark),
        liquid.compile(html, language=language, markup=True, mark=mark),
        liquid.compile(html_end, language=language, markup=True, mark=mark),
        liquid.compile(text, language=language, markup=False, mark=mark),
    )
