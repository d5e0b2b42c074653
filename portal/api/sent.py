"""What programs send. It acts, so nothing is guessed: fields that nobody knows are refused, so that a misspelt one is
not taken for one left away; and values of another kind than their field's, as `"no"` for false or `true` for 1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final, Literal, get_args

from ninja import Schema
from pydantic import AwareDatetime, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticKnownError

Wrong = Literal["bool_type", "int_type", "float_type", "date_type", "datetime_type"]
OF_KIND: Final[Mapping[Any, Wrong]] = {
    bool: "bool_type",
    int: "int_type",
    float: "float_type",
    date: "date_type",
    datetime: "datetime_type",
    AwareDatetime: "datetime_type",
}
"""What pydantic makes out of other things as well -> the name of its error (`sentences`)."""
_NUMBER: Final = re.compile(r"\s*[-+]?[\d.]+\s*")


class In(Schema):
    """Base of every body. What it does not name is 422, naming the field; so is a value that pydantic would first have
    to make into true or false, a number or a date. Dates and times are texts."""

    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _is_of_its_kind(cls, sent: Any, info: ValidationInfo) -> Any:
        kinds = [*_kinds(cls.model_fields[str(info.field_name)].annotation)]
        wrong = next((OF_KIND[kind] for kind in kinds if kind in OF_KIND), None)
        if sent is not None and wrong is not None and not _fits(sent, wrong):
            raise PydanticKnownError(wrong)
        return sent


def _kinds(annotation: Any) -> Iterator[Any]:
    """The plain types that an annotation is made of: float and None of `float | None`."""
    parts = get_args(annotation)
    if not parts:
        yield annotation
    for part in parts:
        yield from _kinds(part)


def _fits(sent: Any, wrong: Wrong) -> bool:
    """Whether JSON wrote it so. A number in quotes is no date, though it could be one by the clock of Unix."""
    if wrong == "bool_type" or isinstance(sent, bool):
        return wrong == "bool_type" and isinstance(sent, bool)
    if wrong in {"int_type", "float_type"}:
        return isinstance(sent, int | float)
    return isinstance(sent, str) and not _NUMBER.fullmatch(sent)
