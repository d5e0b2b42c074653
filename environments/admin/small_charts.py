"""Small lines of values over time, as shapes of an inline SVG of 100 by 100 that stretches to its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SIZE = 100
# So much room above the highest value and below zero, so that lines are seen whole.
ABOVE, BELOW = 6.0, 4.0


@dataclass(frozen=True, slots=True)
class Small:
    """`lines`: paths of what hangs together. `troubles`: where something was wrong, as left edges and widths. `told`
    says the same in words."""

    lines: tuple[str, ...]
    troubles: tuple[tuple[str, str], ...]
    told: str


def lines(points: Sequence[tuple[float, float | None]], *, top: float, gap: float) -> tuple[str, ...]:
    """Paths through points of `(0..1, value)`, oldest first; broken where no value is, and where two are further apart
    than `gap`. A point alone is a short stroke."""
    runs: list[list[tuple[float, float]]] = []
    before: float | None = None
    for x, value in points:
        if value is None:
            before = None
            continue
        if before is None or x - before > gap:
            runs.append([])
        runs[-1].append((x * SIZE, height(value, top)))
        before = x
    return tuple(_path(run) for run in runs)


def height(value: float, top: float) -> float:
    """Where a value is drawn: 0 below, `top` above."""
    return SIZE - BELOW - (SIZE - ABOVE - BELOW) * (value / top if top > 0 else 0)


def spans(parts: Iterable[tuple[float, float]]) -> tuple[tuple[str, str], ...]:
    return tuple((f"{begin * SIZE:.2f}", f"{max(width * SIZE, 0.8):.2f}") for begin, width in parts)


def _path(run: Sequence[tuple[float, float]]) -> str:
    if len(run) == 1:
        (x, y) = run[0]
        return f"M{max(x - 0.5, 0):.2f} {y:.1f}H{x + 0.5:.2f}"
    return "M" + "L".join(f"{x:.2f} {y:.1f}" for x, y in run)
