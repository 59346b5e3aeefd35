"""A condition as text, to be copied from one place and pasted into another."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from django.utils.translation import gettext as _

from tabiji.audiences.public import conditions, sources

LONGEST: Final = 100_000
"""Bytes of a pasted text."""
_NAME: Final = "ref_name"
"""Beside `ref`, for readers only: what is meant is the number."""


def written(data: Mapping[str, Any]) -> str:
    """The condition as people copy it, with the names of what it refers to."""
    return json.dumps(_named(dict(data)), ensure_ascii=False, indent=2)


def read(text: str) -> dict[str, Any]:
    """The condition that was pasted, with or without names, also inside {"condition": …}.

    Raises BadCondition with the place in the tree and what is wrong there.
    """
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise conditions.BadCondition("", _("The text is too long: 100 kB at the most."))
    try:
        found = json.loads(text, parse_constant=_refuse)
        json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise conditions.BadCondition(
            "", _("This is not the text of a condition: line %(line)d, letter %(column)d.") % where
        ) from None
    except (ValueError, RecursionError):
        raise conditions.BadCondition("", _("This is not the text of a condition.")) from None
    if isinstance(found, dict) and "kind" not in found and isinstance(found.get("condition"), dict):
        found = found["condition"]
    if "\\u0000" in json.dumps(found):
        raise conditions.BadCondition("", _("This is not the text of a condition."))
    return conditions.parse(_nameless(found)).data()


def said(error: conditions.BadCondition) -> str:
    """Where in the tree, and what."""
    where = place_in_words(error.path)
    return _("%(where)s: %(why)s") % {"where": where, "why": error.why} if where else error.why


def place_in_words(path: str) -> str:
    """`of.1.of.0.steps.2.op` as people count: condition 2 › condition 1 › step 3 › op."""
    steps = []
    for found in re.finditer(r"(of|steps|where|without|old|new|value)\.(\d+)|([^.]+)", path):
        if found[1]:
            patterns = {"of": _("condition %(n)d"), "steps": _("step %(n)d"), "where": _("filter %(n)d")}
            steps.append(patterns.get(found[1], found[1] + " %(n)d") % {"n": int(found[2]) + 1})
        else:
            steps.append(found[3])
    return " › ".join(steps)


def _named(node: Any) -> Any:
    if isinstance(node, list):
        return [_named(one) for one in node]
    if not isinstance(node, dict):
        return node
    shown = {}
    for key, value in node.items():
        shown[key] = _named(value)
        if key == "ref" and (name := _name_of(node)):
            shown[_NAME] = name
    return shown


def _name_of(node: Mapping[str, Any]) -> str:
    source = sources.registry.find(str(node.get("change") or node.get("of")))
    ref = node.get("ref")
    return str(source.names([ref]).get(ref, "")) if source and source.names and isinstance(ref, str) else ""


def _nameless(node: Any, depth: int = 0) -> Any:
    """Without the names; what is deeper than any condition is left for its reader to refuse."""
    if depth > 2 * conditions.MAX_DEPTH + 4:
        return node
    if isinstance(node, list):
        return [_nameless(one, depth + 1) for one in node]
    if isinstance(node, dict):
        return {key: _nameless(value, depth + 1) for key, value in node.items() if key != _NAME}
    return node


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
