"""Entries of a line as people would tell them, in Japanese and English. One function for each kind.

The words stand here; what a fact means stands in `docs/architecture.md` (facts vocabulary) and in the
rooms that record it. An event or kind that nobody described yet says its own name, never a code word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from tabiji.core import clock
from tabiji.events.public import line
from tabiji.messaging.public import words as message_words
from tabiji.sales.public import policy
from tabiji.sales.public import words as sales_words
from tabiji.web.components import event_names
from tabiji.web.customers import reasons, words
from tabiji.web.customers.known import Known
from tabiji.web.customers.reasons import Why
from tabiji.web.shell import on_screen

_PAGES_SHOWN: Final = 7
_ANSWER_LENGTH: Final = 60
_CLASSES: Final = {"person": "", line.ANONYMOUS: "entry-anon", "auto": "entry-auto"}


@dataclass(frozen=True, slots=True)
class Told:
    """An entry in words. css: classes of the entry; who: whose act; text: the sentence; more: a quieter line."""

    entry: line.Entry
    who: str
    css: str
    text: SafeString
    more: SafeString
    why: Why | None

    @property
    def at(self) -> datetime:
        return self.entry.at


def tell(entry: line.Entry, known: Known) -> Told:
    text = _text_of(entry, known)
    for other in entry.also:
        text = _and(text, _carried(entry, other, known))
    css = "entry-staff" if entry.actor.startswith("user:") else _CLASSES.get(entry.actor, "")
    if entry.kind == "hand_over" and entry.act.new == "pending":
        css += " entry-hot"
    if entry.kind == "journey" and entry.act.new == "goal":
        css += " entry-goal"
    return Told(
        entry, who(entry.actor, known), css.strip(), text, _more(entry, known), reasons.why(entry, known)
    )


def who(actor: str, known: Known) -> str:
    """本人, 匿名, 自動, or a colleague's name."""
    match actor:
        case "person":
            return pgettext("who acts", "The person")
        case line.ANONYMOUS:
            return pgettext("who acts", "Anonymous")
        case "auto" | "":
            return pgettext("who acts", "Automatic")
        case _:
            return known.colleague(actor) or pgettext("who acts", "A colleague")


def sources_of(entry: line.Entry) -> tuple[str, int]:
    """(journey, broadcast, auto_reply, person; its id) of a message's cause."""
    source, _sep, number = entry.act.cause.partition(":")
    return source, int(number) if number.isdecimal() and len(number) < 19 else 0


def mail_title(name: str, *, begins: bool = False) -> str:
    """A mail's name in a sentence (at its beginning): 事例メール as it is, others as メール「7月号」."""
    if not name:
        return pgettext("line begins", "A mail") if begins else pgettext("line", "a mail")
    if on_screen.is_japanese() and name.endswith(("メール", "メルマガ")):
        return name
    said = pgettext("line begins", "Mail “%(name)s”") if begins else pgettext("line", "mail “%(name)s”")
    return said % {"name": name}


def reply_title(name: str) -> str:
    """An automatic reply's name in a sentence; a mail that is called one already is not called so twice."""
    kind = _("Automatic reply")
    if not name or name.startswith(kind):
        return name or kind
    return _("Automatic reply “%(name)s”") % {"name": name}


# -- what the person did --------------------------------------------------------------------------


def _visit(entry: line.Entry, known: Known) -> SafeString:
    pages = entry.detail["pages"]
    shown = list(pages[:_PAGES_SHOWN])
    if len(pages) > _PAGES_SHOWN:
        shown[-1:] = [
            ngettext("%(n)s more page", "%(n)s more pages", len(pages) - _PAGES_SHOWN)
            % {"n": len(pages) - _PAGES_SHOWN},
            pages[-1],
        ]
    way = format_html_join(" → ", "{}", ((page,) for page in shown))
    if entry.detail["views"] == 1:
        text = _filled(_("Viewed “%(pages)s”"), pages=way)
    else:
        long = entry.detail["seconds"] >= 60
        minutes = on_screen.length(60 * round(entry.detail["seconds"] / 60)) if long else ""
        text = _filled(
            ngettext(
                "%(n)s page viewed%(time)s: %(pages)s",
                "%(n)s pages viewed%(time)s: %(pages)s",
                entry.detail["views"],
            ),
            n=entry.detail["views"],
            time=pgettext("line", " in %(time)s") % {"time": minutes} if minutes else "",
            pages=way,
        )
    origin = {
        "search": _("from a search"),
        "social": _("from social media (%(host)s)"),
        "site": _("from %(host)s"),
        "mail": _("from a mail"),
    }.get(entry.detail["came_from"], "") % {"host": entry.detail["host"]}
    if origin:
        text = _and_quiet(text, pgettext("line", " (%(text)s)") % {"text": origin}, joined="")
    return text


