"""REST /api/v1: the same public functions as the screens, for programs.

Annotations are real objects here (no postponed evaluation): ninja reads them behind `inside`.
"""

from uuid import UUID

from ninja import NinjaAPI, Query, Schema, Status
from ninja.errors import HttpError

from tabiji.api import errors
from tabiji.api.keys import ApiKey, ApiRequest, inside, now
from tabiji.api.schemas import (
    Accepted,
    AudienceOut,
    Changed,
    ConditionIn,
    ConsentIn,
    ConsentOut,
    Count,
    EnrolmentOut,
    EventsIn,
    JourneyOut,
    ListChange,
    ListOut,
    MessageOut,
    PageOf,
    PersonIn,
    PersonOut,
    WorkspaceOut,
)
from tabiji.audiences.public import asking, audience, conditions
from tabiji.core.paging import ListQuery
from tabiji.events.public import inlet
from tabiji.journeys.public import enrolment, versions
from tabiji.messaging.public import messages
from tabiji.people.contracts import ConsentAct
from tabiji.people.public import consent, lists, naming, persons
from tabiji.workspaces.public import workspace

api = NinjaAPI(
    title="Tabiji",
    version="1",
    urls_namespace="api-v1",
    auth=ApiKey(),
    docs_url=None,
    description="Customer journeys by program. Keys are made in Settings, Tracking tag and keys.",
)
errors.install(api)


class Paging(Schema):
    after: str = ""
    limit: int = 50


@api.get("/workspace", response=WorkspaceOut, summary="The workspace of this key, and its time")
@inside
def get_workspace(request: ApiRequest) -> WorkspaceOut:
    found = workspace.current()
    return WorkspaceOut(name=found.name, timezone=found.timezone, language=found.language, now=now())


@api.get("/people", response=PageOf[PersonOut], summary="People, newest first")
@inside
def list_people(
    request: ApiRequest, paging: Query[Paging], q: str = "", stage: str = "", source: str = ""
) -> object:
    query = ListQuery({"q": q, "stage": stage, "source": source}, "", (), paging.after, _limit(paging.limit))
    return persons.list_people(query)


@api.get("/people/{person_id}", response=PersonOut, summary="One person")
@inside
def get_person(request: ApiRequest, person_id: UUID) -> object:
    return persons.get(person_id)


@api.post("/people", response={202: Accepted}, summary="Make or change a person")
@inside
def put_person(request: ApiRequest, payload: PersonIn) -> Status[Accepted]:
    """Values go through the stream like every other: later wins, field by field, and each is a fact."""
    if payload.email and not naming.email_key(payload.email):
        raise HttpError(422, "email is not an e-mail address")
    if not payload.user_id and not payload.email:
        raise HttpError(422, "a person needs user_id or email")
    traits = dict(payload.fields)
    if payload.email:
        traits["email"] = payload.email
    event = {"type": "identify", "traits": traits, "anonymousId": f"api:{payload.email or payload.user_id}"}
    if payload.user_id:
        event = {"type": "identify", "traits": traits, "userId": payload.user_id}
    inlet.accept([event], source="server")
    return Status(202, Accepted(accepted=1))


@api.post("/events", response={202: Accepted}, summary="Send events, of now or of the past")
@inside
def put_events(request: ApiRequest, payload: EventsIn) -> Status[Accepted]:
    """Stored when answered. is_history: times are business time, nothing is corrected."""
    wanted = []
    for event in payload.events:
        if not event.user_id and not event.anonymous_id:
            raise HttpError(422, "an event needs user_id or anonymous_id")
        one: dict[str, object] = {"type": "track", "event": event.event, "properties": event.properties}
        one |= {"userId": event.user_id} if event.user_id else {}
        one |= {"anonymousId": event.anonymous_id} if event.anonymous_id else {}
        one |= {"messageId": event.message_id} if event.message_id else {}
        one |= {"timestamp": event.occurred_at.isoformat()} if event.occurred_at else {}
        wanted.append(one)
    inlet.accept(wanted, source="import" if payload.is_history else "server", is_history=payload.is_history)
    return Status(202, Accepted(accepted=len(wanted)))


