"""One measured number, as every benchmark module yields it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value.

    `name` is the figure's key in `benchmarks/latest.json` (dotted, the module's subject first: `planner.evaluate`);
    `unit` says what `value` counts (`ms`, `s`, `ops/s`, `MB`); `sizes` are the amounts it was measured with
    (`{"environments": 100_000}`); `note` is printed, not stored.

    Raises ValueError when the name is empty or holds white space, because it is a key and a command-line prefix.
    """

    name: str
    value: float
    unit: str
    sizes: Mapping[str, int | float | str] = field(default_factory=dict)
    note: str = ""

    def __post_init__(self) -> None:
        if not self.name or any(character.isspace() for character in self.name):
            raise ValueError(f"A figure's name is one word without spaces, not {self.name!r}.")