def _click(entry: line.Entry, known: Known) -> SafeString:
    detail = entry.detail
    message = known.messages.get(detail["message_id"])
    name = known.names.get(message.mail_id if message else detail["mail_id"], "")
    label = known.link_label(detail["message_id"], detail["link_number"]) or entry.act.title
    match detail["link_kind"]:
        case "unsubscribe":
            text = _filled(_("Opened the link to unsubscribe in %(mail)s"), mail=mail_title(name))
        case "preferences":
            text = _filled(_("Opened the preferences in %(mail)s"), mail=mail_title(name))
        case _ if label and (message is None or message.source != "auto_reply"):
            text = _filled(_("Clicked “%(label)s” in %(mail)s"), label=label, mail=mail_title(name))
        case _ if label:
            text = _filled(_("Clicked “%(label)s”"), label=label)
        case _:
            text = _filled(_("Clicked a link in %(mail)s"), mail=mail_title(name))
    if detail["times"] > 1:
        text = _and_quiet(text, _("%(n)s times") % {"n": detail["times"]}, joined=" ")
    if not detail["verdict"]:
        text = format_html('{} <span class="tag tag-wait">{}</span>', text, _("Checking"))
    return text


def _form(entry: line.Entry, known: Known) -> SafeString:
    name = str(entry.act.value("form_name") or known.names.get(entry.act.number_of("form_id"), ""))
    text = (
        _filled(pgettext("line", "Sent the form %(name)s"), name=name) if name else SafeString(_("Form sent"))
    )
    said = _answers(entry, known)
    if said:
        text = format_html("{}{}", text, pgettext("line", " (%(text)s)") % {"text": said})
    if "joined" in entry.detail:
        text = _and_quiet(text, _joined(entry.detail["joined"]), joined=" ")
    return text


def _answers(entry: line.Entry, known: Known) -> str:
    """Answers that say something beyond who it is: 予算100〜300万円「受発注をWeb化したい」."""
    answers = entry.act.value("answers")
    if not isinstance(answers, Mapping) or not known.is_personal:
        return ""
    person = known.person
    contact = {person.last_name, person.first_name, person.last_kana, person.first_kana, person.email}
    contact |= {person.name, person.kana, person.company, person.department, person.title, person.phone}
    own = {info.label for info in known.fields.values() if info.is_custom and info.type != "text"}
    standard = {info.label for info in known.fields.values() if not info.is_custom}
    facts, quotes = [], []
    for label, value in answers.items():
        text = " ".join(str(value).split())
        if not text or text in contact or label in standard or _is_contact(text):
            continue
        if label in own:
            facts.append(f"{label}{_gap() if text[0].isdigit() else ' '}{text}")
        else:
            quotes.append(pgettext("line", "“%(text)s”") % {"text": _cut(text)})
    return _gap().join([on_screen.comma().join(facts)] * bool(facts) + quotes[:2])


def _is_contact(text: str) -> bool:
    digits = sum(letter.isdigit() for letter in text)
    return "@" in text or (digits >= 9 and digits > len(text) / 2)


def _joined(views: int) -> str:
    if not views:
        return _("← known from here on")
    return ngettext(
        "← known from here on, with %(n)s page of the past",
        "← known from here on, with %(n)s pages of the past",
        views,
    ) % {"n": views}


def _identified(entry: line.Entry, known: Known) -> SafeString:
    text = SafeString(conditional_escape(_("Told us who it is")))
    return _and_quiet(text, _joined(entry.detail["joined"]), joined=" ") if "joined" in entry.detail else text


