"""Companies: a list, and the people of one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from tabiji.core.paging import ListQuery
from tabiji.people.contracts import CompanyInfo
from tabiji.people.public import companies
from tabiji.sales.public import deals
from tabiji.web.components import lists as screens
from tabiji.web.components.lists import Column, Empty, Filter, ListScreen
from tabiji.web.customers import behind, people
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, members


@page(Permission.SEE_PEOPLE)
def index(request: WorkspaceRequest) -> HttpResponse:
    users = members.names()

    def name(company: CompanyInfo) -> SafeString:
        href = reverse("companies-detail", args=[request.workspace.slug, company.id])
        return screens.link(href, company.name, company.domain)

    def count(company: CompanyInfo) -> SafeString:
        href = reverse("companies-detail", args=[request.workspace.slug, company.id])
        return format_html('<a href="{}">{}</a>', href, on_screen.people(company.people))

    screen: ListScreen[CompanyInfo] = ListScreen(
        "companies",
        [
            Column("name", gettext_lazy("Name"), name, is_head=True),
            Column("people", gettext_lazy("People"), count, is_number=True),
            Column("industry", gettext_lazy("Industry"), lambda company: company.industry),
            Column(
                "employees",
                gettext_lazy("Employees"),
                lambda company: on_screen.number(company.employees),
                is_number=True,
            ),
            Column("owner", gettext_lazy("Owner"), lambda company: users.get(company.owner_id or 0, "")),
        ],
        companies.list_companies,
        Empty(
            gettext_lazy("There is no company yet"),
            gettext_lazy("Companies appear with the first person who names one."),
            example=gettext_lazy("Example: the field “Company name” of a form"),
        ),
        [Filter("q", gettext_lazy("Name of the company"))],
    )
    return render(request, "customers/companies.html", {"list": screens.render(screen, request)})


@page(Permission.SEE_PEOPLE)
def detail(request: WorkspaceRequest, company_id: int) -> HttpResponse:
    company = companies.get(company_id)
    token = behind.token("company", company.id)
    screen = people.screen_of(request, behind.resolve(request, token), view="company_people", within=token)
    context = {
        "company": company,
        "owner": members.names().get(company.owner_id or 0, ""),
        "list": screens.render(screen, request),
        "deals": deals.list_deals(ListQuery({"company": str(company.id)}, limit=1)).total
        if request.actor.may(Permission.SEE_SALES)
        else None,
    }
    return render(request, "customers/company.html", context)
