"""The demo company's site: public, without signing in."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tabiji.practice import demo_site as sites


@require_safe
def demo_site(request: HttpRequest, slug: str, path: str = "") -> HttpResponse:
    try:
        page = sites.page(slug, path)
    except sites.NoSuchSite as error:
        raise Http404 from error
    headers = {"Content-Security-Policy": sites.policy(), "Cache-Control": "no-cache"}
    return HttpResponse(page.body, content_type=page.content_type, headers=headers)
