from __future__ import annotations

from django.urls import path

from tabiji.web.shell import views

urlpatterns = [
    path("", views.choose_workspace, name="start"),
    path("language/", views.set_language, name="language"),
]
workspace_urlpatterns = [
    path("notices/", views.notice_list, name="notices"),
    path("search/", views.search, name="search"),
]
