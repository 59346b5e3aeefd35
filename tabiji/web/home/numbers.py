"""Registers what homes offer to be opened, and what wants a colleague."""

from __future__ import annotations

from tabiji.web.home import handing, todos

__all__ = ["handing", "todos"]
