"""Environments that need others: cycles, who blocks whom, and in which order they start. Pure.

A graph maps an environment to those it needs; who needs nothing may be missing in it.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

Graph = Mapping[int, AbstractSet[int]]


@dataclass(frozen=True, slots=True)
class Standing:
    """What an environment does. `up`: it runs, or is on its way there or from there. `wished`: its plan wants it to run
    now."""

    up: bool
    wished: bool

    @property
    def in_use(self) -> bool:
        """Whether what it needs must run."""
        return self.up or self.wished


def graph_of(edges: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """The graph of pairs: who needs, who is needed."""
    graph: defaultdict[int, set[int]] = defaultdict(set)
    for who, needed in edges:
        graph[who].add(needed)
    return dict(graph)


def turned(graph: Graph) -> dict[int, set[int]]:
    """The graph the other way round: an environment and those that need it."""
    return graph_of((needed, who) for who, others in graph.items() for needed in others)


def closure(graph: Graph, start: int) -> list[int]:
    """All that `start` needs, directly or through others, the nearest first; `start` itself only where it needs itself.

    Ends whatever the graph is like.
    """
    found: dict[int, None] = {}
    waiting = deque(sorted(graph.get(start, ())))
    while waiting:
        one = waiting.popleft()
        if one not in found:
            found[one] = None
            waiting.extend(sorted(graph.get(one, ())))
    return list(found)


def cycle(graph: Graph, through: int) -> list[int]:
    """The shortest way on which `through` needs itself, both ends included; empty where there is none."""
    came_from: dict[int, int] = {}
    waiting = deque([through])
    while waiting:
        one = waiting.popleft()
        for needed in sorted(graph.get(one, ())):
            if needed == through:
                return [*_way(came_from, through, one), through]
            if needed not in came_from:
                came_from[needed] = one
                waiting.append(needed)
    return []


def _way(came_from: Mapping[int, int], first: int, last: int) -> list[int]:
    way = [last]
    while way[-1] != first:
        way.append(came_from[way[-1]])
    return way[::-1]


def in_words(path: Sequence[int], names: Mapping[int, str]) -> str:
    """A path as people read it: "chat-dev → shared-db → chat-dev"."""
    return " → ".join(names[one] for one in path)


def without_cycles(graph: Graph) -> dict[int, set[int]]:
    """The graph without the needs that are part of a cycle.

    Cycles are refused at entry. Where one exists all the same, nobody waits for it and nobody is kept running by it.
    """
    suspects = _on_or_between_cycles(graph)
    if not suspects:
        return {who: set(needed) for who, needed in graph.items()}
    inner = {who: suspects & graph.get(who, frozenset()) for who in suspects}
    reached = {who: set(closure(inner, who)) for who in suspects}
    return {
        who: {one for one in needed if not (one in suspects and who in reached[one])} for who, needed in graph.items()
    }


def _on_or_between_cycles(graph: Graph) -> set[int]:
    """What is left when all that needs nothing, or is needed by nothing, has been taken away again and again."""
    left = set(graph) | {one for needed in graph.values() for one in needed}
    both = (graph, turned(graph))
    while loose := {one for one in left if any(not (left & edges.get(one, frozenset())) for edges in both)}:
        left -= loose
    return left


def blockers(needed_by: Graph, standings: Mapping[int, Standing], of: int) -> list[int]:
    """Who needs `of`, directly or through others, and is in use: it must not be stopped before these. Nearest first.

    `needed_by` is the graph the other way round (`turned`).
    """
    return [who for who in closure(needed_by, of) if who != of and who in standings and standings[who].in_use]


def start_order(graph: Graph, start: int) -> list[int]:
    """All that must run before `start`, in the order of their starts; the graph must be without cycles."""
    order: dict[int, None] = {}
    stack = [(start, False)]
    while stack:
        one, needed_are_in = stack.pop()
        if needed_are_in:
            order[one] = None
        elif one not in order:
            stack.append((one, True))
            stack += [(needed, False) for needed in sorted(graph.get(one, ()), reverse=True) if needed not in order]
    return [one for one in order if one != start]
