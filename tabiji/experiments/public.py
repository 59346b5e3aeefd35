"""What other rooms may call."""

from tabiji.experiments import assignment, decisions, experiments, exposures, statistics

__all__ = ["assignment", "decisions", "experiments", "exposures", "statistics"]