def _event(entry: line.Entry, known: Known) -> SafeString:
    """Any other event: its title, else its own name."""
    act = entry.act
    text = str(act.title or act.value("summary") or "").strip()
    return (
        format_html("{}", text)
        if text
        else _filled(pgettext("line", "“%(text)s”"), text=event_names.said(act.name))
    )


def _form_seen(entry: line.Entry, known: Known) -> SafeString:
    name = str(entry.act.value("form_name") or known.names.get(entry.act.number_of("form_id"), ""))
    field = str(entry.act.value("field") or "")
    match entry.name:
        case "form_field_left":
            said = _("Gave up the form %(name)s at “%(field)s”")
        case "form_error":
            said = _("The form %(name)s refused the answer to “%(field)s”")
        case "form_started":
            said = _("Began the form %(name)s")
        case _:
            said = _("Looked at the form %(name)s")
    return _filled(said, name=name, field=field)


def _page_left(entry: line.Entry, known: Known) -> SafeString:
    seconds = entry.act.number_of("seconds")
    said = ngettext("Read the page for %(n)s second", "Read the page for %(n)s seconds", seconds)
    return _plain(
        pgettext("line", "%(said)s, down to %(depth)s%%")
        % {"said": said % {"n": seconds}, "depth": entry.act.number_of("scroll")}
    )


# -- mails ------------------------------------------------------------------------------------------


def _message(entry: line.Entry, known: Known) -> SafeString:
    act = entry.act
    name = known.names.get(act.number_of("mail_id"), "")
    source, _number = sources_of(entry)
    match act.new:
        case "sent" if source == "auto_reply":
            text = _filled(_("%(reply)s delivered"), reply=reply_title(name))
        case "sent":
            text = _filled(pgettext("line", "%(mail)s sent"), mail=mail_title(name, begins=True))
            reason = reasons.short(entry, known)
            if reason:
                text = _filled(pgettext("line", "%(what)s: %(why)s"), what=text, why=reason)
        case "bounced":
            text = _filled(_("%(mail)s came back (bounced)"), mail=mail_title(name, begins=True))
        case "complained":
            text = _filled(_("%(mail)s was reported as spam"), mail=mail_title(name, begins=True))
        case "refused":
            text = _filled(
                _("%(mail)s was not sent: %(why)s"),
                mail=mail_title(name, begins=True),
                why=reasons.refusal(entry),
            )
        case "uncertain":
            text = _filled(_("%(mail)s: delivery unknown"), mail=mail_title(name, begins=True))
        case "failed":
            text = _filled(_("%(mail)s could not be sent"), mail=mail_title(name, begins=True))
        case _:
            state = message_words.state(act.new)
            text = _filled(
                pgettext("line", "%(what)s: %(why)s"), what=mail_title(name, begins=True), why=state
            )
    if entry.detail.get("opened"):
        text = _and_quiet(text, _("opened (for reference)"))
    return text


def _opened(entry: line.Entry, known: Known) -> SafeString:
    name = known.names.get(entry.act.number_of("mail_id"), "")
    return _filled(_("%(mail)s opened (for reference)"), mail=mail_title(name, begins=True))


def _replied(entry: line.Entry, known: Known) -> SafeString:
    name = known.names.get(entry.act.number_of("mail_id"), "")
    return _filled(_("Answered %(mail)s"), mail=mail_title(name))


def _consent(entry: line.Entry, known: Known) -> SafeString:
    channel = words.of(words.CHANNELS, entry.act.ref.partition("/")[0])
    if entry.act.new == "withdrawn":
        text = _filled(_("Unsubscribed (%(channel)s)"), channel=channel)
    else:
        text = _filled(_("May be written to (%(channel)s)"), channel=channel)
    said = words.of(words.CONSENT_SOURCES, entry.act.cause)
    return _and_quiet(text, said) if said else text


# -- journeys and sales --------------------------------------------------------------------------------


def _journey(entry: line.Entry, known: Known) -> SafeString:
    name = _named(known, "journeys-detail", entry.ref)
    match entry.act.new:
        case "active":
            return _filled(_("Entered the journey “%(name)s”"), name=name)
        case "goal":
            return format_html(
                '<span class="tag tag-ok">{}</span>{}{}',
                pgettext("line", "Goal reached"),
                _gap(),
                _filled(_("the journey “%(name)s” ended"), name=name),
            )
        case "merged":
            return _filled(_("Left the journey “%(name)s”: merged"), name=name)
        case _:
            return _filled(_("The journey “%(name)s” ended without the goal"), name=name)


