"""What stands behind the “?” of an address: a parameter that an endpoint does not know is refused.

Otherwise `?sate=running` answers everything, and a script goes on to stop the wrong environments; so does one that is
given twice where one is taken. What is known is what
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
    """Reads nothing, and refuses what is not among `known`, or given twice and not among `several`; told together with
    what is wrong with the others."""

    __ninja_param_source__ = "query"  # type: ignore[assignment]  # ninja types its own as None
    __ninja_flatten_map_reverse__: ClassVar[dict[Any, Any]] = {}
    known: ClassVar[tuple[str, ...]] = ()
    several: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def resolve(cls, request: HttpRequest, api: NinjaAPI, path_params: dict[str, Any]) -> Refusing:
        """ValidationError naming each parameter that is not taken."""
        wrong = {name: _unknown(name, cls.known) for name in request.GET if name not in cls.known}
        wrong |= {
            name: PydanticCustomError("parameter_twice", "given twice", {"name": name})
            for name in request.GET
            if name in cls.known and name not in cls.several and len(request.GET.getlist(name)) > 1
        }
        errors = [InitErrorDetails(type=why, loc=(name[:SAID],), input=None) for name, why in wrong.items()]
        if errors:
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return cls()


def refuse_unknown(api: NinjaAPI) -> None:
    """Have every endpoint of an API refuse parameters that it does not declare; doing it twice changes nothing."""
    for operation in operations_of(api):
        if not any(issubclass(model, Refusing) for model in operation.models):
            # Its own list: the one that ninja made is shared with every other API of the same router.
            its = {"known": known_to(operation), "several": _several(operation)}
            operation.models = [type("Refusing", (Refusing,), its), *operation.models]


def known_to(operation: Operation) -> tuple[str, ...]:
    """The names that an endpoint declares, as they stand in an address, by the alphabet."""
    return tuple(
        sorted({name for model in _declared(operation) for name in getattr(model, "__ninja_flatten_map__", ())})
    )


def _several(operation: Operation) -> frozenset[str]:
    """Those of which it takes a list."""
    return frozenset(
        name for model in _declared(operation) for name in getattr(model, "__ninja_collection_fields__", ())
    )


def _declared(operation: Operation) -> list[Any]:
    return [model for model in operation.models if model.__ninja_param_source__ == "query"]


def _unknown(name: str, known: tuple[str, ...]) -> PydanticCustomError:
    """The error of one name; `sentences` has its words."""
    said = name[:SAID] or "“”"
    near = get_close_matches(said.lower(), known, n=1)
    if near:
        return PydanticCustomError("parameter_misspelt", "no such parameter", {"name": said, "near": near[0]})
    if known:
        return PydanticCustomError("parameter_unknown", "no such parameter", {"name": said, "known": ", ".join(known)})
    return PydanticCustomError("parameter_untaken", "no parameters", {"name": said})
