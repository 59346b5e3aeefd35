from __future__ import annotations

from django.urls import URLPattern, path

from tabiji.web.imports import exporting, files, histories, running, steps

workspace_urlpatterns: list[URLPattern] = [
    path("imports/", files.index, name="imports"),
    path("imports/new/", steps.new, name="imports-new"),
    path("imports/export/", exporting.export, name="imports-export"),
    path("imports/events/", histories.index, name="imports-events"),
    path("imports/events/progress/", histories.progress, name="imports-events-progress"),
    path("imports/events/<int:history_id>/cancel/", histories.cancel, name="imports-events-cancel"),
    path("imports/events/<int:history_id>/errors/", histories.errors, name="imports-events-errors"),
    path("imports/<int:import_id>/", running.detail, name="imports-detail"),
    path("imports/<int:import_id>/columns/", steps.columns, name="imports-columns"),
    path("imports/<int:import_id>/encoding/", steps.encoding, name="imports-encoding"),
    path("imports/<int:import_id>/check/", steps.check, name="imports-check"),
    path("imports/<int:import_id>/start/", steps.start, name="imports-start"),
    path("imports/<int:import_id>/cancel/", running.cancel, name="imports-cancel"),
    path("imports/<int:import_id>/progress/", running.progress, name="imports-progress"),
    path("imports/<int:import_id>/errors/", running.errors, name="imports-errors"),
]
