"""Every address of the portal, as a list; and everything the database holds, for comparing before and after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from environments.models import HttpCheck, MonthlyReport, Ticket

from .world import MissingError, example

NOT_FOR_WALKING = {
    "admin:logout",  # takes a POST; anonymous people it concerns nothing
    "set_language",  # takes a POST
    "public:report_mail",  # a signed link instead: tests/public/test_report_mail.py
    "public:ticket_mail",  # a signed link instead: tests/services/test_ticket_mails.py
    "notifications:offer",  # signed links instead: tests/notifications/test_links.py
    "notifications:acknowledge",  # the same
    "notifications:leave",  # the same
    "sms",  # asks for its secret and a signature instead: tests/notifications/test_sms.py
    "jandi",  # asks for its secret and a token instead: tests/notifications/chat/test_jandi.py
    "slack",  # asks for its secret and a signature instead: tests/notifications/chat_slack
    "discord",  # the same: tests/notifications/chat_discord
    "preferences_chat_unlink",  # of one's own links alone: tests/notifications/chat/test_linking.py
    "metrics",  # asks for a token instead: tests/portal/test_metrics.py
    "admin:portal_apitoken_change",  # of one's own tokens alone: tests/api/test_token_pages.py
    "admin:portal_apitoken_history",  # the same
    "admin:portal_apitoken_delete",  # the same
    "chat_followed",  # of what one has begun there oneself: tests/portal/test_chat_page.py
    "sns",  # asks for a signature of AWS instead: tests/notifications/test_sns.py
    "public:ping",  # asks for its secret instead of a sign-in: tests/public/test_heartbeat.py
    "public:ping_what",  # the same
    "public:status",  # for everybody, without a sign-in: tests/public/test_status.py
    "public:status_data",  # the same
    "public:status_script",  # the same
    "public:feed",  # asks for its secret instead of a sign-in: tests/public/test_feed.py
}
OF_PROGRAMS = "/api/v1/"
"""Asks for a token instead of a sign-in: tests/api."""
LEADING_ELSEWHERE = {
    "admin:None",  # addresses that Django's admin knows from long ago, and whatever no pattern matches
}


def named_addresses(slug: str, *, sparing: bool = False) -> dict[str, str]:
    """An address for each pattern that Django knows; those of a model lead to its example.

    With its name among the patterns (“environments:redeploy”); “” for what only leads elsewhere. Raises MissingError
    for a model without a row, whose addresses are left out when `sparing`.
    """
    found: dict[str, str] = {}
    for route, name in _patterns(get_resolver().url_patterns, "/", ""):
        if name not in NOT_FOR_WALKING and not route.startswith(OF_PROGRAMS):
            with suppress(*[MissingError] if sparing else []):
                for address in _filled(route, slug):
                    found.setdefault(address, "" if name in LEADING_ELSEWHERE else name)
    return found


def of_model(model: type[Model], view: str) -> str:
    """`list`, `add`, `change`, `delete` or `history` of the model's example."""
    base = f"/{model._meta.app_label}/{model._meta.model_name}/"
    return base if view == "list" else f"{base}add/" if view == "add" else f"{base}{example(model).pk}/{view}/"


def contents() -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables but the sessions, which signing in writes. As the database holds them: what is not put
    into objects is read a hundred times in a walk."""
    models = [model for model in apps.get_models(include_auto_created=True) if model is not Session]
    with connection.cursor() as cursor:
        return {model._meta.label: _rows(cursor, model) for model in models}


def _rows(cursor: Any, model: type[Model]) -> list[dict[str, Any]]:
    quoted = connection.ops.quote_name
    cursor.execute(f"SELECT * FROM {quoted(model._meta.db_table)} ORDER BY {quoted(str(model._meta.pk.column))}")
    columns = [column[0] for column in cursor.description]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _patterns(patterns: Any, prefix: str, namespace: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, route, f"{pattern.namespace or namespace}")
        elif isinstance(pattern, URLPattern):
            yield route, f"{namespace}:{pattern.name}" if namespace else str(pattern.name)


def _filled(route: str, slug: str) -> Iterator[str]:
    if "(?P<app_label>" in route:  # the list of an app's models
        yield from sorted({f"/{model._meta.app_label}/" for model in admin.site._registry})
    elif "(?P<url>" in route:  # whatever no pattern before it matches
        yield "/no/such/page/"
    elif "<path:content_type_id>" in route:
        yield "/r/1/1/"
    elif "<slug:app>" in route:  # the histories, in place of those that each model has an address of
        return
    elif route.startswith("/costs/reports/<"):
        yield route.replace("<int:number>", str(example(MonthlyReport).pk))
    elif route.startswith("/tickets/<"):
        yield route.replace("<int:number>", str(example(Ticket).pk))
    elif "/health/" in route and route.count("<") > 1:
        route = route.replace("<int:number>", str(example(HttpCheck).pk))
        yield route.replace("<slug:slug>", slug).replace("<slug:kind>", "http")
    elif route.startswith("/help/"):
        yield route.replace("<slug:slug>", "start")
    else:
        route = route.replace("<slug:slug>", slug)
        if "<" in route:
            app, name = route.split("/")[1:3]
            route = re.sub(r"<[^>]+>", str(example(apps.get_model(app, name)).pk), route)
        yield route
