"""What programs send: fields that nobody knows are refused, so that a misspelt one is not taken for one left away."""

from __future__ import annotations

from ninja import Schema
from pydantic import ConfigDict


class In(Schema):
    """Base of every body. What it does not name is 422, naming the field."""

    model_config = ConfigDict(extra="forbid")
