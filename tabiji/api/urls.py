from __future__ import annotations

from django.urls import path

from tabiji.api.routes import api

urlpatterns = [path("api/v1/", api.urls)]
