"""Words in a block: paragraphs, lists, bold, links and merge fields, written as people type them.

    blank line            a new paragraph; a single line break stays one
    - item  /  1. item    a list
    **bold**              bold
    [label](address)      a link; a bare https:// address becomes one too
    \\* \\[               the character itself

There is no HTML: whatever looks like it is shown as it was typed. A line with nothing but
`{% if … %}` stands between paragraphs, so that what it leaves out is left out whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

from tabiji.content import liquid


@dataclass(frozen=True, slots=True)
class Words:
    text: str


@dataclass(frozen=True, slots=True)
class Merge:
    """`{{ … }}` or `{% … %}`, as it was typed."""

    source: str


@dataclass(frozen=True, slots=True)
class Strong:
    inside: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Anchor:
    label: tuple[Span, ...]
    url: str
    line: int


Span = Words | Merge | Strong | Anchor
Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple[Line, ...]
    is_numbered: bool


@dataclass(frozen=True, slots=True)
class Control:
    """A line of tags only."""

    source: str


Flow = Paragraph | Listing | Control

# While words are read, a piece between braces is one character of the private use area.
_FIRST_MARK: Final = 0xE000
_LAST_MARK: Final = 0xF8FF
_MARK: Final = re.compile(f"[{chr(_FIRST_MARK)}-{chr(_LAST_MARK)}]")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ITEM: Final = re.compile(r"[-・*][ \u3000](.*)|\d{1,3}[.)．）][ \u3000](.*)")
_SPAN: Final = re.compile(
    r"\\(?P<literal>[\\*\[\]-])"
    r"|\*\*(?P<strong>.+?)\*\*"
    r"|\[(?P<label>[^\[\]]{1,300})\]\((?P<url>[^()\s]{1,2000})\)"
    r"|(?P<bare>https?://[^\s<>\"'()（）「」『』【】、。，]{3,2000}(?<![.,;:!?]))"
)


def parse(text: str, *, with_merge: bool = True) -> list[Flow]:
    """The flow of a text. Never fails. with_merge: braces mean merge fields; else they are words."""
    plain, merges = _set_aside(_CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")), with_merge)
    return list(_flows(plain.split("\n"), merges))


def spans(text: str, *, with_merge: bool = True, links: bool = False) -> Line:
    """One line of words, such as a heading or a label; links: whether it may have some."""
    plain, merges = _set_aside(_CONTROLS.sub("", " ".join(text.splitlines())), with_merge)
    return _spans(plain, merges, 1, links=links)


def anchors(flows: Iterable[Flow]) -> Iterator[Anchor]:
    """All links, in the order of reading."""
    for flow in flows:
        if isinstance(flow, Control):
            continue
        for line in flow.lines if isinstance(flow, Paragraph) else flow.items:
            yield from _anchors(line)


def label(line: Line) -> str:
    """What a link says, in plain words; merge fields as …"""
    out = []
    for span in line:
        if isinstance(span, Words):
            out.append(span.text)
        elif isinstance(span, Merge):
            out.append("…" if span.source.startswith("{{") else "")
        else:
            out.append(label(span.inside if isinstance(span, Strong) else span.label))
    return "".join(out).strip()


def to_html(flows: Iterable[Flow], *, href: Callable[[Anchor], str], style: Callable[[str], str]) -> str:
    """Markup in which merge fields stand as they were typed, and every brace that is not one is encoded.

    href gives the attribute's text for a link; style gives attributes for p, ul, ol, li, a.
    """
    out: list[str] = []
    for flow in flows:
        if isinstance(flow, Control):
            out.append(flow.source)
        elif isinstance(flow, Paragraph):
            lines = "<br>".join(line_to_html(line, href=href, style=style) for line in flow.lines)
            out.append(f"<p{style('p')}>{lines}</p>")
        else:
            tag = "ol" if flow.is_numbered else "ul"
            items = "".join(
                f"<li{style('li')}>{line_to_html(item, href=href, style=style)}</li>" for item in flow.items
            )
            out.append(f"<{tag}{style(tag)}>{items}</{tag}>")
    return "".join(out)


def line_to_html(line: Line, *, href: Callable[[Anchor], str], style: Callable[[str], str]) -> str:
    out: list[str] = []
    for span in line:
        if isinstance(span, Words):
            out.append(quoted(span.text))
        elif isinstance(span, Merge):
            out.append(span.source)
        elif isinstance(span, Strong):
            out.append(f"<b>{line_to_html(span.inside, href=href, style=style)}</b>")
        else:
            inside = line_to_html(span.label, href=href, style=style)
            out.append(f'<a href="{href(span)}"{style("a")}>{inside}</a>')
    return "".join(out)


def to_text(flows: Iterable[Flow], *, href: Callable[[Anchor], str]) -> str:
    """The same words without markup; a link's address stands below the line that names it."""
    out: list[str] = []
    for flow in flows:
        if isinstance(flow, Control):
            out.append(flow.source)
        elif isinstance(flow, Paragraph):
            out.append("\n".join(_line_with_addresses(line, href) for line in flow.lines) + "\n\n")
        else:
            marks = (f"{n}. " if flow.is_numbered else "・" for n in range(1, len(flow.items) + 1))
            lines = [
                mark + _line_with_addresses(item, href) for mark, item in zip(marks, flow.items, strict=True)
            ]
            out.append("\n".join(lines) + "\n\n")
    return "".join(out)


