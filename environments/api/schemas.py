"""What all answers of the API have in common: plain data, instants in UTC, texts in the language asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from ninja import Schema
from pydantic import AwareDatetime, Field, PlainSerializer, WithJsonSchema

from environments.models.texts import in_language as in_language

__all__ = ["At", "Instant", "Out", "in_language", "z"]


def z(at: datetime) -> str:
    """An instant as ISO 8601 in UTC, to the second: 2026-11-23T00:00:00Z."""
    return f"{at.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"


_DESCRIBED = {"type": "string", "format": "date-time", "examples": ["2026-11-23T00:00:00Z"]}
At = Annotated[datetime, PlainSerializer(z, return_type=str), WithJsonSchema(_DESCRIBED, mode="serialization")]
"""An instant of an answer: told in UTC with a Z."""

Instant = Annotated[AwareDatetime, Field(description="ISO 8601 with an offset or Z: 2026-11-23T09:00:00+09:00.")]
"""An instant of a request: one without an offset is refused, for nobody would know where."""


class Out(Schema):
    """Base of what is answered."""
