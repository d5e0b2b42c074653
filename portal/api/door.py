"""What every request to the API goes through, before its endpoint and after it: who asks from where, errors, ETags."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from portal.origin import Source, client_address, from_source

from . import conditions, description, parameters, problems, replays
from .call import call_of
from .docs import Docs, readable
from .problems import MEDIA_TYPE, Problem

ORIGIN = "api"
OWN_PAGES = frozenset({"openapi-json", "openapi-view"})
"""What the signed-in may read as well; everything else takes tokens alone."""

View = Callable[..., HttpResponse]


class PortalAPI(NinjaAPI):
    """Ninja's, with our errors, our door around every endpoint, no parameters but those that it declares, and a
    description that names scopes and problems."""

    def __init__(self, **options: Any) -> None:
        super().__init__(docs=Docs(), docs_decorator=readable, urls_namespace="api", **options)
        problems.install(self)
        self.add_exception_handler(replays.Replay, _replayed)

    @property
    def urls(self) -> Any:
        """Ninja's, each behind our door; whatever else is asked for does not exist, and says so as a problem."""
        found, app, namespace = super().urls
        parameters.refuse_unknown(self)
        routes = [_behind_door(one) for one in found if isinstance(one, URLPattern)]
        return [*routes, re_path("", _door(_unknown))], app, namespace

    def get_openapi_operation_id(self, operation: Any) -> str:
        """“operations_follow”: the module and the function."""
        view = operation.view_func
        return f"{view.__module__.rpartition('.')[2]}_{view.__name__}"

    def get_openapi_schema(self, **asked: Any) -> Any:
        """Ninja's, completed (`description`)."""
        return description.completed(self, super().get_openapi_schema(**asked))


def _behind_door(route: URLPattern) -> URLPattern:
    """Ninja's root only says where the documentation is; it is needed for its name."""
    view = _unknown if route.name == "api-root" else route.callback
    return URLPattern(route.pattern, _door(view, own_page=route.name in OWN_PAGES), route.default_args, route.name)


def _door(view: View, *, own_page: bool = False) -> View:
    """Let a request in: its changes come from the API, it is nobody's until a token says whose, and errors, headers
    and the kept answer are seen to when it goes out."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if not own_page:
            request.user = AnonymousUser()  # a session's cookie says nothing here
        source = Source(ORIGIN, client_address(request), lambda: request.user, timezone.now())
        with from_source(source), translation.override(translation.get_language()), replays.whole(request):
            return _headless(request, lambda: _finished(request, _as_problem(request, view(request, *args, **named))))

    return csrf_exempt(answered)


def _headless(request: HttpRequest, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """HEAD is answered as GET is, without the body (RFC 9110, 9.3.2), for not every server takes it away. The length
    that it names is that of the answer as it is, not packed."""
    if request.method != "HEAD":
        return answer()
    request.method = "GET"
    try:
        response = answer()
    finally:
        request.method = "HEAD"
    if not response.streaming:
        response.headers.setdefault("Content-Length", str(len(response.content)))
        response.content = b""
    return response


def _unknown(request: HttpRequest) -> HttpResponse:
    return problems.answer(request, Problem(404))


def _replayed(request: HttpRequest, error: Any) -> HttpResponse:
    return replays.again(error.kept)


def _as_problem(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """What Django and ninja answer themselves (a method that is not known here), as a problem."""
    if response.status_code < 400 or response.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        return response
    kept = {name: value for name, value in response.headers.items() if name not in {"Content-Type", "Content-Length"}}
    return problems.answer(request, Problem(response.status_code, headers=kept))


def _finished(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """With what was done and its answer kept together, the conditions of the request seen to, and our headers."""
    response = replays.concluded(request, response)
    if request.method == "GET" and response.status_code == 200 and not response.streaming:
        response = conditions.of_read(request, response)
    for name, value in call_of(request).headers.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response.headers.setdefault("Content-Language", translation.get_language() or "en")
    patch_vary_headers(response, ["Authorization", "Accept-Language"])
    return response
