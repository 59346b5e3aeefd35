"""The journeys of the demo company as graphs. Pure: ids come in, dictionaries go out."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

Graph = dict[str, Any]
SPLIT: Final = "split"
BRANCH: Final = "branch"
CLICKED: Final = "clicked"
ENGLISH: Final = "english"
APPOINTMENT: Final = "appointment"
FIRST_ORDER: Final = "first_order"


def follow_up(
    *, form_id: int, initiative_id: int, case_id: int, basics_id: int, labels: tuple[str, str, str]
) -> Graph:
    """Three business days, then the case mail for those who clicked, else the basics. labels: question, yes, no."""
    clicked = {
        "version": 1,
        "kind": "event",
        "name": "click_judged",
        "where": [
            {"prop": "props.verdict", "op": "is", "value": "human"},
            {"prop": "props.link_kind", "op": "is", "value": "content"},
            {"prop": "props.initiative_id", "op": "is", "value": initiative_id},
        ],
        "window": {"kind": "since_entry"},
    }
    question, yes, no = labels
    return _graph(
        [{"kind": "form", "form_id": form_id}],
        [
            _node("wait", "wait", kind="business_days", amount=3, at="10:00"),
            _node(
                BRANCH,
                "branch",
                question=question,
                arms=[{"port": CLICKED, "label": yes, "condition": clicked}],
                else_label=no,
            ),
            _node("case", "send", mail_id=case_id),
            _node("basics", "send", mail_id=basics_id),
            _node("goal", "goal", wait_days=7),
        ],
        [
            ("wait", "next", BRANCH),
            (BRANCH, CLICKED, "case"),
            (BRANCH, "else", "basics"),
            ("case", "next", "goal"),
            ("basics", "next", "goal"),
        ],
        goal=APPOINTMENT,
    )


def follow_up_of_last_year(*, form_id: int, basics_id: int) -> Graph:
    """The first version: everybody the basics, the next business day."""
    return _chain(
        [{"kind": "form", "form_id": form_id}],
        _node("wait", "wait", kind="business_days", amount=1, at="10:00"),
        _node("basics", "send", mail_id=basics_id),
        _node("goal", "goal", wait_days=7),
        goal=APPOINTMENT,
    )


def time_test(*, audience_id: int, mail_id: int, key: str, labels: tuple[str, str]) -> Graph:
    """One mail, at eight in the morning or at eight in the evening. key: of the split, for ever."""
    return _graph(
        [{"kind": "audience", "audience_id": audience_id}],
        [
            _split(key, ("morning", labels[0]), ("evening", labels[1])),
            _node("eight", "wait", kind="until_hour", at="08:00"),
            _node("twenty", "wait", kind="until_hour", at="20:00"),
            _node("send-eight", "send", mail_id=mail_id),
            _node("send-twenty", "send", mail_id=mail_id),
            _node("goal", "goal", wait_days=14),
        ],
        [
            (SPLIT, "morning", "eight"),
            (SPLIT, "evening", "twenty"),
            ("eight", "next", "send-eight"),
            ("twenty", "next", "send-twenty"),
            ("send-eight", "next", "goal"),
            ("send-twenty", "next", "goal"),
        ],
        goal=APPOINTMENT,
    )


def thanks_test(*, event: str, plain_id: int, question_id: int, key: str, labels: tuple[str, str]) -> Graph:
    """Two subject lines for the guests of the seminar, the morning after."""
    return _graph(
        [_event(event)],
        [
            _node("morning", "wait", kind="until_hour", at="10:00"),
            _split(key, ("plain", labels[0]), ("question", labels[1])),
            _node("send-plain", "send", mail_id=plain_id),
            _node("send-question", "send", mail_id=question_id),
            _node("goal", "goal", wait_days=14),
        ],
        [
            ("morning", "next", SPLIT),
            (SPLIT, "plain", "send-plain"),
            (SPLIT, "question", "send-question"),
            ("send-plain", "next", "goal"),
            ("send-question", "next", "goal"),
        ],
        goal=APPOINTMENT,
    )


def seminar_applied(*, event: str, mail_id: int) -> Graph:
    return _chain(
        [_event(event)],
        _node("send", "send", mail_id=mail_id),
        _node("goal", "goal", wait_days=14),
        goal=APPOINTMENT,
    )


def newsletter(*, mail_id: int) -> Graph:
    """The forgotten one."""
    return _chain(
        [_event("newsletter_signed_up")], _node("send", "send", mail_id=mail_id), _node("end", "exit")
    )


def welcome_freelancers(*, tips_id: int, english_id: int, labels: tuple[str, str, str, str]) -> Graph:
    """Three days after signing up; one of its arms nobody has taken for long. labels: question, three arms."""
    question, english, done, empty = labels
    return _graph(
        [_event("signed_up", role="freelancer")],
        [
            _node("wait", "wait", kind="days", amount=3),
            _node(
                BRANCH,
                "branch",
                question=question,
                arms=[
                    {"port": ENGLISH, "label": english, "condition": _since_entry("language_set_to_english")},
                    {"port": "done", "label": done, "condition": _since_entry("profile_changed")},
                ],
                else_label=empty,
            ),
            _node("english-guide", "send", mail_id=english_id),
            _node("tips", "send", mail_id=tips_id),
            _node("end", "exit"),
        ],
        [
            ("wait", "next", BRANCH),
            (BRANCH, ENGLISH, "english-guide"),
            (BRANCH, "done", "end"),
            (BRANCH, "else", "tips"),
            ("english-guide", "next", "end"),
            ("tips", "next", "end"),
        ],
    )


def first_order(*, mail_id: int) -> Graph:
    return _chain(
        [_event("signed_up", role="client")],
        _node("wait", "wait", kind="business_days", amount=5, at="10:00"),
        _node("guide", "send", mail_id=mail_id),
        _node("goal", "goal", wait_days=14),
        goal=FIRST_ORDER,
    )


def cards(*, audience_id: int, mail_id: int) -> Graph:
    return _chain(
        [{"kind": "audience", "audience_id": audience_id}],
        _node("wait", "wait", kind="business_days", amount=1, at="10:00"),
        _node("thanks", "send", mail_id=mail_id),
        _node("goal", "goal", wait_days=30),
        goal=APPOINTMENT,
    )


def wake(*, audience_id: int, mail_id: int) -> Graph:
    return _chain(
        [{"kind": "audience", "audience_id": audience_id}],
        _node("send", "send", mail_id=mail_id),
        _node("end", "exit"),
    )


def inquiry(*, mail_id: int) -> Graph:
    return _chain(
        [_event("inquiry_received")],
        _node("wait", "wait", kind="business_days", amount=2, at="10:00"),
        _node("case", "send", mail_id=mail_id),
        _node("goal", "goal", wait_days=14),
        goal=APPOINTMENT,
    )


def _graph(
    entries: list[dict[str, Any]],
    nodes: list[dict[str, Any]],
    edges: list[tuple[str, str, str]],
    goal: str = "",
) -> Graph:
    return {
        "version": 1,
        "entries": entries,
        "reentry": {"kind": "once", "days": 0},
        "start": nodes[0]["id"],
        "nodes": nodes,
        "edges": [{"source": source, "port": port, "target": target} for source, port, target in edges],
        "goal": goal,
    }


def _chain(entries: list[dict[str, Any]], *nodes: dict[str, Any], goal: str = "") -> Graph:
    edges = [(one["id"], "next", other["id"]) for one, other in pairwise(nodes)]
    return _graph(entries, list(nodes), edges, goal)


def _node(node_id: str, kind: str, /, **config: Any) -> dict[str, Any]:
    return {"id": node_id, "type": kind, "config": config}


def _split(key: str, *arms: tuple[str, str]) -> dict[str, Any]:
    return _node(SPLIT, "split", key=key, arms=[{"port": port, "label": label} for port, label in arms])


def _event(name: str, **where: str) -> dict[str, Any]:
    filters = [{"name": prop, "values": [value]} for prop, value in where.items()]
    return {"kind": "event", "event": name, "where": filters}


def _since_entry(name: str) -> dict[str, Any]:
    return {"version": 1, "kind": "event", "name": name, "window": {"kind": "since_entry"}}
