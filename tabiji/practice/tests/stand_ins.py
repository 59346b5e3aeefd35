"""All addresses of the product, with a stand-in for each page of the navigation that is not built yet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path

from tabiji.runtime import urls
from tabiji.web.shell import navigation

_ALSO = ("journeys-new", "broadcasts-new", "mails-new", "pages-new", "forms-new", "audiences-new")


def _names(patterns: list[URLPattern | URLResolver]) -> set[str]:
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= _names(pattern.url_patterns)
        elif pattern.name:
            found.add(pattern.name)
    return found


def _page(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(slug)


_wanted = {item.name for entry in navigation.ENTRIES for item in entry.items} | set(_ALSO)
urlpatterns: list[URLPattern | URLResolver] = [
    *urls.urlpatterns,
    path(
        "w/<slug:slug>/",
        include(
            [
                path(f"stand-in/{name}/", _page, name=name)
                for name in sorted(_wanted - _names(urls.urlpatterns))
            ]
        ),
    ),
]
