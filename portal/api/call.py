"""What is known of a request to the API beside Django's own: the headers of its answer, and the answer that is kept."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field

from django.http import HttpRequest

from portal.models import ApiAnswer


@dataclass(slots=True)
class Call:
    """`kept` is the row that this request's answer is written to, where it has an idempotency key; `work` the
    transaction that it is done in (`replays`)."""

    headers: dict[str, str] = field(default_factory=dict)
    kept: ApiAnswer | None = None
    work: ExitStack | None = None


def call_of(request: HttpRequest) -> Call:
    """The request's own; begun where it has none yet."""
    found: Call | None = getattr(request, "_api_call", None)
    if found is None:
        found = Call()
        request._api_call = found  # type: ignore[attr-defined]  # noqa: SLF001
    return found