def line_to_text(line: Line) -> str:
    """Words and merge fields of one line; braces that are no merge field as Liquid literals."""
    out: list[str] = []
    for span in line:
        if isinstance(span, Words):
            out.append(_with_safe_braces(span.text))
        elif isinstance(span, Merge):
            out.append(span.source)
        else:
            out.append(line_to_text(span.inside if isinstance(span, Strong) else span.label))
    return "".join(out)


def quoted(text: str) -> str:
    """For HTML text and quoted attributes, braces encoded so that Liquid never sees them."""
    return escape(text).replace("{", "&#123;").replace("}", "&#125;")


def _line_with_addresses(line: Line, href: Callable[[Anchor], str]) -> str:
    addresses = [href(anchor) for anchor in _anchors(line) if not _is_bare(anchor)]
    bare = tuple(Merge(href(span)) if isinstance(span, Anchor) and _is_bare(span) else span for span in line)
    return "\n".join([line_to_text(bare), *addresses])


def _is_bare(anchor: Anchor) -> bool:
    return label(anchor.label) == anchor.url


def _anchors(line: Line) -> Iterator[Anchor]:
    for span in line:
        if isinstance(span, Anchor):
            yield span
        elif isinstance(span, Strong):
            yield from _anchors(span.inside)


def _with_safe_braces(text: str) -> str:
    return re.sub(r"[{}]", lambda found: "{{ '" + found.group() + "' }}", text)


def _set_aside(text: str, with_merge: bool) -> tuple[str, list[str]]:
    text = _MARK.sub("", text)
    if not with_merge:
        return text, []
    merges: list[str] = []
    out: list[str] = []
    for piece in liquid.pieces(text):
        if piece.kind in ("output", "tag") and len(merges) <= _LAST_MARK - _FIRST_MARK:
            out.append(chr(_FIRST_MARK + len(merges)))
            merges.append(piece.source)
        else:
            out.append(piece.source)
    return "".join(out), merges


def _flows(lines: list[str], merges: list[str]) -> Iterator[Flow]:
    gathered: list[Line] = []
    items: list[Line] = []
    is_numbered = False

    def flush() -> Iterator[Flow]:
        nonlocal gathered, items
        if gathered:
            yield Paragraph(tuple(gathered))
        if items:
            yield Listing(tuple(items), is_numbered)
        gathered, items = [], []

    number = 0
    for line in lines:
        number += 1
        stripped = line.strip(" \t\u3000")
        item = _ITEM.fullmatch(stripped)
        if not stripped:
            yield from flush()
        elif _is_control(stripped, merges):
            yield from flush()
            yield Control(_restored(stripped, merges))
        elif item:
            numbered = item[1] is None
            if gathered or (items and numbered is not is_numbered):
                yield from flush()
            is_numbered = numbered
            items.append(_spans(item[2] if numbered else item[1], merges, number))
        else:
            if items:
                yield from flush()
            gathered.append(_spans(line.rstrip(), merges, number))
        number += _restored(line, merges).count("\n")
    yield from flush()


def _is_control(line: str, merges: list[str]) -> bool:
    return all(
        _MARK.match(mark) is not None and merges[ord(mark) - _FIRST_MARK].startswith("{%")
        for mark in line.replace(" ", "")
    )


def _restored(text: str, merges: list[str]) -> str:
    return _MARK.sub(lambda found: merges[ord(found.group()) - _FIRST_MARK], text)


def _spans(text: str, merges: list[str], line: int, *, links: bool = True) -> Line:
    out: list[Span] = []
    start = 0
    for found in _SPAN.finditer(text):
        if not links and (found["url"] or found["bare"]):
            continue
        out += _words(text[start : found.start()], merges)
        start = found.end()
        if found["literal"]:
            out.append(Words(found["literal"]))
        elif found["strong"]:
            out.append(Strong(_spans(found["strong"], merges, line, links=links)))
        elif found["url"]:
            inside = _spans(found["label"], merges, line, links=False)
            out.append(Anchor(inside, _restored(found["url"], merges), line))
        else:
            address = _restored(found["bare"], merges)
            out.append(Anchor((Words(address),), address, line))
    out += _words(text[start:], merges)
    return tuple(out)


def _words(text: str, merges: list[str]) -> Iterator[Span]:
    start = 0
    for mark in _MARK.finditer(text):
        if mark.start() > start:
            yield Words(text[start : mark.start()])
        yield Merge(merges[ord(mark.group()) - _FIRST_MARK])
        start = mark.end()
    if start < len(text):
        yield Words(text[start:])