@api.get("/people/{person_id}/consent", response=list[ConsentOut], summary="The consent ledger of a person")
@inside
def get_consent(request: ApiRequest, person_id: UUID) -> object:
    return consent.history(persons.get(person_id).id)


@api.post("/people/{person_id}/consent", response={201: Accepted}, summary="Record a grant or withdrawal")
@inside
def put_consent(request: ApiRequest, person_id: UUID, payload: ConsentIn) -> Status[Accepted]:
    person = persons.get(person_id)
    at = payload.at or now()
    if at.tzinfo is None:
        raise HttpError(422, "at: say the time zone, for example 2026-04-28T14:00:00+09:00")
    if at > now() + consent.SKEW:
        raise HttpError(422, "at: lies in the future; say when it happened, or leave it out for now")
    act = ConsentAct(
        person.id,
        payload.channel,
        payload.act,
        payload.basis,
        at,
        payload.source,
        {**payload.evidence, "api_key": request.auth[1]},
    )
    consent.record([act], actor="api")
    return Status(201, Accepted(accepted=1))


@api.get("/people/{person_id}/messages", response=PageOf[MessageOut], summary="Messages to a person")
@inside
def list_person_messages(request: ApiRequest, person_id: UUID, paging: Query[Paging]) -> object:
    person = persons.get(person_id)
    return messages.list_messages(
        ListQuery({"person": str(person.id)}, "", (), paging.after, _limit(paging.limit))
    )


@api.get("/people/{person_id}/journeys", response=list[EnrolmentOut], summary="Journeys of a person")
@inside
def list_person_journeys(request: ApiRequest, person_id: UUID) -> list[EnrolmentOut]:
    person = persons.get(person_id)
    return [
        EnrolmentOut(
            journey_id=one.journey_id,
            step=one.node,
            is_active=one.is_active,
            entered_at=one.entered_at,
            finished_at=one.finished_at,
            outcome=one.outcome,
        )
        for one in enrolment.of_person(person.id)
    ]


@api.get("/lists", response=list[ListOut], summary="Static lists")
@inside
def list_lists(request: ApiRequest) -> object:
    return lists.list_all()


@api.post("/lists/{list_id}/people", response=Changed, summary="Put people on a list, or take them off")
@inside
def change_list(request: ApiRequest, list_id: int, payload: ListChange) -> Changed:
    lists.get(list_id)
    at = now()
    return Changed(
        added=lists.add(list_id, payload.add, at=at, actor="api"),
        removed=lists.remove(list_id, payload.remove, at=at, actor="api"),
    )


@api.get("/audiences", response=list[AudienceOut], summary="Audiences")
@inside
def list_audiences(request: ApiRequest) -> list[AudienceOut]:
    return [
        AudienceOut(id=one.id, name=one.name, state=one.state, people=one.size) for one in audience.list_all()
    ]


@api.post("/audiences/count", response=Count, summary="How many people fulfil a condition")
@inside
def count_condition(request: ApiRequest, payload: ConditionIn) -> Count:
    return Count(people=asking.count(conditions.parse(payload.condition), now=now()))


@api.get("/audiences/{audience_id}/people", response=PageOf[UUID], summary="Who is in an audience")
@inside
def list_audience_people(request: ApiRequest, audience_id: int, paging: Query[Paging]) -> object:
    audience.get(audience_id)
    query = ListQuery({}, "", (), paging.after, _limit(paging.limit))
    return audience.list_members(audience_id, query)


@api.get("/journeys", response=list[JourneyOut], summary="Journeys")
@inside
def list_journeys(request: ApiRequest) -> list[JourneyOut]:
    return [
        JourneyOut(
            id=one.id, name=one.name, state=one.state, version=one.version_number, in_progress=one.in_progress
        )
        for one in versions.list_all()
    ]


def _limit(asked: int) -> int:
    return max(1, min(asked, 200))
