"""From a document to the templates of one mail version: markup by MJML, and its plain-text twin.

MJML lays out an empty shell with a marker where words belong; the words come in afterwards, so that
no text of a person passes through MJML. Styles stand in the elements already: inlining the rest
(resets for old Outlook) made mails a fifth larger and changed no client's picture, so it is left out.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from django.utils.translation import gettext, override
from mjml import mjml2html

from tabiji.content import inline
from tabiji.content.contracts import Brand, Language, Link, LinkKind
from tabiji.content.documents import (
    Block,
    Button,
    Columns,
    Divider,
    Document,
    Footer,
    Heading,
    Image,
    Spacer,
    Text,
)
from tabiji.content.inline import Anchor

FONT: Final = "'Hiragino Sans','Noto Sans JP','Yu Gothic UI','Yu Gothic',Meiryo,'Segoe UI',sans-serif"
INK: Final = "#1f2a33"
QUIET: Final = "#56636d"
RULE: Final = "#e4dfd4"
_SIZES: Final = {1: 24, 2: 19, 3: 16}
_MARKER: Final = re.compile(r"TBJ(\d+)X")
_EDGE: Final = "24px"


@dataclass(frozen=True, slots=True)
class Composed:
    """Liquid templates and the links that they name as `link_1`, `link_2`, …"""

    html: str
    text: str
    links: tuple[Link, ...]


def compose(
    document: Document, *, subject: str, preheader: str, brand: Brand, language: Language
) -> Composed:
    """The templates of a document without problems. Labels of the footer are in the mail's language."""
    with override(language):
        return _Composer(brand, language).compose(document, subject, preheader)


