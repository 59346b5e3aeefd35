"""What other rooms may call."""

from tabiji.insights import attribution, form_report, funnels, home, initiative_report, split_test

__all__ = ["attribution", "form_report", "funnels", "home", "initiative_report", "split_test"]
