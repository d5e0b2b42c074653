"""What a part of a template is made of: the parameters, resources, outputs and conditions that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

SUBSTITUTED = re.compile(r"\$\{\s*([^!}\s][^}]*?)\s*\}")


def references(node: Any) -> set[str]:
    """Names of parameters and resources, `Resource.Attribute` beside the resource, and conditions as `?Name`.

    Long and short forms alike (`Fn::GetAtt`, and `GetAtt` as `template_guard.parse_template` gives it).
    """
    return set(_named(node))


def condition(name: str) -> str:
    return f"?{name}"


def _named(node: Any) -> Iterator[str]:
    match node:
        case Mapping():
            for key, value in node.items():
                yield from _function(str(key).removeprefix("Fn::"), value)
                yield from _named(value)
        case list():
            for one in node:
                yield from _named(one)


def _function(name: str, value: Any) -> Iterator[str]:
    match name, value:
        case "Ref", str():
            yield value
        case "GetAtt", str():
            yield from _attribute(value)
        case "GetAtt", [str() as resource, *rest]:
            yield from _attribute(".".join([resource, *(part for part in rest if isinstance(part, str))]))
        case ("Sub", str() as text) | ("Sub", [str() as text, *_]):
            for found in SUBSTITUTED.findall(text):
                yield from _attribute(found)
        case ("Condition", str() as made) | ("If", [str() as made, *_]):
            yield condition(made)


def _attribute(text: str) -> Iterator[str]:
    yield text
    yield text.partition(".")[0]
