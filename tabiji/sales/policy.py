"""How this workspace sells: hours to accept, the hold while sales is at work, lines of business, phases."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, workspace


class BadPolicy(ValueError):
    """A setting of sales that cannot be: (setting, what was wrong). Nothing was changed."""

    def __init__(self, setting: str, why: str) -> None:
        super().__init__(f"{setting}: {why}")
        self.setting = setting
        self.why = why


class UnknownWord(LookupError):
    """No phase, or no line of business, of this key exists here."""


@dataclass(frozen=True, slots=True)
class Policy:
    """accept_hours: open business hours until a hand-over should be accepted; hold_marketing: whether
    marketing mails stop from 受け取る until the deal closes; phases, lines: (key, label) in order;
    packet_fields: fields shown in a packet, empty for every one of the workspace's own."""

    accept_hours: float = 4.0
    hold_marketing: bool = True
    phases: tuple[tuple[str, str], ...] = ()
    lines: tuple[tuple[str, str], ...] = ()
    packet_fields: tuple[str, ...] = ()

    def phase_label(self, key: str) -> str:
        return dict(self.phases).get(key, key)

    def line_label(self, key: str) -> str:
        return dict(self.lines).get(key, key)

    def check_phase(self, key: str) -> None:
        """Raises UnknownWord."""
        if key not in dict(self.phases):
            raise UnknownWord(f"there is no deal phase {key!r}; known: {', '.join(dict(self.phases))}")

    def check_line(self, key: str) -> None:
        """Raises UnknownWord."""
        if key not in dict(self.lines):
            raise UnknownWord(f"there is no line of business {key!r}; known: {', '.join(dict(self.lines))}")


def current() -> Policy:
    """The policy of the open scope; what was never set has its usual value, in the active language."""
    stated = workspace.current().settings.get("sales", {})
    return Policy(
        float(stated.get("accept_hours", 4.0)),
        bool(stated.get("hold_marketing", True)),
        _pairs(stated.get("phases")) or tuple((key, str(label)) for key, label in _USUAL_PHASES),
        _pairs(stated.get("lines")) or (("main", str(_("Sales"))),),
        tuple(stated.get("packet_fields", ())),
    )


def set_policy(policy: Policy, *, actor: Actor) -> None:
    """Keep this policy; audited. Raises BadPolicy."""
    if not 0 < policy.accept_hours <= 1_000:
        raise BadPolicy("accept_hours", str(_("give a number of hours above zero")))
    for name in ("phases", "lines"):
        _check_pairs(name, getattr(policy, name))
    stated = asdict(policy)
    workspace.update_settings(sales=stated)
    audit.record(actor, "change", "sales_policy", values=stated)


def _pairs(stated: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), str(label)) for key, label in stated or ())


def _check_pairs(name: str, pairs: tuple[tuple[str, str], ...]) -> None:
    keys = [key for key, _label in pairs]
    if not keys:
        raise BadPolicy(name, str(_("name at least one")))
    if len(set(keys)) != len(keys):
        raise BadPolicy(name, str(_("every key may stand there once")))
    for key, label in pairs:
        if not key or len(key) > 40 or not key.isascii() or key in _TAKEN or not label.strip():
            raise BadPolicy(name, str(_("a key has 1 to 40 plain letters, a label at least one")))


_TAKEN: Final = frozenset({"won", "lost"})
_USUAL_PHASES: Final = (
    ("meeting", _("First meeting")),
    ("proposal", _("Proposal")),
    ("quote", _("Quotation")),
    ("closing", _("Closing")),
)
