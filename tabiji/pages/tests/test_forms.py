"""Forms: what they ask, what they take, and what they keep as evidence."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
import pytest
from django.db import transaction
from django.db.utils import InternalError
from django.utils.translation import override

from tabiji.content.public import BadDocument, mails
from tabiji.content.tests import builders as content
from tabiji.core import postgres
from tabiji.core.paging import ListQuery
from tabiji.events import inlet
from tabiji.events.public import processor
from tabiji.pages import limits
from tabiji.pages.contracts import Errors, Submission
from tabiji.pages.public import (
    BadKey,
    CannotPublish,
    NoSuchPublic,
    form_templates,
    forms,
    problems,
    submissions,
    tickets,
)
from tabiji.pages.tests.builders import (
    CONSENT,
    SATO,
    a_budget_field,
    a_shown_form,
    form_document,
    questions,
    send,
    ticket,
)
from tabiji.people.contracts import Identifier, IdentifierKind
from tabiji.people.public import consent, identity, persons
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.usefixtures("workspace")


def accepted_events() -> list[dict[str, Any]]:
    rows = postgres.rows("SELECT body FROM event_inbox ORDER BY id")
    return [
        msgspec.json.decode(event)
        for (body,) in rows
        for envelope in inlet.unpack(bytes(body))
        for event in envelope.events
    ]


def test_a_form_that_is_sent_is_stored_and_becomes_one_event(now: datetime) -> None:
    shown = a_shown_form(now, initiative_id=7)

    sent = send(shown, now, ticket=ticket(shown, now))

    assert isinstance(sent, Submission)
    (event,) = accepted_events()
    assert (event["type"], event["event"]) == ("form", "form_submitted")
    assert event["anonymousId"] == "visitor-12345678"
    assert event["traits"] == {
        "company": "青葉製作所",
        "last_name": "佐藤",
        "first_name": "美咲",
        "last_kana": "サトウ ミサキ",
        "email": "sato@aoba.example",
        "phone": "+81312345678",
        "budget": "100_300",
        "source": "資料請求",
    }
    said = event["properties"]
    assert said["form_id"] == shown.form_id
    assert said["form_key"] == "siryo"
    assert said["page_id"] == shown.page_id
    assert said["submission_id"] == sent.id
    assert said["initiative_id"] == 7
    assert said["auto_reply_mail_id"] == 0
    assert said["utm_source"] == "search"
    assert "other" not in said
    assert said["answers"]["予算"] == "100〜300万円"
    assert said["answers"]["電話"] == "03-1234-5678"
    assert said["consents"] == [
        {
            "key": "mail_consent",
            "channel": "mail",
            "topic": "marketing",
            "act": "grant",
            "text": CONSENT,
            "form_version": shown.form_version_id,
        }
    ]


def test_the_person_becomes_known_with_what_they_wrote(now: datetime) -> None:
    shown = a_shown_form(now)
    send(shown, now, ticket=ticket(shown, now))

    processor.process_all()

    found = identity.find({Identifier(IdentifierKind.EMAIL, "sato@aoba.example")})
    (person_id,) = found.values()
    person = persons.get(person_id)
    assert (person.name, person.company, person.fields["budget"]) == ("佐藤 美咲", "青葉製作所", "100_300")
    assert person.source == "資料請求"


def test_a_ticked_box_becomes_consent_with_its_evidence(now: datetime) -> None:
    shown = a_shown_form(now)
    sent = send(shown, now, ticket=ticket(shown, now))
    assert isinstance(sent, Submission)
    send(shown, now, {**SATO, "email": "suzuki@aoba.example", "mail_consent": ""}, ticket=ticket(shown, now))

    processor.process_all()

    found = {
        identifier.value: person_id
        for identifier, person_id in identity.find(
            {Identifier(IdentifierKind.EMAIL, f"{name}@aoba.example") for name in ("sato", "suzuki")}
        ).items()
    }
    states = consent.states(found.values(), "mail")
    assert set(states) == {found["sato@aoba.example"]}
    state = states[found["sato@aoba.example"]]
    assert (state.state, state.basis) == ("granted", "consent")
    (entry,) = consent.history(found["sato@aoba.example"])
    assert entry["evidence"] == {
        "text": CONSENT,
        "form_id": shown.form_id,
        "form_version": shown.form_version_id,
        "submission_id": sent.id,
        "url": "https://t.example/p/x/siryo",
    }


def test_a_visitors_own_event_gives_no_consent(now: datetime) -> None:
    shown = a_shown_form(now)
    send(shown, now, ticket=ticket(shown, now))
    (forged,) = accepted_events()
    forged["messageId"] = "forged"
    postgres.execute("DELETE FROM event_inbox")
    inlet.accept([{**forged, "type": "track", "userId": "m-1"}], source="web")

    processor.process_all()

    assert postgres.scalar("SELECT count(*) FROM consent_entry") == 0


def test_the_submission_keeps_the_very_words_that_were_agreed_to(now: datetime) -> None:
    shown = a_shown_form(now)
    sent = send(shown, now, ticket=ticket(shown, now))
    assert isinstance(sent, Submission)

    changed = questions()
    changed[9]["label"] = "別の文章"
    forms.save_draft(shown.form_id, actor=AUTOMATIC, document=form_document(fields=changed))
    forms.publish(shown.form_id, actor=AUTOMATIC, now=now + timedelta(days=1))

    kept = submissions.get(sent.id)
    assert [consent["text"] for consent in kept.consents] == [CONSENT, "個人情報の扱いに同意する"]
    assert kept.form_version_id == shown.form_version_id
    assert forms.get_version(kept.form_version_id).document["fields"][9]["label"] == CONSENT
    for change in ("UPDATE public_version SET document = '{}'", "DELETE FROM public_version"):
        with pytest.raises((InternalError, psycopg.Error)), transaction.atomic():
            postgres.execute(change)


def test_without_the_tick_there_is_no_consent(now: datetime) -> None:
    shown = a_shown_form(now)
    without = {key: value for key, value in SATO.items() if key != "mail_consent"}

    send(shown, now, without, ticket=ticket(shown, now))

    (event,) = accepted_events()
    assert event["properties"]["consents"] == []


def test_sending_twice_is_one_submission_and_a_friendly_answer(now: datetime) -> None:
    shown = a_shown_form(now)
    mine = ticket(shown, now)

    first = send(shown, now, ticket=mine)
    second = send(shown, now + timedelta(seconds=3), ticket=mine)

    assert isinstance(first, Submission)
    assert isinstance(second, Submission)
    assert second.is_repeat
    assert second.id == first.id
    assert len(accepted_events()) == 1
    assert submissions.count(shown.form_id) == 1


def test_something_else_under_a_used_ticket_is_asked_again(now: datetime) -> None:
    shown = a_shown_form(now)
    mine = ticket(shown, now)
    send(shown, now, ticket=mine)

    again = send(shown, now, {**SATO, "message": "やはり電話をください"}, ticket=mine)

    assert isinstance(again, Errors)
    assert again.needs_ticket
    assert "すでに受け付けています" in again.whole
    assert len(accepted_events()) == 1


def test_a_mistake_does_not_use_up_the_ticket(now: datetime) -> None:
    shown = a_shown_form(now)
    mine = ticket(shown, now)

    wrong = send(shown, now, {**SATO, "email": "sato@aoba"}, ticket=mine)
    right = send(shown, now, ticket=mine)

    assert isinstance(wrong, Errors)
    assert set(wrong.fields) == {"email"}
    assert not wrong.needs_ticket
    assert isinstance(right, Submission)


def test_all_mistakes_are_told_at_once_and_nothing_is_stored(now: datetime) -> None:
    shown = a_shown_form(now)

    wrong = send(shown, now, {"kana": "sato", "phone": "x", "budget": "z"}, ticket=ticket(shown, now))

    assert isinstance(wrong, Errors)
    assert set(wrong.fields) == {
        "company",
        "last_name",
        "first_name",
        "kana",
        "email",
        "phone",
        "budget",
        "terms",
    }
    assert submissions.count(shown.form_id) == 0
    assert accepted_events() == []


def test_a_slip_in_the_address_is_asked_back_once(now: datetime) -> None:
    shown = a_shown_form(now)
    mine = ticket(shown, now)
    typed = {**SATO, "email": "sato@gmial.com"}

    asked = send(shown, now, typed, ticket=mine)

    assert isinstance(asked, Errors)
    assert asked.suggestions == {"email": "sato@gmail.com"}
    assert "sato@gmail.com" in asked.fields["email"]
    kept = send(shown, now, {**typed, "_kept_email": "sato@gmial.com"}, ticket=mine)
    assert isinstance(kept, Submission)
    assert accepted_events()[0]["traits"]["email"] == "sato@gmial.com"


def test_what_was_suggested_can_be_taken_but_not_against_what_was_typed_since(now: datetime) -> None:
    shown = a_shown_form(now)
    taken = {
        **SATO,
        "email": "sato@gmial.com",
        "_kept_email": "sato@gmial.com",
        "_use_email": "sato@gmail.com",
    }

    send(shown, now, taken, ticket=ticket(shown, now))
    send(shown, now, {**taken, "email": "haru@aoba.example"}, ticket=ticket(shown, now))

    assert [event["traits"]["email"] for event in accepted_events()] == [
        "sato@gmail.com",
        "haru@aoba.example",
    ]


def test_what_a_machine_fills_in_is_thanked_and_not_taken(now: datetime) -> None:
    shown = a_shown_form(now)

    sent = send(shown, now, {**SATO, "_memo": "buy now"}, ticket=ticket(shown, now))

    assert isinstance(sent, Submission)
    assert sent.is_trapped
    assert accepted_events() == []
    assert submissions.count(shown.form_id) == 0
    assert submissions.count(shown.form_id, "trapped") == 1
    assert submissions.get(sent.id).answers == {}


def test_machines_are_bounded_too_and_use_up_nobodys_tries(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = a_shown_form(now)
    monkeypatch.setattr(limits, "PER_ADDRESS", 3)

    for _ in range(6):
        trapped = send(shown, now, {**SATO, "_memo": "buy now"}, ticket=ticket(shown, now))
        assert isinstance(trapped, Submission)
        assert trapped.is_trapped

    assert submissions.count(shown.form_id, "trapped") == 3
    assert isinstance(send(shown, now, ticket=ticket(shown, now)), Submission)


def test_nobody_fills_in_a_form_in_a_second(now: datetime) -> None:
    shown = a_shown_form(now)
    mine = ticket(shown, now, before=timedelta(seconds=1))

    quick = send(shown, now, ticket=mine)
    later = send(shown, now + timedelta(seconds=2), ticket=mine)

    assert isinstance(quick, Errors)
    assert isinstance(later, Submission)


def test_an_old_page_keeps_the_answers_and_asks_once_more(now: datetime) -> None:
    shown = a_shown_form(now)

    old = send(shown, now, ticket=ticket(shown, now, before=timedelta(days=2)))

    assert isinstance(old, Errors)
    assert old.needs_ticket
    assert "残っています" in old.whole


def test_one_network_address_one_mail_address_and_one_form_have_limits(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = a_shown_form(now)
    monkeypatch.setattr(limits, "PER_ADDRESS", 2)
    monkeypatch.setattr(limits, "PER_EMAIL", 3)
    monkeypatch.setattr(limits, "PER_FORM", 100)

    def attempt(address: str, email: str, later: timedelta = timedelta(0)) -> bool:
        sent = send(shown, now + later, {**SATO, "email": email}, address=address)
        return isinstance(sent, Submission)

    assert attempt("203.0.113.1", "a@aoba.example")
    assert attempt("203.0.113.1", "b@aoba.example")
    assert not attempt("203.0.113.1", "c@aoba.example")
    assert attempt("203.0.113.1", "c@aoba.example", timedelta(minutes=11))

    assert attempt("203.0.113.2", "z@aoba.example")
    assert attempt("203.0.113.3", "z@aoba.example")
    assert attempt("203.0.113.4", "z@aoba.example")
    assert not attempt("203.0.113.5", "z@aoba.example")
    assert attempt("203.0.113.5", "z@aoba.example", timedelta(days=2))

    monkeypatch.setattr(limits, "PER_FORM", 2)
    assert not attempt("203.0.113.9", "n@aoba.example")


def test_network_addresses_are_not_stored_in_clear(now: datetime) -> None:
    shown = a_shown_form(now)
    send(shown, now, address="203.0.113.77")

    stored = postgres.rows("SELECT s::text FROM form_submission s")

    assert "203.0.113.77" not in str(stored)


@pytest.mark.parametrize("anonymous_id", ["", "x", "<script>", "a" * 200, "a b c d e f g h", "\x00" * 10])
def test_an_odd_browser_id_is_left_out(now: datetime, anonymous_id: str) -> None:
    shown = a_shown_form(now)

    send(shown, now, anonymous_id=anonymous_id)

    assert accepted_events()[0]["anonymousId"] is None


@pytest.mark.parametrize(
    "data",
    [
        dict.fromkeys(("last_name", "message"), "あ" * 5000000),
        {f"field{n}": "x" for n in range(1_000)},
        {"email": "a" * 100_000 + "@x.example"},
        dict.fromkeys(SATO, "\x00�"),
        dict.fromkeys(SATO, "'; DROP TABLE person; --"),
        dict.fromkeys(SATO, "{{ person.__class__ }}"),
    ],
)
def test_huge_and_odd_input_is_survived(now: datetime, data: dict[str, str]) -> None:
    shown = a_shown_form(now)

    assert isinstance(send(shown, now, data, ticket=ticket(shown, now)), Errors)


def test_what_would_not_fit_into_one_event_is_told(now: datetime) -> None:
    texts = [
        {"key": f"t{n}", "type": "textarea", "label": f"質問{n}", "most": 2000, "is_required": False}
        for n in range(10)
    ]
    shown = a_shown_form(now, fields=[*questions(), *texts])

    sent = send(shown, now, {**SATO, **{f"t{n}": "長" * 2000 for n in range(10)}})

    assert isinstance(sent, Errors)
    assert "短く" in sent.whole
    assert submissions.count(shown.form_id) == 0


def test_a_known_person_keeps_the_way_they_came_in(now: datetime) -> None:
    shown = a_shown_form(now)
    send(shown, now, ticket=ticket(shown, now))
    processor.process_all()

    send(shown, now, {**SATO, "message": "もう一度"}, ticket=ticket(shown, now))

    assert "source" not in accepted_events()[-1]["traits"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"fields": []}, "no_questions"),
        ({"submit_label": " "}, "no_label"),
        ({"thanks": {"title": ""}}, "no_words"),
        ({"thanks": {"title": "a", "text": "[x](javascript:alert)"}}, "bad_url"),
        ({"auto_reply_mail_id": 999_999}, "mail_not_published"),
        ({"fields": [*questions(), questions()[0]]}, "key_twice"),
        ({"fields": [*questions(), {"key": "again", "label": "x", "maps_to": "last_name"}]}, "mapped_twice"),
        (
            {"fields": [*questions(), {"key": "x", "label": "x", "maps_to": "owner_id"}]},
            "unknown_person_field",
        ),
        (
            {"fields": [*questions(), {"key": "x", "label": "x", "maps_to": "nothing"}]},
            "unknown_person_field",
        ),
        ({"fields": [{"key": "email", "label": "x", "maps_to": "email"}]}, "other_type"),
        ({"fields": [{"key": "x", "type": "choice", "label": "x"}]}, "few_choices"),
        ({"fields": [{"key": "b", "label": "x", "maps_to": "budget"}]}, "other_choices"),
        ({"fields": [{"key": "b", "type": "hidden", "value": "lots", "maps_to": "budget"}]}, "other_choices"),
        (
            {
                "fields": [
                    {"key": "c", "type": "consent", "label": "x", "channel": "mail", "is_required": True}
                ]
            },
            "forced_consent",
        ),
        ({"fields": [{"key": "c", "type": "consent", "label": "x"}]}, "consent_to_nothing"),
        ({"fields": [{"key": "c", "label": ""}]}, "no_words"),
    ],
)
def test_a_form_with_a_mistake_is_not_published(now: datetime, values: dict[str, Any], code: str) -> None:
    a_budget_field()
    form_id = forms.create("x", key="x", actor=AUTOMATIC, document=form_document(**values))

    with pytest.raises(CannotPublish) as refused:
        forms.publish(form_id, actor=AUTOMATIC, now=now)

    assert code in [problem.code for problem in refused.value.problems]
    for problem in refused.value.problems:
        with override("ja"):
            japanese = problems.place(problem) + problems.sentence(problem)
        with override("en"):
            assert problems.place(problem) + problems.sentence(problem) != japanese


def test_a_hidden_field_may_say_one_choice_for_everybody(now: datetime) -> None:
    a_budget_field()
    content.brand_kit()
    asked = [question for question in questions() if question.get("maps_to") != "budget"]
    said = {"key": "b", "type": "hidden", "value": "100_300", "maps_to": "budget"}
    form_id = forms.create("x", key="x", actor=AUTOMATIC, document=form_document(fields=[*asked, said]))

    assert forms.publish(form_id, actor=AUTOMATIC, now=now) > 0


def test_a_form_needs_its_auto_reply_to_be_published(now: datetime) -> None:
    content.brand_kit()
    a_budget_field()
    mail_id = mails.create(
        "自動返信",
        actor=AUTOMATIC,
        document=content.document(content.text("ありがとうございます")),
        subject="資料をお送りします",
        purpose="transactional",
    )
    document = form_document(auto_reply_mail_id=mail_id)
    assert "mail_not_published" in [problem.code for problem in forms.find_problems(document)]

    mails.publish(mail_id, actor=AUTOMATIC, now=now)

    assert forms.find_problems(document) == []


@pytest.mark.parametrize("key", ["", "A", "a b", "-a", "x" * 61, "あ", "siryo"])
def test_a_key_is_simple_and_taken_once(now: datetime, key: str) -> None:
    a_shown_form(now, key="siryo")
    with pytest.raises(BadKey):
        forms.create("x", key=key, actor=AUTOMATIC)


@pytest.mark.parametrize(
    "document",
    [
        {"version": 1, "fields": [{"key": "_token", "label": "x"}]},
        {"version": 1, "fields": [{"key": "utm_source", "label": "x"}]},
        {"version": 1, "fields": [{"key": "x", "type": "password", "label": "x"}]},
        {"version": 1, "fields": [{"key": "x", "label": "x", "html": "<script>"}]},
        {"version": 1, "fields": [{"key": f"x{n}", "label": "x"} for n in range(41)]},
        [],
    ],
)
def test_what_is_no_form_is_not_saved(document: Any) -> None:
    with pytest.raises(BadDocument):
        forms.create("x", key="x", actor=AUTOMATIC, document=document)


@pytest.mark.parametrize("key", sorted(form_templates.TEMPLATES))
@pytest.mark.parametrize("language", ["ja", "en"])
def test_each_template_can_be_published_as_it_is(now: datetime, key: str, language: Any) -> None:
    document = form_templates.build(key, language).model_dump(mode="json")
    form_id = forms.create(
        "x", key=key.replace("_", "-"), actor=AUTOMATIC, document=document, language=language
    )

    version_id = forms.publish(form_id, actor=AUTOMATIC, now=now)

    labels = [question["label"] for question in forms.get_version(version_id).document["fields"]]
    assert all(label.isascii() is (language == "en") for label in labels)
    assert forms.find_problems(document) == []


def test_forms_are_listed_and_found(now: datetime) -> None:
    shown = a_shown_form(now)
    a_shown_form(now, key="toiawase")

    page = forms.list_forms(ListQuery(filters={"q": "siryo"}))

    assert [info.id for info in page.rows] == [shown.form_id]
    assert page.total == 1
    assert [info.number for info in forms.list_versions(shown.form_id)] == [1]


def test_submissions_are_listed_newest_first_page_by_page(now: datetime) -> None:
    shown = a_shown_form(now)
    sent = [send(shown, now, {**SATO, "message": str(n)}) for n in range(3)]
    ids = [one.id for one in sent if isinstance(one, Submission)]

    first = submissions.list_submissions(shown.form_id, ListQuery(limit=2))
    rest = submissions.list_submissions(shown.form_id, ListQuery(limit=2, after=first.next))

    assert [info.id for info in (*first.rows, *rest.rows)] == ids[::-1]
    assert (first.total, rest.next) == (3, "")
    assert first.rows[0].answers["message"] == "2"
    assert first.rows[0].utm == {"utm_source": "search"}


def test_a_ticket_is_ours_and_of_this_form(now: datetime) -> None:
    shown = a_shown_form(now)
    other = a_shown_form(now, key="other")
    token = tickets.sign(mine := ticket(shown, now))
    assert tickets.read(token) == mine

    for forged in (
        token[:-1],
        token + "A",
        token[::-1],
        "",
        "x" * 5_000,
        "あ",
        token.replace(token[5], "_", 1),
    ):
        with pytest.raises(tickets.BadToken):
            assert tickets.read(forged) == mine
    with pytest.raises(tickets.BadToken):
        send(other, now, ticket=mine)


def test_another_workspace_neither_sees_nor_sends_our_forms(now: datetime) -> None:
    shown = a_shown_form(now)
    sent = send(shown, now)
    assert isinstance(sent, Submission)
    ours = postgres.workspace_id()
    theirs = workspaces.create(f"ren-{os.urandom(4).hex()}", name="みなと看護ナビ", is_practice=True)

    token = postgres._scope.set(None)
    try:
        with postgres.workspace_scope(theirs.id):
            assert submissions.count(shown.form_id) == 0
            with pytest.raises(submissions.NoSuchSubmission):
                submissions.get(sent.id)
            for ask in (forms.get, forms.list_versions, forms.get_version):
                if ask is forms.list_versions:
                    assert ask(shown.form_id) == []
                    continue
                with pytest.raises(NoSuchPublic):
                    ask(shown.form_id if ask is forms.get else shown.form_version_id)
            with pytest.raises(NoSuchPublic):
                send(shown, now)
            with pytest.raises(NoSuchPublic):
                forms.save_draft(shown.form_id, actor=AUTOMATIC)
            assert forms.create("x", key="siryo", actor=AUTOMATIC)
    finally:
        postgres._scope.reset(token)
        postgres.execute("SELECT set_config('app.ws', %s, true)", [str(ours)])
