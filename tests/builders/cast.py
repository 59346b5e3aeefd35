"""The named cast: Aoi the marketer, Haru in sales, and customers who are told apart by what they are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tabiji.core import ids, postgres
from tabiji.people.contracts import ConsentAct, FieldUpdate, Identifier, IdentifierKind
from tabiji.people.public import consent, fields, identity, persons


def customer(
    email: str,
    *,
    at: datetime,
    last_name: str = "佐藤",
    first_name: str = "",
    consents: bool = True,
    **values: object,
) -> UUID:
    """A person with an address (and, unless said otherwise, consent to marketing mail)."""
    person_id = ids.stable_id(postgres.workspace_id(), "email", email)
    moment = int(at.timestamp() * 1000)
    persons.create({person_id: at})
    identity.claim({Identifier(IdentifierKind.EMAIL, email): person_id}, at)
    told = {"email": email, "last_name": last_name, "first_name": first_name, **values}
    fields.write(
        [FieldUpdate(person_id, name, value, moment) for name, value in told.items() if value], actor="person"
    )
    if consents:
        consent.record(
            [ConsentAct(person_id, "mail", "grant", "consent", at, "test", {"text": "メールを受け取る"})],
            actor="person",
        )
    return person_id


def customers(count: int, *, at: datetime, prefix: str = "customer") -> list[UUID]:
    """Many people at once, each with an address and consent."""
    emails = [f"{prefix}{number}@many.example" for number in range(count)]
    people = [ids.stable_id(postgres.workspace_id(), "email", email) for email in emails]
    moment = int(at.timestamp() * 1000)
    persons.create(dict.fromkeys(people, at))
    identity.claim(
        {Identifier(IdentifierKind.EMAIL, email): one for email, one in zip(emails, people, strict=True)}, at
    )
    fields.write(
        [FieldUpdate(one, "email", email, moment) for email, one in zip(emails, people, strict=True)],
        actor="person",
    )
    consent.record(
        [ConsentAct(one, "mail", "grant", "consent", at, "test") for one in people], actor="person"
    )
    return people
