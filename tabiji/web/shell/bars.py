"""Bars over every page. `practice` registers its own; `runtime` mounts it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.safestring import SafeString

from tabiji.core.registry import Registry

Bar = Callable[[HttpRequest], SafeString | str]
bars: Registry[Bar] = Registry("bar")
"""Each draws itself for a request, or gives an empty text."""
