"""The console of the audiences' tests: the same colleagues, the same browser."""

from __future__ import annotations

from tabiji.web.audiences.tests.conftest import aoi, sign_in

__all__ = ["aoi", "sign_in"]
