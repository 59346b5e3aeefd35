"""「なぜ?」: one sentence for each automatic act and each refusal, with rule, value, version and time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tabiji.audiences.public import conditions
from tabiji.events.public import line
from tabiji.messaging.contracts import Refusal
from tabiji.messaging.public import words as message_words
from tabiji.people.contracts import FieldInfo
from tabiji.people.public import naming
from tabiji.sales.public import words as sales_words
from tabiji.web.customers import words
from tabiji.web.customers.known import BranchTaken, Known
from tabiji.web.shell import on_screen


@dataclass(frozen=True, slots=True)
class Why:
    """text: the sentence; source: version and time, small below it."""

    text: str
    source: str


def why(entry: line.Entry, known: Known) -> Why | None:
    """Why this happened; None for what a person or colleague did of their own accord."""
    reason = _REASONS.get(entry.kind)
    if entry.actor != "auto" or reason is None:
        return None
    parts = [reason(entry, known)]
    parts += [
        _REASONS[other.kind](other, known)
        for other in entry.also
        if other.actor == "auto" and other.kind in _REASONS
    ]
    number = _version(entry)
    version = _("version %(n)s") % {"n": number} if number else ""
    moment = on_screen.moment(entry.at)
    return Why(" ".join(parts), " · ".join(part for part in (version, moment) if part))


def short(entry: line.Entry, known: Known) -> str:
    """Why a journey or broadcast sent a mail, in a few words behind the sentence; empty where it is plain."""
    source, _colon, number = entry.act.cause.partition(":")
    name = known.names.get(int(number), "") if number.isdecimal() else ""
    version = _version(entry)
    branch = known.branch_before(entry) if source == "journey" else None
    if branch is not None:
        said = _branch(branch, entry, known)
    elif source == "journey":
        said = _("journey “%(name)s”") % {"name": name}
    elif source == "broadcast":
        said = _("broadcast “%(name)s”") % {"name": name}
    else:
        return ""
    return said + (pgettext("line", " (version %(n)s)") % {"n": version} if version else "")


def refusal(entry: line.Entry) -> str:
    """送らなかった理由, in words."""
    return message_words.reason(str(entry.act.value("refusal") or "")) or _("a rule spoke against it")


def refusal_sentence(reason: str, detail: str) -> str:
    """A refusal of the gate as one sentence with its value. reason and detail: as stored with the message."""
    match reason:
        case Refusal.GONE:
            return _("The person has been deleted or merged.")
        case Refusal.EXCLUDED:
            return _("The address or its domain is on the exclusion list.")
        case Refusal.NO_ADDRESS:
            return _("No mail address is known.")
        case Refusal.SUPPRESSED:
            said = words.of(words.SUPPRESSIONS, detail) or _("The address is suppressed")
            return _("%(why)s, so nothing is sent to it any more.") % {"why": said}
        case Refusal.NO_CONSENT:
            return _("Neither a consent nor another basis for sending is known; unknown means no.")
        case Refusal.UNSUBSCRIBED:
            since = _moment(detail)
            if since:
                return _("The person unsubscribed on %(moment)s.") % {"moment": since}
            return _("The person unsubscribed.")
        case Refusal.ON_HOLD:
            return _("Marketing is on hold: %(why)s.") % {"why": detail}
        case Refusal.CAPPED if detail:
            return _("The frequency cap is reached: %(n)s marketing mails lately.") % {"n": detail}
        case Refusal.CAPPED:
            return _("The frequency cap is reached.")
        case Refusal.NOT_RENDERED:
            return _("The mail could not be made for this person: %(why)s") % {"why": detail}
        case _:
            return _("A rule spoke against it.")


def field_text(info: FieldInfo, text: str) -> str:
    """A stored value of a field as people read it."""
    labels = {choice["value"]: choice.get("label", choice["value"]) for choice in info.choices}
    if info.type == "yes_no":
        return pgettext("value", "yes") if text in ("1", "True", "true") else pgettext("value", "no")
    if info.type == "money" and text.lstrip("-").isdecimal():
        return on_screen.yen(int(text))
    if info.type == "number" and text.lstrip("-").isdecimal() and info.key != "owner_id":
        return on_screen.number(int(text)) + info.unit
    if info.type == "date":
        try:
            return on_screen.day(datetime.fromisoformat(text).date(), year=True)
        except ValueError:
            return text
    if info.key == "phone":
        return naming.phone_on_screen(text)
    return labels.get(text, text)


# -- one reason for each kind ------------------------------------------------------------------------


def _message(entry: line.Entry, known: Known) -> str:
    act = entry.act
    source, _colon, text = act.cause.partition(":")
    number = int(text) if text.isdecimal() else 0
    name = known.names.get(number, "")
    if act.new == "refused":
        return refusal_sentence(str(act.value("refusal") or ""), str(act.value("detail") or ""))
    if act.new == "bounced":
        return _("The receiving server refused it: “%(said)s”.") % {
            "said": str(act.value("said") or act.value("domain") or "")
        }
    if act.new == "uncertain":
        return _("The connection broke while it was being handed over. It is not sent again by itself.")
    if act.new == "failed":
        return _("It could not be handed over: “%(said)s”.") % {"said": str(act.value("said") or "")}
    match source:
        case "auto_reply":
            return _("The form “%(name)s” answers every submission at once, with one transactional mail.") % {
                "name": name
            }
        case "broadcast":
            return _("The person was among the receivers of the broadcast “%(name)s”.") % {"name": name}
        case "journey":
            branch = known.branch_before(entry)
            if branch is None:
                return _("The journey “%(name)s” had come to this step.") % {"name": name}
            return _("A branch of the journey “%(name)s” decided it: %(answer)s.") % {
                "name": name,
                "answer": _branch(branch, entry, known),
            }
        case _:
            return _("A colleague asked for it.")


def _branch(branch: BranchTaken, entry: line.Entry, known: Known) -> str:
    """The arm that was taken, with the day and the words of what decided it."""
    click = known.last_click_before(entry.at, entry.act.initiative_id) if branch.about_clicks else None
    if click is None:
        label = branch.label or (pgettext("arm", "no") if branch.is_else else pgettext("arm", "yes"))
        return _("“%(question)s” was “%(label)s”") % {"question": branch.question, "label": label}
    day = on_screen.day(click.at).partition("(")[0]
    if branch.label and branch.label not in _PLAIN_YES:
        return _("“%(label)s” on %(day)s") % {"label": branch.label, "day": day}
    link = known.link_label(click.detail["message_id"], click.detail["link_number"])
    return _("clicked “%(link)s” on %(day)s") % {"link": link, "day": day}


def _journey(entry: line.Entry, known: Known) -> str:
    act = entry.act
    name = known.names.get(int(entry.ref) if entry.ref.isdecimal() else 0, "")
    match act.new:
        case "active":
            return _("%(what)s fulfilled the entry condition of the journey “%(name)s”.") % {
                "what": _entry_cause(act.cause, known),
                "name": name,
            }
        case "goal":
            goal = known.conversions.get(act.cause.partition(":")[2], "")
            if goal:
                return _("The conversion “%(goal)s” is the goal of the journey “%(name)s”.") % {
                    "goal": goal,
                    "name": name,
                }
            return _("The goal of the journey “%(name)s” was reached.") % {"name": name}
        case "merged":
            return _("The person was merged into another one, who goes on alone.")
        case _:
            return _("The journey “%(name)s” had come to its end before the goal was reached.") % {
                "name": name
            }


def _entry_cause(cause: str, known: Known) -> str:
    if cause.startswith("audience:"):
        number = cause.split(":")[1]
        name = known.names.get(int(number), "") if number.isdecimal() else ""
        return _("Coming into the audience “%(name)s”") % {"name": name}
    event = known.event(cause)
    if event is not None and event.kind == "form_submitted":
        return _("Sending the form “%(name)s”") % {
            "name": str(event.act.value("form_name") or known.names.get(event.act.number_of("form_id"), ""))
        }
    return _("An act of the person")


def _hand_over(entry: line.Entry, known: Known) -> str:
    act = entry.act
    if act.new != "pending":
        return _("The deal was closed or the person merged.")
    owner = known.colleague(f"user:{act.number_of('owner_id')}") or _("the pool")
    if act.value("reason") != "threshold":
        said = sales_words.why_handed_over(str(act.value("reason") or ""), act.detail)
        return _("%(why)s. It went to %(owner)s.") % {"why": said, "owner": owner}
    return _(
        "The score rose to %(score)s and so reached the threshold of %(threshold)s; last came %(label)s "
        "%(points)+d. It went to %(owner)s."
    ) % {
        "score": act.number_of("score") or act.number_of("threshold"),
        "threshold": act.number_of("threshold"),
        "label": str(act.value("label") or ""),
        "points": act.number_of("points"),
        "owner": owner,
    }


def _score(entry: line.Entry, known: Known) -> str:
    act = entry.act
    label = str(act.value("label") or act.value("rule") or "")
    points = act.number - (float(act.old) if act.old.lstrip("-").isdecimal() else 0.0)
    said = _("The rule “%(label)s” gave %(points)+d points.") % {"label": label, "points": int(points)}
    if act.value("crossed"):
        said += " " + _("With that the threshold of %(n)s was reached.") % {"n": act.number_of("threshold")}
    return said


def _stage(entry: line.Entry, known: Known) -> str:
    act = entry.act
    rule = next(
        (
            stage.rule
            for stage in (known.stage_model.stages if known.stage_model else ())
            if stage.key == act.new
        ),
        None,
    )
    if rule is None:
        return _("Read from the top, no rule of the stages held.")
    try:
        said = conditions.sentence(conditions.parse(rule), known.language)
    except conditions.BadCondition:
        said = known.stage(act.new)
    return _("Read from the top, the first rule that held was: %(rule)s.") % {"rule": said}


def _field(entry: line.Entry, known: Known) -> str:
    source, _colon, number = entry.act.cause.partition(":")
    name = known.names.get(int(number), "") if number.isdecimal() else ""
    if source == "journey":
        return _("The journey “%(name)s” sets this field.") % {"name": name}
    if source == "merge":
        return _("Taken over from the merged record.")
    return _("A rule sets this field.")


def _audience(entry: line.Entry, known: Known) -> str:
    if entry.act.new:
        return _("The person fulfils the condition of the audience.")
    return _("The person no longer fulfils the condition of the audience.")


def _hold(entry: line.Entry, known: Known) -> str:
    if entry.act.new:
        return _("A rule of sales holds marketing: %(why)s.") % {"why": str(entry.act.value("reason") or "")}
    return _("The reason to hold marketing fell away.")


def _step(entry: line.Entry, known: Known) -> str:
    return _("The step was due.")


def _conversion(entry: line.Entry, known: Known) -> str:
    return _("What happened fulfils the rule of this conversion.")


def _machines(entry: line.Entry, known: Known) -> str:
    return _(
        "Programs that check mails open links by themselves. A click counts only when ten minutes later nothing "
        "speaks for a machine."
    )


def _experiment(entry: line.Entry, known: Known) -> str:
    return _("The variant is drawn by lot, and stays the same for this person.")


def _appointment(entry: line.Entry, known: Known) -> str:
    return _("Its time has passed, and nobody has written down how it went.")


def _known(entry: line.Entry, known: Known) -> str:
    return _("The first person who gives a name on a browser takes over what was seen there before.")


def _merge(entry: line.Entry, known: Known) -> str:
    return _("One act named both records, so both are one person.")


def _list(entry: line.Entry, known: Known) -> str:
    return _("An import or a rule changed the static list.")


def _task(entry: line.Entry, known: Known) -> str:
    return _("A rule of sales plans it, and takes it away when it has become needless.")


def _consent(entry: line.Entry, known: Known) -> str:
    return _("An import or a rule brought this consent, with its proof.")


def _deal(entry: line.Entry, known: Known) -> str:
    return _("It came with the history of the former tool.")


_REASONS: Final = {
    "appointment": _appointment,
    "known": _known,
    "merge": _merge,
    "list": _list,
    "task": _task,
    "consent": _consent,
    "deal": _deal,
    "call": _deal,
    "message": _message,
    "journey": _journey,
    "hand_over": _hand_over,
    "score": _score,
    "stage": _stage,
    "field": _field,
    "audience": _audience,
    "hold": _hold,
    "step": _step,
    "conversion": _conversion,
    "experiment": _experiment,
    line.MACHINES: _machines,
}
_PLAIN_YES: Final = frozenset({"はい", "Yes", "yes", "いいえ", "No", "no"})


def _version(entry: line.Entry) -> int:
    stated: int = entry.detail.get("version", 0) or entry.act.number_of("version")
    return stated


def _moment(text: str) -> str:
    try:
        return on_screen.moment(datetime.fromisoformat(text))
    except ValueError:
        return ""


def phone(text: str) -> str:
    """A phone number as people write it."""
    return naming.phone_on_screen(text) if text else ""
