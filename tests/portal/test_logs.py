"""No secret reaches the log, whichever part of a record it comes in by; a refusal is told there as no error."""

import io
import logging
import re
from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver
from django.utils.log import log_response

from portal.logs import MaskingFormatter
from portal.masking import mask
from tests import factories


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Bearer dbk_abcdEFGHijklmnopQRST-_uvwxyz0123456789", "Bearer dbk_abcd***"),
        ("postgresql://daybreak:hush@db:5432/x", "postgresql://daybreak:***@db:5432/x"),
        ("redis://:hush@127.0.0.1/0 is away", "redis://:***@127.0.0.1/0 is away"),
        ("amqp://u:a:b@host//", "amqp://u:***@host//"),
        (
            "POST https://discord.com/api/webhooks/12/hush?wait=true 200",
            "POST https://discord.com/api/webhooks/*** 200",
        ),
        ('"POST /api/webhooks/12/hush HTTP/1.1"', '"POST /api/webhooks/*** HTTP/1.1"'),
        ("https://hooks.slack.com/services/T0/B0/hush", "https://hooks.slack.com/services/***"),
        ("https://wh.jandi.com/connect-api/webhook/1/hush", "https://wh.jandi.com/connect-api/webhook/***"),
        ("Not Found: /feeds/hush-AB_c.ics", "Not Found: /feeds/***"),
        ("Forbidden (CSRF cookie not set.): /m/o/WzE0L:hu-sh/", "Forbidden (CSRF cookie not set.): /m/o/***"),
        ('"GET /m/a/MTQ%3Ahush/ HTTP/1.1" 200', '"GET /m/a/*** HTTP/1.1" 200'),
        ("http://127.0.0.1:8000/ at 09:00", "http://127.0.0.1:8000/ at 09:00"),
        ("arn:aws:iam::123456789012:role/x@y", "arn:aws:iam::123456789012:role/x@y"),
    ],
)
def test_passwords_and_webhook_addresses_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


NO_SECRET = frozenset(
    {
        *("slug", "number", "what", "kind", "person", "id", "url"),
        *("app", "app_label", "model", "object_id", "content_type_id"),
    }
)
"""Parts of addresses that name a thing of the portal: knowing them lets nobody in."""


def routes(resolver: URLResolver, before: str = "/") -> Iterator[tuple[str, set[str]]]:
    """Each address that has changing parts, filled with what is not to be seen, and the names of these parts."""
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one, route)
        elif names := set(re.findall(r"[<:](\w+)>", route)):
            yield re.sub(r"<[^>]*>", "hush-AB_c:1", route), names


def test_every_address_of_ours_that_carries_a_secret_is_masked_and_a_new_one_cannot_be_forgotten() -> None:
    carrying = [address for address, names in routes(get_resolver()) if names - NO_SECRET]
    assert len(carrying) >= 12
    assert [address for address in carrying if "hush" in mask(f"Forbidden: {address} 403")] == []


def test_a_secret_in_a_traceback_is_masked_too() -> None:
    try:
        raise RuntimeError("cannot reach redis://:hush@127.0.0.1/0")
    except RuntimeError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, __file__, 1, "at %s", ("amqp://u:hush@h//",), (type(error), error, error.__traceback__)
        )

    text = MaskingFormatter().format(record)

    assert "RuntimeError" in text
    assert "hush" not in text.replace("test_logs", "")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the portal's own handler writes."""
    ours = [one for one in logging.getLogger().handlers if isinstance(one.formatter, MaskingFormatter)]
    assert len(ours) == 1
    assert isinstance(ours[0], logging.StreamHandler)
    written = io.StringIO()
    # Not by `setStream`, which flushes: what it wrote to until now may be an earlier test's, closed by then.
    before, ours[0].stream = ours[0].stream, written
    yield written
    ours[0].stream = before


@pytest.mark.django_db
def test_a_refused_person_is_a_line_in_the_log_and_no_traceback(client: Client, log: io.StringIO) -> None:
    client.force_login(factories.viewer())
    assert client.get("/auth/user/").status_code == 403
    (line,) = log.getvalue().splitlines()
    assert line.endswith("WARNING django.request: Forbidden (Permission denied): /auth/user/")


def test_an_error_of_ours_keeps_its_traceback(log: io.StringIO) -> None:
    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        response = HttpResponse(status=500)
        log_response("Broken", response=response, request=RequestFactory().get("/"), exception=error)
    assert "ERROR   django.request: Broken" in log.getvalue()
    assert "RuntimeError: broken" in log.getvalue()
