"""What stands behind the “?” of an address: a parameter that an endpoint does not know is refused.

Otherwise `?sate=running` answers everything, and a script goes on to stop the wrong environments. What is known is what
the endpoint itself declares, as in the API's description.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, ClassVar, Final

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.operation import Operation
from ninja.params.models import QueryModel
from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from .description import operations_of

SAID: Final = 40
"""So many letters of what nobody knows are compared and told back."""


class Refusing(QueryModel):
    """Reads nothing, and refuses what is not among `known`; told together with what is wrong with the others."""

    __ninja_param_source__ = "query"  # type: ignore[assignment]  # ninja types its own as None
    __ninja_flatten_map_reverse__: ClassVar[dict[Any, Any]] = {}
    known: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def resolve(cls, request: HttpRequest, api: NinjaAPI, path_params: dict[str, Any]) -> Refusing:
        """ValidationError naming each parameter that is not known."""
        unknown = [name for name in request.GET if name not in cls.known]
        errors = [InitErrorDetails(type=_wrong(name, cls.known), loc=(name[:SAID],), input=None) for name in unknown]
        if errors:
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return cls()


def refuse_unknown(api: NinjaAPI) -> None:
    """Have every endpoint of an API refuse parameters that it does not declare; doing it twice changes nothing."""
    for operation in operations_of(api):
        if not any(issubclass(model, Refusing) for model in operation.models):
            # Its own list: the one that ninja made is shared with every other API of the same router.
            operation.models = [type("Refusing", (Refusing,), {"known": known_to(operation)}), *operation.models]


def known_to(operation: Operation) -> tuple[str, ...]:
    """The names that an endpoint declares, as they stand in an address, by the alphabet."""
    declared = [model for model in operation.models if model.__ninja_param_source__ == "query"]
    return tuple(sorted({name for model in declared for name in getattr(model, "__ninja_flatten_map__", ())}))


def _wrong(name: str, known: tuple[str, ...]) -> PydanticCustomError:
    """The error of one name; `sentences` has its words."""
    said = name[:SAID] or "“”"
    near = get_close_matches(said.lower(), known, n=1)
    if near:
        return PydanticCustomError("parameter_misspelt", "no such parameter", {"name": said, "near": near[0]})
    if known:
        return PydanticCustomError("parameter_unknown", "no such parameter", {"name": said, "known": ", ".join(known)})
    return PydanticCustomError("parameter_untaken", "no parameters", {"name": said})
