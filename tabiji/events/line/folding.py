"""From acts to entries: visits, clicks with their verdict, machines counted, what belongs together.

Pure: a list of acts in, entries out, newest first. The steps, in order: set machines aside, judge
clicks, fold page views, let the others stand for themselves, join what one moment made.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from tabiji.core import facts
from tabiji.events.line.acts import Act
from tabiji.events.line.entries import (
    ANONYMOUS,
    CLICK,
    CLICKED,
    FORM_SEEN,
    IDENTIFIED,
    JUDGED,
    MACHINES,
    MAIL,
    OPENED,
    PAGE_VIEWED,
    VISIT,
    WEB,
    Entry,
    entry_of,
)

VISIT_MS: Final = 30 * 60 * 1_000
_SAME_MOMENT_MS: Final = 1_000
_TOGETHER: Final = timedelta(seconds=60)
_SEARCH: Final = ("google.", "bing.com", "yahoo.", "duckduckgo.com", "baidu.com", "ecosia.org")
_SOCIAL: Final = ("facebook.com", "x.com", "twitter.com", "t.co", "linkedin.com", "instagram.com", "line.me")
_CARRIERS: Final = ("call", "message", "deal", "hand_over", "form_submitted", "appointment")
"""Acts that may carry others, in the order in which they take them."""


def fold(acts: Iterable[Act], joined: Mapping[UUID, int]) -> list[Entry]:
    """Entries of these acts (in any order), newest first.

    joined: by subject, how many page views an unknown browser had: what came with becoming known.
    """
    ordered = sorted(acts, key=lambda act: (act.at_ms, act.place))
    ours, machines = _set_machines_aside(ordered)
    clicks, machine_clicks = _clicks(ours)
    entries = clicks + _visits(ours) + _plain(ours)
    entries = _newest_first(entries)
    entries = _with_known(entries, ours, joined)
    entries = _with_opens(entries, ours)
    entries = _with_steps(entries, ours)
    entries = _joined(entries)
    return _with_machines(entries, machines + machine_clicks)


# -- machines and clicks ------------------------------------------------------------------------


def _set_machines_aside(acts: Sequence[Act]) -> tuple[list[Act], list[Act]]:
    machines = [act for act in acts if act.machine and act.name not in (CLICKED, JUDGED)]
    aside = set(map(id, machines))
    return [act for act in acts if id(act) not in aside], machines


def _clicks(acts: Sequence[Act]) -> tuple[list[Entry], list[Act]]:
    """(clicks of the person or not judged yet, the machines' ones). A click and its verdict are one."""
    verdicts: dict[tuple[int, int, int], list[Act]] = defaultdict(list)
    for act in acts:
        if act.name == JUDGED:
            verdicts[_link(act)].append(act)
    told = [(act, _verdict_of(act, verdicts)) for act in acts if act.name == CLICKED]
    taken = {id(verdict) for _, verdict in told if verdict is not None}
    told += [(act, act) for act in acts if act.name == JUDGED and id(act) not in taken]
    entries: list[Entry] = []
    machines: list[Act] = []
    for act, verdict in sorted(told, key=lambda pair: (pair[0].at_ms, pair[0].place)):
        said = str(verdict.value("verdict") or "") if verdict else ""
        if verdict is None and act.source == "import":
            said = "human"  # judged where it was counted; nobody will judge it again
        if said == "machine" or (verdict is None and act.machine):
            machines.append(act)
            continue
        message_id, number = act.number_of("message_id"), act.number_of("link_number")
        before = entries[-1] if entries else None
        if (
            before is not None
            and (before.detail["message_id"], before.detail["link_number"]) == (message_id, number)
            and before.detail["verdict"] == said
            and act.at_ms - before.at_ms < VISIT_MS
        ):
            entries[-1] = before.with_detail(times=before.detail["times"] + 1)
            continue
        entry = Entry(act.at, facts.PERSON, MAIL, CLICK, str(message_id), act, act.at)
        entries.append(
            entry.with_detail(
                message_id=message_id,
                mail_id=act.number_of("mail_id"),
                link_number=number,
                link_kind=str(act.value("link_kind") or ""),
                verdict=said,
                times=1,
            )
        )
    return entries, machines


def _link(act: Act) -> tuple[int, int, int]:
    return act.number_of("message_id"), act.number_of("link_number"), act.at_ms // _SAME_MOMENT_MS


def _verdict_of(click: Act, verdicts: dict[tuple[int, int, int], list[Act]]) -> Act | None:
    """The judgement of this click: same link, same second (the event may have lost some milliseconds)."""
    message_id, number, second = _link(click)
    for near in (second, second - 1, second + 1):
        waiting = verdicts.get((message_id, number, near))
        if waiting:
            return waiting.pop(0)
    return None


def _with_machines(entries: list[Entry], machines: Sequence[Act]) -> list[Entry]:
    """Hits of machines as a count at the act that they belong to; without one, as an entry of their own."""
    hits: Counter[int] = Counter()
    lonely: list[Act] = []
    for act in machines:
        place = _belongs_to(act, entries)
        if place is None:
            lonely.append(act)
        else:
            hits[place] += 1
    counted = [
        entry.with_detail(machines=hits[place]) if hits[place] else entry
        for place, entry in enumerate(entries)
    ]
    return _newest_first(counted + _machines_alone(lonely))


def _belongs_to(act: Act, entries: Sequence[Entry]) -> int | None:
    message_id = act.number_of("message_id")
    if message_id:
        for kind in (CLICK, "message"):
            found = [
                place
                for place, entry in enumerate(entries)
                if entry.kind == kind and entry.ref == str(message_id)
            ]
            if found:
                return found[-1]
        return None
    for place, entry in enumerate(entries):
        if entry.kind == VISIT and abs(entry.at_ms - act.at_ms) < VISIT_MS:
            return place
    return None


def _machines_alone(acts: Sequence[Act]) -> list[Entry]:
    entries: list[Entry] = []
    for act in acts:
        if entries and act.at_ms - entries[-1].at_ms < VISIT_MS:
            entries[-1] = entries[-1].with_detail(machines=entries[-1].detail["machines"] + 1)
            continue
        lane = MAIL if act.number_of("message_id") else WEB
        ref = str(act.number_of("message_id"))
        alone = Entry(act.at, facts.AUTOMATIC, lane, MACHINES, ref, act, act.at, is_record=True)
        entries.append(alone.with_detail(machines=1))
    return entries


# -- visits ------------------------------------------------------------------------------------


def _visits(acts: Sequence[Act]) -> list[Entry]:
    """Page views less than 30 minutes apart are one visit, of one identity.

    The view of the page on which a form was sent belongs to the form, not to the visit.
    """
    groups: list[list[Act]] = []
    open_ones: dict[bool, list[Act]] = {}
    told_by_form = set(map(id, _form_pages(acts)))
    for act in acts:
        if act.name != PAGE_VIEWED or id(act) in told_by_form:
            continue
        group = open_ones.get(act.is_anonymous)
        if group is None or act.at_ms - group[-1].at_ms > VISIT_MS:
            group = open_ones[act.is_anonymous] = []
            groups.append(group)
        group.append(act)
    return [_visit(group, acts) for group in groups]


def _form_pages(acts: Sequence[Act]) -> list[Act]:
    """Views of a page on which a form was then sent."""
    sent = [(act.at_ms, act.path) for act in acts if act.name == "form_submitted" and act.path]
    return [
        act
        for act in acts
        if act.name == PAGE_VIEWED
        and any(act.path == path and 0 <= at_ms - act.at_ms < VISIT_MS for at_ms, path in sent)
    ]


def _visit(views: Sequence[Act], acts: Sequence[Act]) -> Entry:
    first, last = views[0], views[-1]
    pages: list[str] = []
    for view in views:
        page = view.title or view.path or "/"
        if not pages or pages[-1] != page:
            pages.append(page)
    came_from, host = _origin(first)
    end = last.at_ms + VISIT_MS
    sent = {act.number_of("form_id") for act in acts if act.name == "form_submitted"}
    left = any(
        act.name in FORM_SEEN
        and first.at_ms <= act.at_ms <= end
        and act.is_anonymous == first.is_anonymous
        and act.number_of("form_id") not in sent
        for act in acts
    )
    actor = ANONYMOUS if first.is_anonymous else facts.PERSON
    return Entry(first.at, actor, WEB, VISIT, str(first.who), first, last.at).with_detail(
        pages=tuple(pages),
        views=len(views),
        seconds=(last.at_ms - first.at_ms) // 1_000,
        came_from=came_from,
        host=host,
        form_left=left,
    )


def _origin(view: Act) -> tuple[str, str]:
    """(search, mail, social, site or '', the other site's host) by referrer and campaign."""
    medium = str(view.value("utm_medium") or "").lower()
    if medium in ("email", "mail"):
        return "mail", ""
    host = _host(view.referrer)
    if not host or host == _host(view.url):
        return "", ""
    if any(part in host for part in _SEARCH):
        return "search", host
    if any(host == name or host.endswith("." + name) for name in _SOCIAL):
        return "social", host
    return "site", host


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


# -- the others, and what belongs together ---------------------------------------------------------


def _plain(acts: Sequence[Act]) -> list[Entry]:
    return [entry_of(act) for act in acts if act.name not in (PAGE_VIEWED, CLICKED, JUDGED)]


def _with_known(entries: list[Entry], acts: Sequence[Act], joined: Mapping[UUID, int]) -> list[Entry]:
    """The act by which a visitor became known says how much of the past came with it."""
    told_by_form = Counter(act.who for act in _form_pages(acts))
    out = list(entries)
    for change in (act for act in acts if act.is_change and act.name == "known"):
        subject = _as_uuid(change.ref)
        views = max(joined.get(subject, 0) - told_by_form[subject], 0)
        for place, entry in enumerate(out):
            near = abs(entry.at_ms - change.at_ms) < _SAME_MOMENT_MS
            if near and entry.kind in ("form_submitted", IDENTIFIED):
                before = int(entry.detail.get("joined", 0))
                out[place] = replace(entry.with_detail(joined=before + views), is_record=False)
                break
    return out


def _as_uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _with_opens(entries: list[Entry], acts: Sequence[Act]) -> list[Entry]:
    """Openings (a hint only) stand at their message, where that is here."""
    opens: Counter[str] = Counter(str(act.number_of("message_id")) for act in acts if act.name == OPENED)
    sent = {entry.ref for entry in entries if entry.kind == "message" and entry.act.new == "sent"}
    return [
        entry.with_detail(opened=opens[entry.ref])
        if entry.kind == "message" and entry.act.new == "sent" and opens[entry.ref]
        else entry
        for entry in entries
        if not (entry.kind == OPENED and str(entry.act.number_of("message_id")) in sent)
    ]


def _with_steps(entries: list[Entry], acts: Sequence[Act]) -> list[Entry]:
    """A journey's mail knows the steps that its person took up to it: the reason why it was sent."""
    steps: dict[str, list[Act]] = defaultdict(list)
    for act in acts:
        if act.is_change and act.name == "step":
            steps[act.cause].append(act)
    out = []
    for entry in entries:
        taken = [act for act in steps.get(entry.act.cause, ()) if act.at_ms <= entry.at_ms]
        if entry.kind == "message" and taken:
            enrolment = taken[-1].value("enrolment")
            way = tuple(
                (act.ref.partition("/")[2], act.new)
                for act in reversed(taken)
                if act.value("enrolment") == enrolment
            )
            out.append(entry.with_detail(steps=way, version=taken[-1].number_of("version")))
        else:
            out.append(entry)
    return out


def _joined(entries: list[Entry]) -> list[Entry]:
    """Let an act carry what it brought about at once: a booked call its appointment and the goal …

    … and an automatic reply the journey that began with it.
    """
    out = list(entries)
    carried: set[int] = set()
    for kind in _CARRIERS:
        for place, entry in enumerate(entries):
            if entry.kind != kind or entry.is_record or place in carried:
                continue
            for other_place, other in _near(entries, place):
                if other_place not in carried and not other.is_record and _carries(entry, other):
                    out[place] = out[place].with_also(other)
                    carried.add(other_place)
    return [entry for place, entry in enumerate(out) if place not in carried]


def _near(entries: Sequence[Entry], place: int) -> Iterable[tuple[int, Entry]]:
    """Entries within a minute of this one, on both sides."""
    here = entries[place]
    for step in (1, -1):
        other = place + step
        while 0 <= other < len(entries) and abs(entries[other].at - here.at) <= _TOGETHER:
            yield other, entries[other]
            other += step


def _carries(entry: Entry, other: Entry) -> bool:
    same_moment = abs(entry.at_ms - other.at_ms) < _SAME_MOMENT_MS
    if entry.kind == "message":
        # An automatic reply and the journey of the same minute both answer the form.
        theirs = entry.act.cause.startswith("auto_reply:")
        return (
            entry.act.new == "sent"
            and (other.kind, other.act.new) == ("journey", "active")
            and other.at <= entry.at
            and (theirs or entry.act.cause == f"journey:{other.ref}")
        )
    if other.kind == "appointment":
        return (
            entry.kind == "call" and same_moment and entry.act.number_of("appointment_id") == int(other.ref)
        )
    return same_moment and other.kind == "journey" and other.act.new != "active"


def _newest_first(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.at_ms, entry.act.place), reverse=True)
