from __future__ import annotations

from django.urls import path

from tabiji.web.shell import first_run, views

urlpatterns = [
    path("", views.choose_workspace, name="start"),
    path("begin/<str:token>/", first_run.first_run, name="first-run"),
    path("language/", views.set_language, name="language"),
]
workspace_urlpatterns = [
    path("notices/", views.notice_list, name="notices"),
    path("search/", views.search, name="search"),
]
