"""CloudFormation's intrinsic functions."""

import base64
import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from portal.simulator.cloudformation.errors import ResourceError
from portal.simulator.cloudformation.graph import PLACEHOLDER

NO_VALUE = object()


class Scope(Protocol):
    """What names mean in one stack. Each raises ResourceError, with CloudFormation's text, for what it cannot give."""

    @property
    def region(self) -> str: ...
    @property
    def mappings(self) -> Mapping[str, Any]: ...
    def reference(self, name: str) -> Any: ...
    def attribute(self, name: str, attribute: str) -> Any: ...
    def condition(self, name: str) -> bool: ...
    def imported(self, name: str) -> str: ...


def evaluate(node: Any, scope: Scope) -> Any:
    """The node with all intrinsics replaced by their values; members that are AWS::NoValue are left out."""
    if isinstance(node, list):
        return [value for item in node if (value := evaluate(item, scope)) is not NO_VALUE]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((name, argument),) = node.items()
        if name == "Ref":
            return NO_VALUE if argument == "AWS::NoValue" else scope.reference(argument)
        if name == "Condition" and isinstance(argument, str) and argument:
            try:
                return scope.condition(argument)
            except KeyError:
                pass  # a property that happens to be called Condition
        if name in FUNCTIONS:
            return FUNCTIONS[name](argument, scope)
    return {key: value for key, item in node.items() if (value := evaluate(item, scope)) is not NO_VALUE}


def _get_att(argument: Any, scope: Scope) -> Any:
    parts = argument.split(".") if isinstance(argument, str) else [str(evaluate(part, scope)) for part in argument]
    return scope.attribute(parts[0], ".".join(parts[1:]))


def _sub(argument: Any, scope: Scope) -> str:
    text, local = argument if isinstance(argument, list) else (argument, {})
    values = {name: evaluate(value, scope) for name, value in local.items()}

    def value_of(name: str) -> str:
        name = name.strip()
        if name in values:
            return as_text(values[name])
        head, dot, attribute = name.partition(".")
        return as_text(scope.attribute(head, attribute) if dot else scope.reference(head))

    return PLACEHOLDER.sub(lambda found: value_of(found[1]), text).replace("${!", "${")


def _join(argument: Any, scope: Scope) -> str:
    delimiter, items = argument
    return str(delimiter).join(as_text(item) for item in evaluate(items, scope))


def _select(argument: Any, scope: Scope) -> Any:
    index, items = evaluate(argument[0], scope), evaluate(argument[1], scope)
    if isinstance(items, str):
        items = items.split(",")
    try:
        return items[int(index)]
    except (IndexError, ValueError):
        raise ResourceError(f"Template error: Fn::Select cannot select nonexistent value at index {index}") from None


def _split(argument: Any, scope: Scope) -> list[str]:
    return as_text(evaluate(argument[1], scope)).split(argument[0])


def _if(argument: Any, scope: Scope) -> Any:
    name, then, otherwise = argument
    return evaluate(then if scope.condition(name) else otherwise, scope)


def _find_in_map(argument: Any, scope: Scope) -> Any:
    name, first, second = (evaluate(part, scope) for part in argument[:3])
    try:
        return evaluate(scope.mappings[name][first][second], scope)
    except KeyError:
        if len(argument) > 3:
            return evaluate(argument[3]["DefaultValue"], scope)
        raise ResourceError(f"Template error: Unable to get mapping for {name}::{first}::{second}") from None


def _cidr(argument: Any, scope: Scope) -> list[str]:
    block, count, *rest = (evaluate(part, scope) for part in argument)
    network = ipaddress.ip_network(block, strict=False)
    prefix = network.max_prefixlen - int(rest[0] if rest else 8)
    subnets = network.subnets(new_prefix=prefix)
    return [str(next(subnets)) for _ in range(int(count))]


def _get_azs(argument: Any, scope: Scope) -> list[str]:
    region = evaluate(argument, scope) or scope.region
    return [f"{region}{letter}" for letter in "abc"]


def _equals(argument: Any, scope: Scope) -> bool:
    first, second = (evaluate(part, scope) for part in argument)
    return as_text(first) == as_text(second)


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


FUNCTIONS: dict[str, Callable[[Any, Scope], Any]] = {
    "Fn::And": lambda argument, scope: all(evaluate(part, scope) for part in argument),
    "Fn::Base64": lambda argument, scope: base64.b64encode(as_text(evaluate(argument, scope)).encode()).decode(),
    "Fn::Cidr": _cidr,
    "Fn::Equals": _equals,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _get_azs,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::ImportValue": lambda argument, scope: scope.imported(as_text(evaluate(argument, scope))),
    "Fn::Join": _join,
    "Fn::Length": lambda argument, scope: len(evaluate(argument, scope)),
    "Fn::Not": lambda argument, scope: not evaluate(argument[0], scope),
    "Fn::Or": lambda argument, scope: any(evaluate(part, scope) for part in argument),
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": lambda argument, scope: json.dumps(evaluate(argument, scope), separators=(",", ":")),
}
