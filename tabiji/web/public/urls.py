"""Addresses that customers see: landing pages, and the forms on them."""

from __future__ import annotations

from django.urls import URLPattern, path

from tabiji.web.public import views

urlpatterns: list[URLPattern] = [
    path("p/<slug:workspace>/<slug:key>", views.page, name="public-page"),
    path("f/<str:token>/submit", views.submit, name="public-submit"),
    path("f/<str:token>/thanks", views.thanks, name="public-thanks"),
]
