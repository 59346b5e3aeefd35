"""Lines about where the person stands: score, stage, lists, audiences, consent, holds, sales; and about
today, samples and everyone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from tabiji.audiences.public import conditions, sources
from tabiji.web.components import condition_comparing as comparing
from tabiji.web.components import condition_gaps as gaps
from tabiji.web.components.condition_comparing import Comparison
from tabiji.web.components.condition_gaps import Kind, Known, Option, Part, Piece, Values

# -- score, stage, consent and sales ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Standing:
    """A value that is compared: one of its words by `ops`, or the number beside it by `numbers`."""

    of: str
    label: Any
    ops: Sequence[str]
    numbers: Sequence[str] = ()
    refs: Callable[[Known, str], list[Option]] | None = None
    """Which ones can be asked, the chosen one among them; without, the line is about any."""

    def values(self, leaf: Any, known: Known) -> dict[str, str] | None:
        if not isinstance(leaf, conditions.Value) or leaf.of != self.of or leaf.op not in self._offered:
            return None
        if leaf.ref is not None and self.refs is None:
            return None
        ref = {"ref": leaf.ref} if leaf.ref is not None else {}
        return {**ref, "op": leaf.op, **comparing.values(self._compared(leaf.op, known), leaf.value)}

    def leaf(self, values: Values, known: Known) -> dict[str, Any]:
        op = values.get("op", self.ops[0])
        # In a line that was drawn, no box ticked is no answer: the first of the words would widen it.
        written = values if "op" in values else self._begun(values, known)
        value = comparing.operand(self._compared(op, known), written)
        return {
            "kind": "value",
            "of": self.of,
            **({"ref": self._ref(values, known)} if self.refs else {}),
            "op": op,
            **({} if value is None else {"value": value}),
        }

    def parts(self, values: Values, known: Known) -> list[Part]:
        op = values.get("op", self.ops[0])
        compared = self._compared(op, known)
        said = _("The amount: %(of)s") % {"of": self.label} if op in self.numbers else str(self.label)
        drawn = {"field": Piece(text=said)}
        if self.refs:
            ref = self._ref(values, known)
            drawn["field"] = gaps.select("ref", _("Which one"), ref, self.refs(known, ref))
        offered = comparing.labels([name for name in comparing.LABELS if name in self._offered])
        drawn["op"] = gaps.select("op", _("How it is compared"), op, offered, is_turning=True)
        drawn |= comparing.pieces(compared, self._begun(values, known))
        return [Part(gaps.cut(comparing.pattern(compared), drawn))]

    @property
    def _offered(self) -> tuple[str, ...]:
        return (*self.ops, *self.numbers)

    def _compared(self, op: str, known: Known) -> Comparison:
        if self.of == "score" or op in self.numbers:
            return Comparison(op, comparing.NUMBER)
        return Comparison(op, comparing.TEXT, self._words(known))

    def _words(self, known: Known) -> list[Option]:
        return known.stages if self.of == "stage" else known.words(self.of)

    def _ref(self, values: Values, known: Known) -> str:
        assert self.refs is not None
        return values.get("ref") or next((key for key, _name in self.refs(known, "")), "-")

    def _begun(self, values: Values, known: Known) -> Values:
        """The gaps of a new line: the usual score, the first of the words."""
        if "value" in values or gaps.checked(values, "value"):
            return values
        first = "40" if self.of == "score" else next((key for key, _label in self._words(known)), "-")
        return {**values, "value": first}


def _standing_kind(standing: _Standing) -> Kind:
    return Kind(standing.of, standing.label, standing.values, standing.leaf, standing.parts)


def _consents(known: Known, chosen: str) -> list[Option]:
    """Consent for marketing by channel; a topic of one's own where it was said."""
    offered = list(known.consents)
    if chosen and chosen not in dict(offered):
        source = sources.registry.get("consent")
        offered += (source.names([chosen]) if source.names else {}).items()
    return [(ref, _("Consent: %(channel)s") % {"channel": name}) for ref, name in offered]


# -- lists, audiences and holds -----------------------------------------------------------------


def _member_kind(of: str, label: Any, named: Callable[[Known], list[Option]], said: Any, which: Any) -> Kind:
    def values(leaf: Any, known: Known) -> dict[str, str] | None:
        if not isinstance(leaf, conditions.Value) or leaf.of != of or leaf.op not in ("member", "not_member"):
            return None
        return {"ref": leaf.ref or "", "op": leaf.op}

    def leaf(values: Values, known: Known) -> dict[str, Any]:
        ref = values.get("ref") or next((key for key, _name in named(known)), "0")
        return {"kind": "value", "of": of, "ref": ref, "op": _membership(values)}

    def parts(values: Values, known: Known) -> list[Part]:
        options = [("member", pgettext("member", "in")), ("not_member", pgettext("member", "not in"))]
        drawn = {
            "ref": gaps.select("ref", str(which), values.get("ref", ""), named(known)),
            "op": gaps.select("op", _("In or not in"), _membership(values), options),
        }
        return [Part(gaps.cut(str(said), drawn))]

    return Kind(of, label, values, leaf, parts)


