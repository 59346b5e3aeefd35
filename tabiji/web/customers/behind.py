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

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from tabiji.web.components.numbers import NoSuchNumber, Numbers

__all__ = ["Behind", "NoSuchNumber", "address", "resolve", "sources", "token"]


@dataclass(frozen=True, slots=True)
class Behind:
    """people: exactly those whom the number counts; sentence: what they have in common, in words.

    anonymous: visitors whom the number counts too and of whom there is no row.
    """

    people: Sequence[UUID]
    sentence: str
    anonymous: int = 0


_numbers: Numbers[Behind] = Numbers("number", salt="tabiji.behind", page="people")
sources, token = _numbers.sources, _numbers.token
address, resolve = _numbers.address, _numbers.resolve
