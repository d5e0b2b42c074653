"""Errors of the API as people and programs read them: `application/problem+json` (RFC 9457), naming the field.

What somebody may not see does not exist (404); what went wrong here says nothing of the inside (500).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core import exceptions as wrong
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as Unreadable
from pydantic import Field

from .sentences import sentence

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
KINDS = {
    400: "bad-request",
    401: "unauthorized",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    412: "precondition-failed",
    413: "too-large",
    422: "invalid",
    429: "too-many-requests",
    500: "server-error",
    503: "unavailable",
}
"""Status -> its name in the documentation; `type` of a problem leads there."""
# What stands before a field's own name in the places that ninja and pydantic tell.
SOURCES = frozenset({"body", "query", "path", "header", "form", "file", "cookie"})
WHOLE = "request"
"""The name under which errors stand that no single field is to blame for."""


class ProblemOut(Schema):
    """What every answer that is an error looks like (RFC 9457)."""

    type: str = Field(description="An address that explains this kind of problem.")
    title: str = Field(description="The kind of problem, in a few words.")
    status: int = Field(description="The status of the answer once more.")
    detail: str = Field(description="What is wrong with this request, as a sentence for people.")
    instance: str = Field(description="The path that was asked for.")
    errors: dict[str, list[str]] = Field(description="Field -> what is wrong with it. Empty where no field is.")


class Problem(Exception):
    """An answer that is an error. `errors`: field -> sentences; `headers` go with the answer."""

    def __init__(
        self,
        status: int,
        title: str = "",
        detail: str = "",
        errors: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title or detail)
        self.status, self.title, self.detail = status, title, detail
        self.errors = {name: list(said) for name, said in (errors or {}).items()}
        self.headers = dict(headers or {})


def invalid(field: str, *said: str) -> Problem:
    """The problem of one field: 422."""
    return Problem(422, errors={field: said})


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A problem as a response, in the language that is active."""
    status = problem.status
    said = [sentence for sentences in problem.errors.values() for sentence in sentences]
    body = {
        "type": f"{settings.BASE_URL}/api/v1/docs#problem-{KINDS.get(status, 'bad-request')}",
        "title": str(problem.title) or titles(status),
        "status": status,
        "detail": str(problem.detail) or " ".join(said),
        "instance": request.path,
        "errors": problem.errors,
    }
    content = json.dumps(body, ensure_ascii=False)
    return HttpResponse(content, status=status, content_type=MEDIA_TYPE, headers=problem.headers)


def titles(status: int) -> str:
    """What a status means, in a few words."""
    known = {
        400: _("The request cannot be read"),
        401: _("A token is needed"),
        403: _("This is not permitted"),
        404: _("This does not exist"),
        405: _("This method is not known here"),
        409: _("This is being done already"),
        412: _("It is not as it was any more"),
        413: _("The request is too large"),
        422: _("The request has errors"),
        429: _("Too many requests"),
        500: _("Something went wrong here"),
        503: _("This cannot be answered now"),
    }
    return known.get(status) or HTTPStatus(status).phrase


def install(api: NinjaAPI) -> None:
    """Have every error of an API answered as a problem."""
    api.add_exception_handler(Problem, lambda request, error: answer(request, _one(error)))
    api.add_exception_handler(Unreadable, lambda request, error: answer(request, _of_fields(_one(error))))
    api.add_exception_handler(wrong.ValidationError, lambda request, error: answer(request, _of_form(_one(error))))
    api.add_exception_handler(wrong.PermissionDenied, lambda request, error: answer(request, _denied(_one(error))))
    api.add_exception_handler(Http404, lambda request, error: answer(request, Problem(404)))
    api.add_exception_handler(wrong.ObjectDoesNotExist, lambda request, error: answer(request, Problem(404)))
    api.add_exception_handler(wrong.RequestDataTooBig, lambda request, error: answer(request, Problem(413)))
    api.add_exception_handler(wrong.SuspiciousOperation, lambda request, error: answer(request, Problem(400)))
    api.add_exception_handler(wrong.BadRequest, lambda request, error: answer(request, Problem(400)))
    api.add_exception_handler(AuthenticationError, lambda request, error: answer(request, no_token()))
    api.add_exception_handler(HttpError, lambda request, error: answer(request, _of_ninja(_one(error))))
    api.add_exception_handler(Exception, lambda request, error: failed(request, _one(error)))


def no_token() -> Problem:
    """401, with how to come in."""
    detail = _("Send a token of the API with the request: “Authorization: Bearer dbk_…”.")
    return Problem(401, detail=detail, headers={"WWW-Authenticate": 'Bearer realm="Daybreak"'})


def _one(error: Any) -> Any:
    """Handlers are told an error or, by their types, its class."""
    return error


def _of_fields(error: Unreadable) -> Problem:
    found: dict[str, list[str]] = {}
    for one in error.errors:
        found.setdefault(_field(one.get("loc", ())), []).append(sentence(one))
    return Problem(422, errors=found)


def _field(place: Sequence[Any]) -> str:
    """“until” of (“body”, “sent”, “until”): without where it came from and the name of our own parameter."""
    names = [str(part) for part in place]
    if names and names[0] in SOURCES:
        source, names = names[0], names[1:]
        names = names[1:] if source == "body" else names
    return ".".join(names) or WHOLE


def _of_form(error: wrong.ValidationError) -> Problem:
    """Errors of our services and forms; those of no field are the detail."""
    if hasattr(error, "error_dict"):
        found = {WHOLE if name == wrong.NON_FIELD_ERRORS else name: said for name, said in error.message_dict.items()}
        return Problem(422, errors=found)
    return Problem(422, detail=" ".join(error.messages), errors={WHOLE: error.messages})


def _denied(error: wrong.PermissionDenied) -> Problem:
    return Problem(403, detail=str(error))


def _of_ninja(error: HttpError) -> Problem:
    return Problem(error.status_code, detail=error.message)


def failed(request: HttpRequest, error: BaseException) -> HttpResponse:
    """500: the log has what went wrong, the answer nothing of it."""
    log.error("The API failed at %s %s.", request.method, request.path, exc_info=error)
    return answer(request, Problem(500, detail=_("It has been noted in the portal's log. Try again later.")))
