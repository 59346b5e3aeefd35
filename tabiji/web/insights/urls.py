from __future__ import annotations

from django.urls import URLPattern, path

from tabiji.web.insights import attribution, events, funnels, rejects, results, things

workspace_urlpatterns: list[URLPattern] = [
    path("funnels/", funnels.index, name="funnels"),
    path("funnels/new/", funnels.new, name="funnels-new"),
    path("funnels/<int:funnel_id>/", funnels.detail, name="funnels-detail"),
    path("funnels/<int:funnel_id>/edit/", funnels.edit, name="funnels-edit"),
    path("results/", results.index, name="results"),
    path("results/behind/", things.behind, name="results-behind"),
    path("attribution/", attribution.index, name="attribution"),
    path("events/", events.index, name="events"),
    path("events/one/", events.detail, name="events-detail"),
    path("events/one/live/", events.live, name="events-live"),
    path("events/one/rule/", events.rule, name="events-rule"),
    path("rejects/", rejects.index, name="rejects"),
    path("rejects/<int:reject_id>/", rejects.detail, name="rejects-detail"),
    path("rejects/<int:reject_id>/replay/", rejects.replay, name="rejects-replay"),
]
