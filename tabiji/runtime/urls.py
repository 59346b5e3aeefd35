"""All addresses of the web process: health here, pages and API from their rooms."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, URLResolver, include, path

from tabiji.api import urls as api_urls
from tabiji.practice import urls as practice_urls
from tabiji.runtime import doctor  # noqa: F401  # its checks stand on the health page, too
from tabiji.runtime.metrics import metrics
from tabiji.web.audiences import urls as audiences_urls
from tabiji.web.content import urls as content_urls
from tabiji.web.customers import urls as customers_urls
from tabiji.web.home import urls as home_urls
from tabiji.web.imports import urls as imports_urls
from tabiji.web.initiatives import urls as initiatives_urls
from tabiji.web.insights import urls as insights_urls
from tabiji.web.journeys import urls as journeys_urls
from tabiji.web.public import urls as public_urls
from tabiji.web.sales import urls as sales_urls
from tabiji.web.settings import urls as settings_urls
from tabiji.web.shell import urls as shell_urls


def health(request: HttpRequest) -> JsonResponse:
    """200 when this process can reach its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health),
    path("metrics", metrics),
    path("accounts/", include("allauth.urls")),
    *api_urls.urlpatterns,
    *shell_urls.urlpatterns,
    *public_urls.urlpatterns,
    *practice_urls.urlpatterns,
]
_console: list[URLPattern | URLResolver] = [
    *shell_urls.workspace_urlpatterns,
    *practice_urls.workspace_urlpatterns,
    *customers_urls.workspace_urlpatterns,
    *journeys_urls.workspace_urlpatterns,
    *insights_urls.workspace_urlpatterns,
    *initiatives_urls.workspace_urlpatterns,
    *home_urls.workspace_urlpatterns,
    *sales_urls.workspace_urlpatterns,
    *content_urls.workspace_urlpatterns,
    *audiences_urls.workspace_urlpatterns,
    *imports_urls.workspace_urlpatterns,
    *settings_urls.workspace_urlpatterns,
]
urlpatterns.append(path("w/<slug:slug>/", include(_console)))
