"""No secret reaches the log, whichever part of a record it comes in by."""

import logging

import pytest

from portal.logs import MaskingFormatter
from portal.masking import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
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
        ("http://127.0.0.1:8000/ at 09:00", "http://127.0.0.1:8000/ at 09:00"),
        ("arn:aws:iam::123456789012:role/x@y", "arn:aws:iam::123456789012:role/x@y"),
    ],
)
def test_passwords_and_webhook_addresses_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


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
