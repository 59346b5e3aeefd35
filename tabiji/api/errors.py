"""Errors of the API: a stable code, a sentence, and where it was."""

from __future__ import annotations

from typing import Any

import psycopg
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from tabiji.audiences.public import asking, conditions
from tabiji.core import clickhouse, paging
from tabiji.people.public import fields


class Problem(Schema):
    """What every error answers with. `code` never changes its meaning."""

    code: str
    message: str
    where: str = ""


def install(api: NinjaAPI) -> None:
    """Turn what rooms raise into stable answers."""

    def answer(request: HttpRequest, status: int, code: str, message: str, where: str = "") -> HttpResponse:
        return api.create_response(
            request, {"error": {"code": code, "message": message, "where": where}}, status=status
        )

    @api.exception_handler(AuthenticationError)
    def unknown_key(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, 401, "bad_key", "This API key is unknown or was revoked.")

    @api.exception_handler(ValidationError)
    def malformed(request: HttpRequest, error: Any) -> HttpResponse:
        first = error.errors[0]
        where = ".".join(str(part) for part in first["loc"] if part not in ("body", "payload"))
        return answer(request, 422, "malformed", str(first["msg"]), where)

    @api.exception_handler(HttpError)
    def stated(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, error.status_code, "refused", str(error))

    @api.exception_handler(LookupError)
    def absent(request: HttpRequest, error: Any) -> HttpResponse:
        if isinstance(error, fields.UnknownField):
            return answer(request, 422, "unknown_field", str(error))
        if type(error).__name__.startswith("NoSuch"):
            return answer(request, 404, "not_found", str(error))
        raise error

    @api.exception_handler(fields.BadValue)
    def unfit(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, 422, "bad_value", error.why, error.field)

    @api.exception_handler(conditions.BadCondition)
    def bad_condition(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, 422, "bad_condition", error.why, error.path)

    @api.exception_handler(paging.BadCursor)
    def bad_cursor(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, 422, "bad_cursor", str(error), "after")

    @api.exception_handler(psycopg.DataError)
    @api.exception_handler(psycopg.errors.CannotCoerce)
    def cursor_of_another_list(request: HttpRequest, error: Any) -> HttpResponse:
        if not request.GET.get("after"):
            raise error
        return answer(request, 422, "bad_cursor", "This is the cursor of another list.", "after")

    def resting(request: HttpRequest, error: Any) -> HttpResponse:
        response = answer(request, 503, "counting_rests", "Counting is resting; ask again in a minute.")
        response["Retry-After"] = "30"
        return response

    api.add_exception_handler(asking.CountingRests, resting)
    api.add_exception_handler(clickhouse.ClickHouseResting, resting)
