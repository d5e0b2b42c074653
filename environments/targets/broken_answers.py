"""Answers in JSON that arrived in pieces: botocore takes them for empty ones, and nothing for what AWS said."""

from __future__ import annotations

import json
from typing import Any

from botocore.parsers import ResponseParserError


def refuse(client: Any) -> None:
    """From now on a broken answer to this client is a `ResponseParserError`, as one in XML is."""
    client.meta.events.register("after-call", _check)


def _check(http_response: Any, parsed: Any, model: Any, **_: Any) -> None:
    # What was read has more than its metadata; only what seems to be empty is worth a second look.
    if (
        "json" not in model.service_model.resolved_protocol
        or set(parsed) - {"ResponseMetadata"}
        or not http_response.content
    ):
        return
    try:
        json.loads(http_response.content)
    except ValueError:
        raise ResponseParserError(f"the answer to {model.name} is no JSON") from None
