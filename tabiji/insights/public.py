"""What other rooms may call."""

from tabiji.insights import attribution, funnels, home, initiative_report, split_test

__all__ = ["attribution", "funnels", "home", "initiative_report", "split_test"]
