"""What other rooms may call."""

from tabiji.scoring import rules, score_models, scores, stage_models, stages
from tabiji.scoring.due import next_due, run_due

__all__ = ["next_due", "rules", "run_due", "score_models", "scores", "stage_models", "stages"]
