"""The console's addresses, with stand-ins for entries of the navigation whose pages are not there yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from tabiji.runtime import urls as house
from tabiji.web.shell.navigation import ENTRIES


def _later(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse()


def _names(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from _names(one.url_patterns)
        elif one.name:
            yield one.name


_WANTED = [item.name for entry in ENTRIES for item in entry.items]
_WANTED += [f"{name}-new" for name in ("journeys", "broadcasts", "mails", "pages", "forms", "audiences")]
_missing = sorted(set(_WANTED) - set(_names(house.urlpatterns)))
urlpatterns: list[URLPattern | URLResolver] = [
    *house.urlpatterns,
    path("w/<slug:slug>/", include([path(f"later/{name}/", _later, name=name) for name in _missing])),
]
