"""Making the demo: both workspaces, from nothing to the opening, in one process; about four minutes.

The steps, in order: found the company, import the cards, draw the plan, bring the past, open the
journeys, play ninety days, note what is known of companies, stand still.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from tabiji.core import postgres
from tabiji.events.public import processor
from tabiji.practice import mail_process
from tabiji.practice.demo import bringing, cards, cast, company, days, managing, neighbours, plan
from tabiji.practice.demo.company import Company
from tabiji.practice.demo.content import Language
from tabiji.practice.demo.plan import Plan
from tabiji.practice.demo.playing import Playing
from tabiji.practice.demo.wire import Wire
from tabiji.practice.driving import Driver, driving
from tabiji.workspaces.public import workspace

Say = Callable[[str], None]


def is_made() -> bool:
    """Whether this installation has the demo, played to its end: the neighbours move in last."""
    return {company.SLUG, neighbours.SLUG} <= _slugs()


def is_half() -> bool:
    """Whether a making ended on its way."""
    return company.SLUG in _slugs() and not is_made()


def make(language: Language, *, password: str, say: Say) -> tuple[Company, Plan]:
    """Raises psycopg.errors.UniqueViolation where the company is already there. say: for progress, a line each."""
    started = time.monotonic()
    made = _found(language, password)
    say(f"founded  {time.monotonic() - started:.0f} s")
    with mail_process.in_this_process(), driving(made.workspace.id) as driver:
        wire = Wire(made.workspace.id, cast.cast(), language, made.form_id)
        drawn = _draw(made, wire)
        say(f"plan drawn  {time.monotonic() - started:.0f} s")
        bringing.bring(made, drawn, wire, say=say)
        say(f"past brought  {time.monotonic() - started:.0f} s")
        _open(made, drawn, wire, driver)
        Playing(made, drawn, wire, driver, say).play()
    with postgres.workspace_scope(made.workspace.id):
        managing.describe_employers(made)
    stand_still(made)
    neighbours.make(language, password=password)
    processor.process_all()
    say(f"made  {time.monotonic() - started:.0f} s")
    return made, drawn


def stand_still(made: Company) -> None:
    """The clock at the opening, to the second; from here on it goes only while the stack is up."""
    with postgres.workspace_scope(made.workspace.id):
        workspace.set_clock_offset(days.OPENING - datetime.now(UTC))
        managing.date_drafts(made)
    postgres.execute("SELECT keep_practice_clocks(false)")


def _slugs() -> set[str]:
    return {one.slug for one in workspace.list_all()}


def _found(language: Language, password: str) -> Company:
    opened = company.open_workspace(language, now=datetime.now(UTC))
    with postgres.workspace_scope(opened.id):
        return company.found(opened, language, password=password)


def _draw(made: Company, wire: Wire) -> Plan:
    with postgres.workspace_scope(made.workspace.id):
        wire.learn(cards.bring_in(made, cast.cast()))
    return plan.make(lambda people: managing.divide_time_test(made, wire, people))


def _open(made: Company, drawn: Plan, wire: Wire, driver: Driver) -> None:
    """What is due from the past is done, then the journeys begin."""
    driver.run_until_idle()
    driver.set_clock(days.PERIOD)
    with postgres.workspace_scope(made.workspace.id):
        now = workspace.business_now()
        company.open_journeys(made, now=now)
        managing.start_thanks_test(made, drawn, wire, now)
        managing.keep_watched_audiences(made)
    driver.run_until_idle()
