from __future__ import annotations

from django.urls import URLPattern, path

from tabiji.web.insights import attribution, funnels, rejects, results, things

workspace_urlpatterns: list[URLPattern] = [
    path("funnels/", funnels.index, name="funnels"),
    path("funnels/new/", funnels.new, name="funnels-new"),
    path("funnels/<int:funnel_id>/", funnels.detail, name="funnels-detail"),
    path("funnels/<int:funnel_id>/edit/", funnels.edit, name="funnels-edit"),
    path("results/", results.index, name="results"),
    path("results/behind/", things.behind, name="results-behind"),
    path("attribution/", attribution.index, name="attribution"),
    path("rejects/", rejects.index, name="rejects"),
    path("rejects/<int:reject_id>/", rejects.detail, name="rejects-detail"),
    path("rejects/<int:reject_id>/replay/", rejects.replay, name="rejects-replay"),
]
