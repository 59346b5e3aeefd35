from __future__ import annotations

from django.urls import URLPattern, path

from tabiji.web.customers import companies, consents, duplicates, editing, lists, people, person

workspace_urlpatterns: list[URLPattern] = [
    path("people/", people.index, name="people"),
    path("people/to-list/", people.put, name="people-put"),
    path("people/<uuid:person_id>/", person.page_of, name="people-detail"),
    path("people/<uuid:person_id>/messages/", person.messages_of, name="people-messages"),
    path("people/<uuid:person_id>/accept/", person.accept, name="people-accept"),
    path("people/<uuid:person_id>/fields/<slug:key>/", editing.field, name="people-field"),
    path("people/<uuid:person_id>/unsubscribe/", editing.unsubscribe, name="people-unsubscribe"),
    path("companies/", companies.index, name="companies"),
    path("companies/<int:company_id>/", companies.detail, name="companies-detail"),
    path("lists/", lists.index, name="lists"),
    path("lists/new/", lists.new, name="lists-new"),
    path("lists/<int:list_id>/", lists.detail, name="lists-detail"),
    path("lists/<int:list_id>/remove/", lists.remove, name="lists-remove"),
    path("lists/<int:list_id>/undo/", lists.undo, name="lists-undo"),
    path("duplicates/", duplicates.index, name="duplicates"),
    path("consent/", consents.index, name="consent"),
    path("consent/addresses/", consents.addresses, name="consent-addresses"),
]
