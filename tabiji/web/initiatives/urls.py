from __future__ import annotations

from django.urls import URLPattern, path

from tabiji.web.initiatives import experiments, initiatives, kpi

workspace_urlpatterns: list[URLPattern] = [
    path("initiatives/", initiatives.index, name="initiatives"),
    path("initiatives/new/", initiatives.new, name="initiatives-new"),
    path("initiatives/<int:initiative_id>/", initiatives.detail, name="initiatives-detail"),
    path("initiatives/<int:initiative_id>/edit/", initiatives.edit, name="initiatives-edit"),
    path("initiatives/<int:initiative_id>/verdict/", initiatives.judge, name="initiatives-judge"),
    path("initiatives/<int:initiative_id>/put/", initiatives.put, name="initiatives-put"),
    path(
        "initiatives/<int:initiative_id>/remove/<int:definition_id>/",
        initiatives.remove,
        name="initiatives-remove",
    ),
    path("kpi/", kpi.index, name="kpi"),
    path("kpi/new/", kpi.new, name="kpi-new"),
    path("kpi/<int:kpi_id>/edit/", kpi.edit, name="kpi-edit"),
    path("experiments/", experiments.index, name="experiments"),
    path("experiments/new/", experiments.new, name="experiments-new"),
    path("experiments/<int:experiment_id>/", experiments.detail, name="experiments-detail"),
    path("experiments/<int:experiment_id>/adopt/", experiments.adopt, name="experiments-adopt"),
    path(
        "experiments/<int:experiment_id>/undo/<int:decision_id>/", experiments.undo, name="experiments-undo"
    ),
]