def _membership(values: Values) -> str:
    return "not_member" if values.get("op") == "not_member" else "member"


def _hold_values(leaf: Any, known: Known) -> dict[str, str] | None:
    # By whom selling is stopped is no name that people know: a line about one of them is only shown.
    is_hold = isinstance(leaf, conditions.Value) and leaf.of == "hold" and leaf.ref is None
    return {"op": leaf.op} if is_hold and leaf.op in ("member", "not_member") else None


def _hold_leaf(values: Values, known: Known) -> dict[str, Any]:
    return {"kind": "value", "of": "hold", "op": _membership(values)}


def _hold_parts(values: Values, known: Known) -> list[Part]:
    options = [("member", pgettext("hold", "is stopped")), ("not_member", pgettext("hold", "is not stopped"))]
    drawn = {"op": gaps.select("op", _("Stopped or not"), _membership(values), options)}
    return [Part(gaps.cut(_("Selling to the person %(op)s"), drawn))]


# -- samples, days and everyone -----------------------------------------------------------------


def _sample_values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Sample):
        return None
    return {"percent": gaps.as_text(leaf.percent), "seed": leaf.seed}


def _sample_leaf(values: Values, known: Known) -> dict[str, Any]:
    percent = gaps.as_number(values.get("percent", "10"), "percent")
    return {"kind": "sample", "percent": percent, "seed": values.get("seed", "A")}


def _sample_parts(values: Values, known: Known) -> list[Part]:
    drawn = {
        "percent": gaps.number("percent", _("How many percent"), values.get("percent", "10")),
        "seed": gaps.text("seed", _("Name of the sample"), values.get("seed", "A")),
    }
    return [Part(gaps.cut(_("In the sample %(seed)s of %(percent)s percent of all"), drawn))]


def _today_values(leaf: Any, known: Known) -> dict[str, str] | None:
    return {"is": leaf.is_} if isinstance(leaf, conditions.Today) else None


def _today_leaf(values: Values, known: Known) -> dict[str, Any]:
    return {"kind": "today", "is": "day_off" if values.get("is") == "day_off" else "business_day"}


def _today_parts(values: Values, known: Known) -> list[Part]:
    options = [("business_day", _("a business day")), ("day_off", _("a day off"))]
    drawn = {"is": gaps.select("is", _("Kind of day"), values.get("is", "business_day"), options)}
    return [Part(gaps.cut(_("Today is %(is)s"), drawn))]


def _everyone_values(leaf: Any, known: Known) -> dict[str, str] | None:
    return {} if isinstance(leaf, conditions.Everyone) else None


_WORDS: Final = ("is", "is_not", "in", "not_in", "is_empty", "is_not_empty")
_NUMBERS: Final = ("gte", "lt", "gt", "lte", "is", "is_not", "between", "in", "not_in")
_AMOUNTS: Final = ("gte", "lt", "gt", "lte", "between")
STANDING = (
    _standing_kind(_Standing("score", gettext_lazy("The score"), _NUMBERS)),
    _standing_kind(_Standing("stage", gettext_lazy("The stage"), _WORDS)),
    _member_kind(
        "list",
        gettext_lazy("A static list"),
        lambda known: known.lists,
        gettext_lazy("The person is %(op)s the list %(ref)s"),
        gettext_lazy("Which list"),
    ),
    _member_kind(
        "audience",
        gettext_lazy("An audience"),
        lambda known: known.audiences,
        gettext_lazy("The person is %(op)s the audience %(ref)s"),
        gettext_lazy("Which audience"),
    ),
    _standing_kind(_Standing("consent", gettext_lazy("Consent"), _WORDS, refs=_consents)),
    Kind("hold", gettext_lazy("A hold"), _hold_values, _hold_leaf, _hold_parts),
    _standing_kind(_Standing("hand_over", gettext_lazy("A hand-over"), _WORDS)),
    _standing_kind(_Standing("appointment", gettext_lazy("An appointment"), _WORDS)),
    _standing_kind(_Standing("deal", gettext_lazy("A deal"), _WORDS, _AMOUNTS)),
)
GENERAL = (
    Kind("sample", gettext_lazy("A sample"), _sample_values, _sample_leaf, _sample_parts),
    Kind("today", gettext_lazy("The day today"), _today_values, _today_leaf, _today_parts),
    Kind(
        "everyone",
        gettext_lazy("Everyone"),
        _everyone_values,
        lambda values, known: {"kind": "everyone"},
        lambda values, known: [Part([Piece(text=_("Everyone"))])],
    ),
)
