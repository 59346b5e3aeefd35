from __future__ import annotations

from django.urls import URLPattern, path

from tabiji.web.content import views_definition, views_mail_editor, views_mails

workspace_urlpatterns: list[URLPattern] = [
    path("mails/", views_mails.index, name="mails"),
    path("mails/new/", views_mails.new, name="mails-new"),
    path("mails/sender/", views_definition.sender, name="mails-brand"),
    path("mails/<int:mail_id>/", views_mails.detail, name="mails-detail"),
    path("mails/<int:mail_id>/frame/", views_mails.frame, name="mails-frame"),
    path("mails/<int:mail_id>/readers/", views_mails.readers, name="mails-readers"),
    path("mails/<int:mail_id>/test/", views_mails.test, name="mails-test"),
    path("mails/<int:mail_id>/edit/", views_mail_editor.edit, name="mails-edit"),
    path("mails/<int:mail_id>/save/", views_mail_editor.save, name="mails-save"),
    path("mails/<int:mail_id>/look/", views_mail_editor.look, name="mails-look"),
    path("mails/<int:mail_id>/look/frame/", views_mail_editor.frame, name="mails-look-frame"),
    path("mails/<int:mail_id>/use/", views_mail_editor.use, name="mails-use"),
    path("mails/<int:mail_id>/go-back/", views_mail_editor.go_back, name="mails-go-back"),
    path("mails/<int:definition_id>/header/", views_definition.change, {"kind": "mail"}, name="mails-header"),
    path(
        "mails/<int:definition_id>/put-away/",
        views_definition.put_away,
        {"kind": "mail"},
        name="mails-put-away",
    ),
]