@dataclass(slots=True)
class _Composer:
    brand: Brand
    language: Language
    links: list[Link] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def compose(self, document: Document, subject: str, preheader: str) -> Composed:
        head = self._head(subject, preheader)
        body = self._header() + "".join(self._sections(document.blocks))
        shell = mjml2html(
            f'<mjml lang="{self.language}">{head}'
            f'<mj-body width="600px" background-color="{self.brand.ground_colour}">{body}</mj-body></mjml>',
            fonts={},
        )
        html = _MARKER.sub(lambda found: self.words[int(found[1])], shell)
        text = re.sub(r"\n{3,}", "\n\n", "".join(self.text)).strip("\n") + "\n"
        return Composed(html, text, tuple(self.links))

    def _head(self, subject: str, preheader: str) -> str:
        title = self._put(inline.line_to_html(inline.spans(subject), href=self._href, style=_plain))
        preview = inline.line_to_html(inline.spans(preheader), href=self._href, style=_plain)
        shown = f"<mj-preview>{self._put(preview)}</mj-preview>" if preview else ""
        return (
            f'<mj-head><mj-title>{title}</mj-title>{shown}<mj-attributes><mj-all font-family="{FONT}" />'
            f'<mj-text font-size="15px" line-height="1.85" color="{INK}" padding="0 {_EDGE} 4px" />'
            "</mj-attributes></mj-head>"
        )

    def _header(self) -> str:
        brand = self.brand
        if brand.logo_url:
            source, alt = self._put(inline.quoted(brand.logo_url)), self._put(inline.quoted(brand.logo_text))
            logo = f'<mj-image src="{source}" alt="{alt}" width="160px" align="left" padding="0 {_EDGE}" />'
        else:
            words = self._put(inline.quoted(brand.logo_text))
            logo = (
                f'<mj-text font-size="17px" font-weight="700" color="{brand.main_colour}" padding="0 {_EDGE}">'
                f"{words}</mj-text>"
            )
        return (
            f'<mj-section padding="20px 0 12px"><mj-column>{logo}</mj-column></mj-section>'
            '<mj-section background-color="#ffffff" padding="0"><mj-column><mj-spacer height="24px" />'
            "</mj-column></mj-section>"
        )

    def _sections(self, blocks: Iterable[Block]) -> Iterator[str]:
        """Neighbours share a section: each one costs a kilobyte of tables."""
        for is_simple, group in itertools.groupby(
            blocks, lambda block: not isinstance(block, Columns | Footer)
        ):
            if is_simple:
                yield _section("<mj-column>" + "".join(map(self._simple, group)) + "</mj-column>")
            else:
                yield from map(self._wide, group)

    def _wide(self, block: Block) -> str:
        if not isinstance(block, Columns):
            return self._footer()
        return _section(
            "".join(
                f'<mj-column padding="4px 0">{"".join(map(self._simple, column))}</mj-column>'
                for column in block.columns
            )
        )

    def _simple(self, block: Block) -> str:
        if isinstance(block, Heading):
            return self._heading(block)
        if isinstance(block, Text):
            return self._text(block)
        if isinstance(block, Button):
            return self._button(block)
        if isinstance(block, Image):
            return self._image(block)
        if isinstance(block, Divider):
            self.text.append("――――――――――――\n\n")
            return f'<mj-divider border-color="{RULE}" border-width="1px" padding="12px {_EDGE}" />'
        if isinstance(block, Spacer):
            return f'<mj-spacer height="{block.height}px" />'
        return ""

    def _heading(self, block: Heading) -> str:
        line = inline.spans(block.text)
        self.text.append(f"■ {inline.line_to_text(line)}\n\n")
        words = inline.line_to_html(line, href=self._href, style=_plain)
        size = _SIZES[block.level]
        style = f"margin:0;font-size:{size}px;line-height:1.5;font-weight:700;color:{INK}"
        put = self._put(f'<h{block.level} style="{style}">{words}</h{block.level}>')
        return f'<mj-text align="{block.align}" padding="12px {_EDGE} 8px">{put}</mj-text>'

    def _text(self, block: Text) -> str:
        flows = inline.parse(block.text)
        # Once for both: the numbers of the links are given here, in the order of reading.
        targets = {
            id(anchor): self._link(anchor.url, inline.label(anchor.label)) for anchor in inline.anchors(flows)
        }
        words = inline.to_html(flows, href=lambda one: targets[id(one)].attribute, style=self._style)
        self.text.append(inline.to_text(flows, href=lambda one: targets[id(one)].text))
        return f'<mj-text align="{block.align}">{self._put(words)}</mj-text>'

    def _button(self, block: Button) -> str:
        line = inline.spans(block.label)
        target = self._link(block.url, inline.label(line))
        self.text.append(f"▼ {inline.line_to_text(line)}\n{target.text}\n\n")
        words = self._put(inline.line_to_html(line, href=self._href, style=_plain))
        return (
            f'<mj-button href="{self._put(target.attribute)}" align="{block.align}" font-size="16px"'
            f' font-weight="700" line-height="1.5" inner-padding="14px 34px" border-radius="8px"'
            f' background-color="{self.brand.main_colour}" color="#ffffff" padding="12px {_EDGE} 20px">'
            f"{words}</mj-button>"
        )

    def _image(self, block: Image) -> str:
        alt = inline.quoted(block.alt)
        href = ""
        if block.url:
            target = self._link(block.url, block.alt)
            href = f' href="{self._put(target.attribute)}"'
            self.text.append(f"▼ {inline.line_to_text(inline.spans(block.alt))}\n{target.text}\n\n")
        return (
            f'<mj-image src="{self._put(inline.quoted(block.source))}" alt="{self._put(alt)}"'
            f' width="{block.width}px"{href} padding="8px {_EDGE}" />'
        )

    def _footer(self) -> str:
        preferences = self._link("", gettext("Mail settings"), LinkKind.PREFERENCES)
        unsubscribe = self._link("", gettext("Unsubscribe"), LinkKind.UNSUBSCRIBE)
        links = [(gettext("Mail settings"), preferences), (gettext("Unsubscribe"), unsubscribe)]
        if self.brand.policy_url:
            policy = self._link(self.brand.policy_url, gettext("Privacy policy"), LinkKind.LEGAL)
            links.append((gettext("Privacy policy"), policy))
        contact = gettext("Questions")
        self.text.append(
            "\n――――――――――――\n{{ sender.company }}\n"
            "{% if sender.name != sender.company %}{{ sender.name }}\n{% endif %}"
            "{{ sender.address }}\n" + contact + ": {{ sender.contact }}\n"
        )
        self.text += [f"{label}: {target.text}\n" for label, target in links]
        style = f' style="color:{QUIET};text-decoration:underline"'
        anchors = "&nbsp;&nbsp;".join(
            f'<a href="{target.attribute}"{style}>{inline.quoted(label)}</a>' for label, target in links
        )
        words = self._put(
            "{{ sender.company }}{% if sender.name != sender.company %}<br>{{ sender.name }}{% endif %}<br>"
            "{{ sender.address }}<br>" + inline.quoted(contact) + ": {{ sender.contact }}<br>" + anchors
        )
        return (
            '<mj-section padding="20px 0"><mj-column>'
            f'<mj-text font-size="12px" line-height="1.8" color="{QUIET}">{words}</mj-text>'
            "</mj-column></mj-section>"
        )

    def _link(self, url: str, label: str, kind: LinkKind = LinkKind.CONTENT) -> _Target:
        if url.startswith(("mailto:", "tel:")):
            return _Target(inline.quoted(url), url.partition(":")[2])
        number = len(self.links) + 1
        self.links.append(Link(number, url, kind, label[:200]))
        name = "{{ link_" + str(number) + " }}"
        return _Target(name, name)

    def _style(self, tag: str) -> str:
        return {
            "p": ' style="margin:0 0 16px"',
            "ul": ' style="margin:0 0 16px;padding-left:22px"',
            "ol": ' style="margin:0 0 16px;padding-left:26px"',
            "li": ' style="margin:0 0 4px"',
            "a": f' target="_blank" style="color:{self.brand.main_colour};text-decoration:underline"',
        }[tag]

    def _href(self, anchor: Anchor) -> str:
        raise AssertionError("a line has no links")

    def _put(self, words: str) -> str:
        """A marker for these words, which may stand in MJML's text and attributes."""
        self.words.append(words)
        return f"TBJ{len(self.words) - 1}X"


@dataclass(frozen=True, slots=True)
class _Target:
    """How a link's address stands in an attribute, and in plain text."""

    attribute: str
    text: str


def _section(inside: str) -> str:
    return f'<mj-section background-color="#ffffff" padding="0">{inside}</mj-section>'


_plain: Final[Callable[[str], str]] = lambda tag: ""  # noqa: E731
