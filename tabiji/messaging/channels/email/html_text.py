"""Rough plain text of an HTML mail that somebody else wrote."""

import html
import re
from typing import Final

# What a "<" opens, and how it ends; all else ends with ">".
_ENDS: Final = {
    "!--": re.compile("-->"),
    "script": re.compile("</script", re.I),
    "style": re.compile("</style", re.I),
}
_END_OF_TAG: Final = re.compile(">")
_BREAKING: Final = ("br", "p", "/p", "div", "/div", "tr", "li", "h")


def words_of(markup: str) -> str:
    """The words of the markup with line breaks where blocks begin. One pass, linear in time.

    Patterns over tags that are never closed, and `html.parser` of Python 3.11, take quadratic time.
    """
    out: list[str] = []
    missing: set[re.Pattern[str]] = set()
    position = 0
    while (start := markup.find("<", position)) >= 0:
        out.append(markup[position:start])
        name = markup[start + 1 : start + 8].lower()
        ending = next((end for opening, end in _ENDS.items() if name.startswith(opening)), _END_OF_TAG)
        end = None if ending in missing else ending.search(markup, start)
        if end is None:
            missing.add(ending)
            position = start + 1
            continue
        after = markup.find(">", end.end() - 1)
        position = len(markup) if after < 0 else after + 1
        if name.startswith(_BREAKING):
            out.append("\n")
    out.append(markup[position:])
    lines = (" ".join(line.split()) for line in html.unescape("".join(out)).splitlines())
    return "\n".join(line for line in lines if line)