def _hand_over(entry: line.Entry, known: Known) -> SafeString:
    act = entry.act
    match act.new:
        case "pending":
            said = sales_words.why_handed_over(str(act.value("reason") or ""), act.detail)
            text = format_html("<b>{}</b>", _("Handed over to sales"))
            return _filled(pgettext("line", "%(what)s: %(why)s"), what=text, why=said)
        case "accepted" if act.value("why") == "reopened":
            return _plain(_("Took the hand-over up again"))
        case "accepted":
            text = _plain(_("Accepted the hand-over"))
            after = act.number_of("after_s")
            said = _("after %(time)s") % {"time": on_screen.length(60 * max(round(after / 60), 1))}
            return _and_quiet(text, pgettext("line", " (%(text)s)") % {"text": said}, joined="")
        case "returned":
            said = words.of(sales_words.RETURN_REASONS, str(act.value("reason") or ""))
            text = _filled(_("Returned the hand-over: %(why)s"), why=said)
            note = str(act.value("note") or "")
            restart = _day(str(act.value("restart_on") or ""))
            if restart:
                text = _and_quiet(text, _("again from %(day)s") % {"day": restart})
            return (
                _and_quiet(text, pgettext("line", "“%(text)s”") % {"text": note})
                if note and known.is_personal
                else text
            )
        case _:
            return _plain(_("Ended the hand-over"))


def _call(entry: line.Entry, known: Known) -> SafeString:
    act = entry.act
    result = words.of(sales_words.CALL_RESULTS, act.new)
    seconds = act.number_of("seconds") or int(act.number)
    if act.new == "booked":
        result = pgettext("result of a call", "booked")
    if seconds:
        return _filled(_("Call, %(time)s: “%(result)s”"), time=on_screen.length(seconds), result=result)
    return _filled(_("Call: “%(result)s”"), result=result)


def _appointment(entry: line.Entry, known: Known) -> SafeString:
    act = entry.act
    title = str(act.value("title") or "") or pgettext("line", "Meeting")
    starts = on_screen.moment(clock.from_ms(act.number_of("at")))
    match act.new:
        case "booked" if act.number_of("moved_from"):
            said = _("Moved: %(title)s to %(moment)s")
        case "booked":
            said = _("Booked: %(title)s on %(moment)s")
        case "visited":
            said = _("%(title)s on %(moment)s took place")
        case "no_show":
            said = _("%(title)s on %(moment)s: did not come")
        case "cancelled":
            said = _("%(title)s on %(moment)s was cancelled")
        case _:
            said = _("%(title)s on %(moment)s is over")
    return _filled(said, title=title, moment=starts)


def _deal(entry: line.Entry, known: Known) -> SafeString:
    act = entry.act
    name, amount = str(act.value("name") or ""), on_screen.yen(act.number)
    match act.new:
        case "won":
            won = format_html('<span class="tag tag-ok">{}</span>', _("Won"))
            return _filled(
                pgettext("line", "%(won)s “%(name)s” %(amount)s"), won=won, name=name, amount=amount
            )
        case "lost":
            why = words.of(sales_words.LOST_REASONS, str(act.value("lost_reason") or ""))
            return _filled(_("Lost “%(name)s”: %(why)s"), name=name, why=why)
        case _ if act.old == act.new:
            label = policy.current().line_label(str(act.value("line") or ""))
            return _filled(
                _("Corrected the deal “%(name)s”: %(line)s, %(amount)s"), name=name, line=label, amount=amount
            )
        case _:
            phase = policy.current().phase_label(act.new)
            said = (
                _("“%(name)s” goes on to %(phase)s, %(amount)s")
                if act.old
                else _("Began the deal “%(name)s” (%(phase)s), %(amount)s")
            )
            return _filled(said, name=name, phase=phase, amount=amount)


# -- records --------------------------------------------------------------------------------------------


