from __future__ import annotations

from django.urls import URLPattern, path

from tabiji.web.audiences import audiences, builder, comparing, known, moving, one

workspace_urlpatterns: list[URLPattern] = [
    path("audiences/", audiences.index, name="audiences"),
    path("audiences/new/", builder.new, name="audiences-new"),
    path("audiences/count/", builder.count, name="audiences-count"),
    path("audiences/known/", known.suggest, name="audiences-known"),
    path("audiences/<int:audience_id>/", one.detail, name="audiences-detail"),
    path("audiences/<int:audience_id>/edit/", builder.edit, name="audiences-edit"),
    path("audiences/<int:audience_id>/lines/", one.lines, name="audiences-lines"),
    path("audiences/<int:audience_id>/history/", one.sizes, name="audiences-history"),
    path("audiences/<int:audience_id>/why/", comparing.why, name="audiences-why"),
    path("audiences/<int:audience_id>/overlap/", comparing.overlap, name="audiences-overlap"),
    path("audiences/<int:audience_id>/moves/", moving.index, name="audiences-moves"),
    path("audiences/<int:audience_id>/refresh/", one.refresh, name="audiences-refresh"),
    path("audiences/<int:audience_id>/archive/", one.archive, name="audiences-archive"),
    path("audiences/<int:audience_id>/restore/", one.restore, name="audiences-restore"),
]
