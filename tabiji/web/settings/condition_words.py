"""What a condition calls a stage: the workspace's own name for it, not its key."""

from __future__ import annotations

from collections.abc import Mapping

from tabiji.audiences.public import sources
from tabiji.scoring.public import stage_models


def _stages() -> Mapping[str, str]:
    model = stage_models.find()
    return {stage.key: stage.label for stage in model.stages} if model else {}


sources.words.add("stage", _stages)
