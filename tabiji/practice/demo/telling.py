"""The plan under construction: acts in any order, and what each leaves on its person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal

from tabiji.practice.demo import acts
from tabiji.practice.demo.acts import Act
from tabiji.practice.demo.cast import Cast
from tabiji.practice.demo.marks import Marks

SEARCH: Final = "https://www.google.com/"
Form = Literal["", "viewed", "started"]


class Telling:
    """acts: to be sorted by `in_order`; reached: whom the funnel's first three steps count, by subject."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.acts: list[Act] = []
        self.marks: dict[int, Marks] = defaultdict(Marks)
        self.busy: set[int] = set()
        """People who have a part already: nobody else's is given to them."""

    def tell(self, *told: Act) -> None:
        self.acts += told

    def visit(
        self,
        at: datetime,
        pages: tuple[str, ...],
        *,
        owner: int,
        visitor: str = "",
        referrer: str = "",
        seconds: int = 75,
        form: Form = "",
    ) -> None:
        """Pages viewed by somebody who is known, or will be: they count for the score, and as an act.

        visitor: the browser; without one the person is signed in.
        """
        person = acts.NOBODY if visitor else owner
        self.tell(acts.Visited(at, pages, visitor, person, referrer, seconds, form))
        marks = self.marks[owner]
        for place, page in enumerate(pages):
            moment = at + timedelta(seconds=seconds * place)
            marks.viewed(page, moment.date())
            marks.acted(moment)

    def click(self, at: datetime, person: int, mail: str) -> None:
        self.tell(acts.Clicked(at, person, mail))
        self.marks[person].clicked(mail)
        self.marks[person].acted(at + timedelta(minutes=10))

    def open(self, at: datetime, person: int, mail: str) -> None:
        self.tell(acts.Opened(at, person, mail))
        self.marks[person].acted(at)

    def in_order(self) -> list[Act]:
        """By moment; of one moment as they were told."""
        return sorted(self.acts, key=lambda act: act.at)

    def free(self, people: Iterable[int]) -> list[int]:
        """Those who have no part and no story of their own yet, in order."""
        return [one for one in people if one not in self.busy and one not in self.cast.told]

    def take(self, people: Iterable[int]) -> None:
        self.busy.update(people)