def _score(entry: line.Entry, known: Known) -> SafeString:
    act = entry.act
    points = act.number - (float(act.old) if act.old.lstrip("-").isdecimal() else 0.0)
    said = str(act.value("label") or "")
    text = _filled(_("Score %(old)s → %(new)s"), old=act.old, new=act.new)
    return _and_quiet(text, f"{said} {points:+.0f}".strip())


def _stage(entry: line.Entry, known: Known) -> SafeString:
    exception = pgettext("stage", "Exception")
    old = known.stage(entry.act.old) if entry.act.old else exception
    new = known.stage(entry.act.new) if entry.act.new else exception
    return _filled(_("Stage %(old)s → %(new)s"), old=old, new=new)


def _field(entry: line.Entry, known: Known) -> SafeString:
    info = known.fields.get(entry.act.ref)
    label = info.label if info else pgettext("line", "a former field")
    old, new = (_value(entry.act.ref, text, known) for text in (entry.act.old, entry.act.new))
    if not new:
        return _filled(_("%(field)s emptied"), field=label)
    text = _filled(_("%(field)s: “%(value)s”"), field=label, value=new)
    return _and_quiet(text, _("before: “%(value)s”") % {"value": old}) if old else text


def _value(key: str, text: str, known: Known) -> str:
    info = known.fields.get(key)
    if key == "owner_id":
        return known.colleague(f"user:{text}")
    if info is None or not text:
        return text
    if not known.is_personal and not info.is_custom:
        return on_screen.masked(text)
    return reasons.field_text(info, text)


def _list(entry: line.Entry, known: Known) -> SafeString:
    name = known.lists.get(int(entry.ref) if entry.ref.isdecimal() else 0, "")
    said = (
        _("Put on the static list “%(name)s”") if entry.act.new else _("Taken off the static list “%(name)s”")
    )
    return _filled(said, name=name)


def _audience(entry: line.Entry, known: Known) -> SafeString:
    name = known.names.get(int(entry.ref) if entry.ref.isdecimal() else 0, "")
    said = _("Came into the audience “%(name)s”") if entry.act.new else _("Left the audience “%(name)s”")
    return _filled(said, name=name)


def _hold(entry: line.Entry, known: Known) -> SafeString:
    if not entry.act.new:
        return _plain(_("Marketing may go on"))
    return _filled(_("Marketing on hold: %(why)s"), why=str(entry.act.value("reason") or ""))


def _task(entry: line.Entry, known: Known) -> SafeString:
    title = str(entry.act.value("title") or "") or words.of(
        sales_words.TASK_KINDS, str(entry.act.value("kind") or "")
    )
    said = {"done": _("Done: %(title)s"), "dropped": _("Fell away: %(title)s")}.get(
        entry.act.new, _("To do: %(title)s")
    )
    return _filled(said, title=title)


def _step(entry: line.Entry, known: Known) -> SafeString:
    journey, _slash, node = entry.ref.partition("/")
    number = int(journey) if journey.isdecimal() else 0
    version = entry.act.number_of("version")
    said = known.step(number, version, node)
    arm = known.port(number, version, node, entry.act.new)
    text = _filled(_("Step “%(step)s”"), step=said)
    if arm:
        text = _filled(pgettext("line", "%(what)s: %(why)s"), what=text, why=arm)
    return _and_quiet(text, known.names.get(number, ""))


def _conversion(entry: line.Entry, known: Known) -> SafeString:
    name = known.conversions.get(entry.ref, "")
    said = (
        _("Conversion “%(name)s” no longer counts")
        if entry.act.new == "undone"
        else _("Conversion “%(name)s”")
    )
    return _filled(said, name=name)


def _known_from_here(entry: line.Entry, known: Known) -> SafeString:
    return _plain(_("Became known: the visits of one browser belong to this person"))


def _merge(entry: line.Entry, known: Known) -> SafeString:
    return _plain(_("Merged: the record of the same person was taken in"))


def _experiment(entry: line.Entry, known: Known) -> SafeString:
    name = known.names.get(int(entry.ref) if entry.ref.isdecimal() else 0, "")
    said = str(entry.act.value("label") or entry.act.new)
    return _filled(_("A/B test “%(name)s”: variant “%(variant)s”"), name=name, variant=said)


