"""What in a template refers to what, in which order that can be made, and how long the way through it is."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from portal.simulator.cloudformation.errors import ValidationError

PLACEHOLDER = re.compile(r"\$\{([^!{}][^{}]*)\}")
Graph = Mapping[str, frozenset[str]]


def references(node: Any) -> Iterator[tuple[str, str | None]]:
    """All (name, attribute) that a piece of a template refers to; the attribute is None for a Ref."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
        return
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key == "Ref" and isinstance(value, str) and len(node) == 1:
            yield value, None
        elif key == "Fn::GetAtt" and isinstance(value, list | str):
            name, _, attribute = (value if isinstance(value, str) else ".".join(map(str, value))).partition(".")
            yield name, attribute
        elif key == "Fn::Sub":
            yield from _substitutions(value)
        else:
            yield from references(value)


def _substitutions(value: Any) -> Iterator[tuple[str, str | None]]:
    text, local = value if isinstance(value, list) else (value, {})
    yield from references(local)
    for name in PLACEHOLDER.findall(text):
        if name not in local:
            head, _, attribute = name.strip().partition(".")
            yield head, attribute or None


def build(resources: Mapping[str, Mapping[str, Any]]) -> Graph:
    """Each resource with the resources it needs first. Raises ValidationError where they go in a circle."""
    graph = {}
    for logical_id, definition in resources.items():
        explicit = definition.get("DependsOn", [])
        needs = {explicit} if isinstance(explicit, str) else set(explicit)
        needs |= {name for name, _ in references(definition.get("Properties", {}))}
        graph[logical_id] = frozenset(needs & resources.keys() - {logical_id})
    in_order(graph)
    return graph


def in_order(graph: Graph) -> list[str]:
    """The names, each after what it needs, otherwise as written."""
    order: list[str] = []
    waiting = dict(graph)
    done: set[str] = set()
    while waiting:
        ready = [name for name, needs in waiting.items() if not (needs & waiting.keys()) - done]
        if not ready:
            raise ValidationError(f"Circular dependency between resources: [{', '.join(sorted(waiting))}]")
        for name in ready:
            del waiting[name]
        order += ready
        done.update(ready)
    return order


def reversed_graph(graph: Graph, members: Iterable[str]) -> Graph:
    """Each of the members with those members that need it: the order of deletion."""
    kept = list(members)
    return {name: frozenset(other for other in kept if name in graph.get(other, ())) for name in kept}


def longest_path(graph: Graph, weight: Callable[[str], float]) -> float:
    """The weight of the heaviest chain of needs: what the whole takes when all that can runs at once."""
    heaviest: dict[str, float] = {}
    for name in in_order(graph):
        heaviest[name] = weight(name) + max((heaviest[need] for need in graph[name] if need in heaviest), default=0.0)
    return max(heaviest.values(), default=0.0)
