"""The API's own description (OpenAPI): what ninja finds out, with scopes, problems and keys of repetition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ninja import NinjaAPI

from .problems import MEDIA_TYPE, ProblemOut
from .replays import HEADER, LONGEST

if TYPE_CHECKING:
    from ninja.operation import Operation

    from portal.models import Scope

METHODS = frozenset({"get", "post", "put", "patch", "delete"})
KEY = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "description": "Sent again with the same key, the request is not done again: its answer is told once more.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
}
PROBLEM = {
    "description": "Whatever went wrong, as a problem (RFC 9457).",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
}
INVALID = PROBLEM | {"description": "Something that was sent is wrong, or nothing of this name is known here: which."}


def operations_of(api: NinjaAPI) -> Iterator[Operation]:
    """Every endpoint of the API."""
    for router in api._get_bound_routers():  # noqa: SLF001  (there is no other way to them)
        for view in router.path_operations.values():
            yield from view.operations


def scope_of(operation: Operation) -> Scope | None:
    """The scope that an endpoint asks for; None where it forgot to."""
    scopes = [getattr(one, "scope", None) for one in operation.auth_callbacks]
    return scopes[0] if len(scopes) == 1 else None


def completed(api: NinjaAPI, found: Any) -> Any:
    """Adds to each endpoint its scope, to each POST the key of repetition, and to all what an error looks like."""
    scopes = {api.get_openapi_operation_id(one): scope_of(one) for one in operations_of(api)}
    found["components"]["schemas"]["ProblemOut"] = ProblemOut.model_json_schema()
    for methods in found["paths"].values():
        for method, told in methods.items():
            if method in METHODS:
                _complete(method, told, scopes.get(told["operationId"]))
    return found


def _complete(method: str, told: dict[str, Any], scope: Scope | None) -> None:
    told["responses"] |= {"422": INVALID, "default": PROBLEM}
    if scope is not None:
        told["description"] = f"{told.get('description', '')}\n\nScope: `{scope.value}`".strip()
        told["security"] = [{name: [scope.value] for name in one} for one in told.get("security", ())]
    if method == "post":
        told["parameters"] = [*told.get("parameters", ()), KEY]