def _machines(entry: line.Entry, known: Known) -> SafeString:
    return _plain(_machine_hits(entry.detail["machines"]))


def _other(entry: line.Entry, known: Known) -> SafeString:
    return _plain(_("Something was recorded"))


_TEXTS: Final[dict[str, Callable[[line.Entry, Known], SafeString]]] = {
    line.VISIT: _visit,
    line.CLICK: _click,
    line.MACHINES: _machines,
    "form_submitted": _form,
    "form_viewed": _form_seen,
    "form_started": _form_seen,
    "form_field_left": _form_seen,
    "form_error": _form_seen,
    "page_left": _page_left,
    "identified": _identified,
    "mail_opened": _opened,
    "mail_replied": _replied,
    "message": _message,
    "consent": _consent,
    "journey": _journey,
    "hand_over": _hand_over,
    "call": _call,
    "appointment": _appointment,
    "deal": _deal,
    "score": _score,
    "stage": _stage,
    "field": _field,
    "list": _list,
    "audience": _audience,
    "hold": _hold,
    "task": _task,
    "step": _step,
    "conversion": _conversion,
    "known": _known_from_here,
    "merge": _merge,
    "experiment": _experiment,
}


def _text_of(entry: line.Entry, known: Known) -> SafeString:
    text = _TEXTS.get(entry.kind, _other if entry.act.is_change else _event)(entry, known)
    if entry.detail.get("machines") and entry.kind != line.MACHINES:
        text = _and_quiet(text, _machine_hits(entry.detail["machines"]))
    return text


def _machine_hits(hits: int) -> str:
    return ngettext(
        "%(n)s hit of a machine is not counted", "%(n)s hits of machines are not counted", hits
    ) % {"n": hits}


def _carried(entry: line.Entry, other: line.Entry, known: Known) -> SafeString:
    """What an act brought about at once, said after it."""
    if other.kind == "appointment":
        title = str(other.act.value("title") or "") or pgettext("line", "Meeting")
        starts = on_screen.moment(clock.from_ms(other.act.number_of("at")))
        return format_html("→ {} {}", title, starts)
    if other.kind == "journey" and other.act.new == "goal":
        return format_html(
            '<span class="tag tag-ok">{}</span>{}{}',
            pgettext("line", "Goal reached"),
            _gap(),
            _("the journey ended"),
        )
    return _text_of(other, known)


def _more(entry: line.Entry, known: Known) -> SafeString:
    parts = []
    if entry.act.source == "import":
        parts.append(_("brought from the former tool"))
    if entry.detail.get("form_left"):
        parts.append(_("looked at a form and did not send it"))
    note = str(entry.act.value("note") or "") if entry.kind == "call" else ""
    if note and known.is_personal:
        parts.append(_cut(note, 200))
    return format_html_join(" ・ ", "{}", ((part,) for part in parts))


# -- small words -----------------------------------------------------------------------------------------


def _filled(sentence: str, **values: Any) -> SafeString:
    """A translated sentence with values put in, escaped unless they are safe already."""
    return SafeString(
        conditional_escape(sentence) % {name: conditional_escape(value) for name, value in values.items()}
    )


def _named(known: Known, page: str, ref: str) -> SafeString:
    """A name with the way to its own page, where there is one."""
    number = int(ref) if ref.isdecimal() else 0
    name, href = known.names.get(number, ""), known.link(page, number)
    return format_html('<a href="{}">{}</a>', href, name) if href and name else _plain(name)


def _plain(text: str) -> SafeString:
    return SafeString(conditional_escape(text))


def _and(text: SafeString, more: SafeString) -> SafeString:
    joiner = " " if str(more).startswith("→") else " ・ "
    return format_html("{}{}{}", text, joiner, more)


def _and_quiet(text: SafeString, more: str, *, joined: str = " ・ ") -> SafeString:
    return format_html('{}<span class="muted">{}{}</span>', text, joined, more) if more else text


def _gap() -> str:
    return "" if on_screen.is_japanese() else " "


def _cut(text: str, length: int = _ANSWER_LENGTH) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _day(text: str) -> str:
    try:
        return on_screen.day(date.fromisoformat(text))
    except ValueError:
        return ""
