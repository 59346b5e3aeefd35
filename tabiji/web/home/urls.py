from __future__ import annotations

from django.urls import URLPattern, path

from tabiji.web.home import auditing, checking, homes, todo_views

workspace_urlpatterns: list[URLPattern] = [
    path("", homes.index, name="home"),
    path("reassign/<slug:owner>/", homes.reassign, name="home-reassign"),
    path("todos/", todo_views.index, name="todos"),
    path("todos/<int:definition_id>/assign/", todo_views.assign, name="todos-assign"),
    path("audit/", auditing.index, name="audit"),
    path("health/", checking.index, name="health"),
]
