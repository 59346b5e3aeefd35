"""What speaks against publishing a draft, said in a sentence with its block and line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Final

from django.utils.translation import gettext, gettext_noop

from tabiji.content import documents, inline, liquid, targets
from tabiji.content.contracts import Brand, Problem, Purpose
from tabiji.content.documents import Button, Document, Footer, Heading, Image, Text

MAX_SUBJECT: Final = 200
_ = gettext_noop


def find(
    document: Document,
    *,
    subject: str,
    preheader: str,
    known: Collection[str],
    brand: Brand,
    purpose: str = Purpose.MARKETING,
) -> list[Problem]:
    """All that is wrong with a mail, in the order of reading. known: merge fields that exist, by path."""
    found = [*_in_subject(subject, known), *_in_line("preheader", preheader, known)]
    for index, path, block in documents.walk(document):
        if isinstance(block, Footer):
            found += [replace(problem, block=index) for problem in _in_footer(brand)]
        else:
            own = _in_block(block, known)
            found += [replace(problem, block=index, part=path + problem.part) for problem in own]
    if not any(isinstance(block, Text | Button | Image) for _index, _path, block in documents.walk(document)):
        found.append(Problem("empty_mail"))
    if purpose == Purpose.MARKETING:
        found += _one_goal(document)
    return found


def sentence(problem: Problem) -> str:
    """The problem in the language that is active, without its place."""
    text = gettext(_SENTENCES[problem.code]) % problem.values
    near = problem.values.get("near")
    return f"{text} {gettext(_NEAR) % problem.values}" if near else text


def place(problem: Problem) -> str:
    """Where it is, in the language that is active: `Block 3, line 2`."""
    if problem.block is None:
        return {
            "subject": gettext("Subject"),
            "preheader": gettext("Preview text"),
        }.get(problem.part, gettext("Mail"))
    return gettext("Block %(block)d, line %(line)d") % {"block": problem.block + 1, "line": problem.line}


def of_text(part: str, text: str, known: Collection[str]) -> list[Problem]:
    """Faults of one text as problems without a block."""
    return [
        Problem(fault.code, None, part, fault.line, fault.values)
        for fault in liquid.find_faults(text, known=known)
    ]


def of_links(part: str, text: str, *, inside: bool = False, with_merge: bool = True) -> list[Problem]:
    """Links in a text that lead nowhere, or where they must not."""
    return [
        Problem(code, None, part, anchor.line, {"url": anchor.url[:100]})
        for anchor in inline.anchors(inline.parse(text, with_merge=with_merge))
        if (code := targets.fault(anchor.url, inside=inside))
    ]


def of_target(part: str, url: str, *, inside: bool = False) -> list[Problem]:
    code = targets.fault(url, inside=inside)
    return [Problem(code, None, part, 1, {"url": url[:100]})] if code else []


def of_image(block: Image) -> list[Problem]:
    found = []
    if not targets.is_web(block.source) or targets.fault(block.source):
        found.append(Problem("bad_image", None, "source", 1, {"url": block.source[:100]}))
    if not block.alt.strip():
        found.append(Problem("no_alt", None, "alt", blocks_publishing=False))
    return found


def _in_subject(subject: str, known: Collection[str]) -> Iterator[Problem]:
    if not subject.strip():
        yield Problem("no_subject", None, "subject")
    if len(subject) > MAX_SUBJECT:
        yield Problem("subject_too_long", None, "subject", values={"most": str(MAX_SUBJECT)})
    yield from _in_line("subject", subject, known)


def _in_line(part: str, text: str, known: Collection[str]) -> Iterator[Problem]:
    if len(text.splitlines()) > 1 or any(ord(mark) < 32 for mark in text):
        yield Problem("line_break", None, part, 2)
    yield from of_text(part, text, known)


def _in_block(block: documents.Block, known: Collection[str]) -> list[Problem]:
    if isinstance(block, Heading):
        return [*_in_line("text", block.text, known)]
    if isinstance(block, Text):
        return of_text("text", block.text, known) + of_links("text", block.text)
    if isinstance(block, Button):
        found = [*_in_line("label", block.label, known), *of_target("url", block.url)]
        return [*found, Problem("no_label", None, "label")] if not block.label.strip() else found
    if isinstance(block, Image):
        return of_image(block) + (of_target("url", block.url) if block.url else [])
    return []


def _in_footer(brand: Brand) -> list[Problem]:
    wanted: tuple[tuple[str, Callable[[Brand], str]], ...] = (
        ("no_sender_name", lambda one: one.company or one.sender_name),
        ("no_address", lambda one: one.address),
        ("no_contact", lambda one: one.contact),
    )
    return [Problem(code, None, "footer") for code, value in wanted if not value(brand).strip()]


def _one_goal(document: Document) -> list[Problem]:
    """One mail, one goal: buttons that lead to different places are worth a second look."""
    goals = {
        block.url
        for _index, _path, block in documents.walk(document)
        if isinstance(block, Button) and block.url
    }
    if len(goals) < 3:
        return []
    return [Problem("many_goals", values={"count": str(len(goals))}, blocks_publishing=False)]


_NEAR: Final = _("Did you mean “%(near)s”?")
_SENTENCES: Final[dict[str, str]] = {
    "bad_syntax": _("“%(source)s” cannot be read: check the brackets, quotes and colons."),
    "brace_not_closed": _("“%(brace)s” is opened but not closed."),
    "brace_not_opened": _("“%(brace)s” closes what was never opened."),
    "unknown_field": _("There is no merge field “%(name)s”."),
    "unknown_filter": _("There is no filter “%(name)s”."),
    "unknown_tag": _(
        "“%(name)s” is not possible here: only if, elsif, else, endif, unless and endunless are."
    ),
    "filter_arguments": _("The filter “%(name)s” has the wrong number or kind of values behind it."),
    "not_allowed": _("“%(source)s” is not possible here: use a merge field, a text in quotes or a number."),
    "whole_person": _(
        "“person” alone is not a value: write a field such as person.last_name, or person | honorific."
    ),
    "honorific_of_field": _("The filter honorific goes with person: {{ person | honorific }}."),
    "tag_not_closed": _("“%(name)s” has no “%(end)s”."),
    "tag_not_opened": _("“%(name)s” has no beginning."),
    "too_many_fields": _("One text may have %(most)s merge fields."),
    "line_break": _("A line break is not possible here."),
    "no_subject": _("The subject is empty."),
    "subject_too_long": _("The subject may have %(most)s characters."),
    "empty_mail": _("The mail has no text yet."),
    "no_url": _("The link has no address."),
    "url_too_long": _("The link's address is too long."),
    "url_with_field": _("A link's address cannot have merge fields."),
    "bad_url": _("“%(url)s” is not an address to link to: begin with https://, mailto: or tel:."),
    "bad_image": _("“%(url)s” is not an image's address: begin with https://."),
    "no_alt": _("The image has no description; people who do not load images see nothing."),
    "no_label": _("The button says nothing."),
    "many_goals": _("The buttons lead to %(count)s different places: one mail works best with one goal."),
    "no_sender_name": _("The brand kit has no sender name; the law asks for one in every mail."),
    "no_address": _("The brand kit has no postal address; the law asks for one in every mail."),
    "no_contact": _("The brand kit has no contact for questions; the law asks for one in every mail."),
}
