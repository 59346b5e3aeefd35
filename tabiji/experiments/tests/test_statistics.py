"""Two proportions: the figures of the lesson, the guard for small numbers, and the algebra."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji.experiments.contracts import Arm, Rate, Verdict
from tabiji.experiments.public import statistics


def test_the_evening_wins_on_appointments_as_the_lesson_says() -> None:
    (told,) = statistics.judge([Arm("morning", 1_204, 21), Arm("evening", 1_198, 42)])

    assert (told.verdict, told.winner) == (Verdict.WINNER, "evening")
    assert told.difference is not None
    points = [
        round(100 * one, 1) for one in (told.difference.value, told.difference.low, told.difference.high)
    ]
    assert points == [1.8, 0.5, 3.0]


def test_the_morning_wins_on_opens() -> None:
    (told,) = statistics.judge([Arm("morning", 1_204, 380), Arm("evening", 1_198, 298)])

    assert (told.verdict, told.winner) == (Verdict.WINNER, "morning")


def test_fourteen_and_twelve_people_cannot_be_judged() -> None:
    (told,) = statistics.judge([Arm("a", 14, 9), Arm("b", 12, 0)])

    assert (told.verdict, told.difference, told.winner, told.smallest_n) == (Verdict.TOO_SMALL, None, "", 12)


@pytest.mark.parametrize(("n", "verdict"), [(29, Verdict.TOO_SMALL), (30, Verdict.WINNER)])
def test_thirty_people_are_the_smallest_number_that_is_judged(n: int, verdict: Verdict) -> None:
    (told,) = statistics.judge([Arm("a", 1_000, 0), Arm("b", n, n)])

    assert told.verdict == verdict


def test_a_difference_whose_interval_holds_nought_names_no_winner() -> None:
    (told,) = statistics.judge([Arm("a", 100, 10), Arm("b", 100, 12)])

    assert (told.verdict, told.winner) == (Verdict.NO_DIFFERENCE, "")


def test_each_variant_is_held_against_the_first() -> None:
    told = statistics.judge([Arm("a", 100, 50), Arm("b", 100, 5), Arm("c", 100, 95)])

    assert [(one.challenger.variant, one.winner) for one in told] == [("b", "a"), ("c", "c")]
    assert statistics.judge([Arm("alone", 100, 50)]) == []


rates = st.integers(1, 5_000).flatmap(lambda n: st.integers(0, n).map(lambda reached: Rate(reached, n)))


@given(first=rates, second=rates)
def test_the_interval_holds_the_difference_and_turns_round_with_the_order(first: Rate, second: Rate) -> None:
    there, back = statistics.difference(first, second), statistics.difference(second, first)

    assert -1 <= there.low <= there.value <= there.high <= 1
    assert (there.value, there.low, there.high) == pytest.approx((-back.value, -back.high, -back.low))
    assert there.is_clear == back.is_clear


def test_a_rate_of_nobody_is_nought_and_not_judged() -> None:
    assert (Rate(0, 0).value, Rate(0, 0).is_judgeable) == (0.0, False)
