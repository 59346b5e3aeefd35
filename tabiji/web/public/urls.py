"""Addresses that customers see: landing pages and forms; unsubscribing and preferences."""

from __future__ import annotations

from django.urls import URLPattern, path

from tabiji.web.public import consents, views

urlpatterns: list[URLPattern] = [
    path("p/<slug:workspace>/<slug:key>", views.page, name="public-page"),
    path("f/<str:token>/submit", views.submit, name="public-submit"),
    path("f/<str:token>/thanks", views.thanks, name="public-thanks"),
    path("u/<str:token>", consents.unsubscribe, name="public-unsubscribe"),
    path("m/<str:token>", consents.preferences, name="public-preferences"),
]
