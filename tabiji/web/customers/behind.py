"""The people behind a number: any screen can link a number to the list of exactly those people.

A source is a name and a resolver, registered when the app of the number's package is ready:

    # tabiji/web/journeys/apps.py, ready():  from tabiji.web.journeys import numbers
    # tabiji/web/journeys/numbers.py
    from tabiji.web.customers import behind
    from tabiji.web.customers.behind import Behind

    def _at_step(request: WorkspaceRequest, journey_id: int, node: str) -> Behind:
        name = versions.get(journey_id).name          # NoSuch… becomes 404
        return Behind(enrolment.people_at(journey_id, node), _("Now at … of “%(name)s”") % {"name": name})

    behind.sources.add("journey-now", _at_step)

A template links to it (arguments are texts and whole numbers only):

    {% load behind %}<a href="{% behind 'journey-now' journey.id node.id %}">{{ count|people }}</a>

and Python by `behind.address(request, "journey-now", journey.id, node.id)`. The list of people says the
sentence above the rows; anonymous visitors in the number are counted in a line of their own:
`Behind(who.people, sentence, anonymous=who.anonymous)`.

The resolver runs in the scope of the request, with the rights of its colleague: it must check nothing
but what it names. A link is signed for its workspace, so nobody asks a source for what no screen offered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils.http import urlencode

from tabiji.core import postgres
from tabiji.core.registry import Registry
from tabiji.web.shell.requests import WorkspaceRequest


class NoSuchNumber(LookupError):
    """A link that no screen made, or of a source that is gone."""


@dataclass(frozen=True, slots=True)
class Behind:
    """people: exactly those whom the number counts; sentence: what they have in common, in words.

    anonymous: visitors whom the number counts too and of whom there is no row.
    """

    people: Sequence[UUID]
    sentence: str
    anonymous: int = 0


sources: Registry[Callable[..., Behind]] = Registry("number")
"""By name: `resolver(request, *args) -> Behind`."""


def token(name: str, *args: str | int) -> str:
    """What stands behind `?of=` for this number, in the open scope. Raises registry.Unknown."""
    sources.get(name)
    return _signer().sign_object([name, *args])


def address(request: WorkspaceRequest, name: str, *args: str | int) -> str:
    """The list of exactly the people behind this number."""
    return reverse("people", args=[request.workspace.slug]) + "?" + urlencode({"of": token(name, *args)})


def resolve(request: WorkspaceRequest, text: str) -> Behind:
    """Who is behind a token. Raises NoSuchNumber, and whatever the source says of a thing that is gone."""
    try:
        name, *args = _signer().unsign_object(text)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NoSuchNumber("this link is not valid any more: open the number again") from error
    resolver = sources.find(str(name))
    if resolver is None:
        raise NoSuchNumber("this number is no longer counted")
    return resolver(request, *args)


def _signer() -> signing.Signer:
    return signing.Signer(salt=f"tabiji.behind:{postgres.workspace_id()}")
