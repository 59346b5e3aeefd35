"""Those with the greatest numbers: everybody who counts is ranked, whoever is asked about."""

from __future__ import annotations

from fractions import Fraction

from tabiji.audiences import acts, totals
from tabiji.audiences.binding import Binder, both
from tabiji.audiences.conditions import Top
from tabiji.audiences.moments import Moment
from tabiji.audiences.scopes import Acts, Ending, Everyone, Scope
from tabiji.people.public import exclusions


def who(leaf: Top, scope: Scope, binder: Binder, moment: Moment) -> str:
    """A condition on the person `p`. Equal numbers share a place, so that it can hold for more than n."""
    everyone = Everyone(exclusions.from_numbers(), scope.through)
    value = totals.value(leaf.total, binder, moment)
    fits = both([acts.is_deed(leaf, binder, moment), acts.in_window(leaf.window, binder, moment)])
    rows = Acts(acts.EVENTS, acts.readable(scope, binder, fits), {"value": value} if value else {})
    number = totals.number(leaf.total)
    ending = Ending(number + " > 0", {"number": number})
    ranked = everyone.tally(rows, totals.numbers(leaf.total), ending, binder, since_entry=False)
    source, counts = everyone.people(binder)
    if leaf.n is not None:
        most = binder.bind(leaf.n, "UInt64")
    else:
        share = Fraction(str(leaf.percent)) / 100
        part, whole = binder.bind(share.numerator, "UInt64"), binder.bind(share.denominator, "UInt64")
        most = "intDiv(ranked * " + part + " + " + whole + " - 1, " + whole + ")"
    return acts.among(
        "SELECT person FROM (SELECT person, rank() OVER (ORDER BY number DESC) AS place, count() OVER () AS ranked"
        " FROM (" + ranked + ") WHERE person IN (SELECT p.person_id FROM " + source + " WHERE " + counts + "))"
        " WHERE place <= " + most
    )  # fmt: skip
