"""What scoring does with a processed batch: first scores, then the stages of whom it touched."""

from __future__ import annotations

from uuid import UUID

from tabiji.core import facts
from tabiji.core.facts import Batch
from tabiji.scoring import acts, ledger, score_models, stages
from tabiji.scoring.giving import Giving
from tabiji.workspaces.public import workspace


class ScoreConsumer:
    """Points for acts of known people, for a visitor's past when it gets a name, and for changes."""

    name = "score"

    def consume(self, batch: Batch) -> None:
        merges = [(one.person_id, UUID(one.ref)) for one in batch.changes if one.kind == "merge"]
        ledger.join(merges, at=batch.now)
        published = score_models.live()
        if published is None:
            return
        giving = Giving(*published, workspace.current().zone)
        done = [
            *acts.of_batch(batch, giving.event_names),
            *acts.before_known(batch.known, giving.event_names, batch.workspace_id),
        ]
        ledger.give([*giving.for_acts(done), *giving.for_changes(batch.changes)], now=batch.now)


class StageConsumer:
    """The stages of the people whom the batch touched."""

    name = "stage"

    def consume(self, batch: Batch) -> None:
        stages.judge_touched(batch)


facts.consumers.add(ScoreConsumer.name, ScoreConsumer())
facts.consumers.add(StageConsumer.name, StageConsumer())
