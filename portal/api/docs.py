"""The API's page of documentation: Swagger UI from the portal's own files, under its own content security policy."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from . import access, problems
from .problems import KINDS, Problem


class Docs(DocsBase):
    """Ninja's own page has its script in the page, which our policy forbids."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **parameters: Any) -> HttpResponse:
        known = [(f"problem-{name}", status, problems.titles(status)) for status, name in sorted(KINDS.items())]
        context = {"schema_url": self.get_openapi_url(api, parameters), "title": api.title, "problems": known}
        return render(request, "portal/api_docs.html", context)


def readable(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For those who have signed in, and for every valid token; others are led to the sign-in, programs told 401."""

    @wraps(view)
    def read(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        kind, _space, raw = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer" and raw.strip():
            try:
                access.enter(request, raw.strip())
            except Problem as problem:
                return problems.answer(request, problem)
        elif not (request.user.is_authenticated and request.user.is_active):
            if "text/html" in request.headers.get("Accept", ""):
                return redirect_to_login(request.get_full_path())
            return problems.answer(request, problems.no_token())
        return view(request, *args, **named)

    return read
