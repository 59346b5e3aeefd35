"""Template vocabulary of tests."""

from __future__ import annotations

from django import template

from tabiji.web.initiatives import experiments

register = template.Library()
register.filter("days_said", experiments.days_said)
register.filter("effects", experiments.effects_said)
