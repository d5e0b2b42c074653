"""`python -m benchmarks [--only PREFIX]`: run the modules of this package, print and keep their figures.

A module that measures has `figures()`, which yields `Figure`s, and `SUBJECTS` when their names begin otherwise than its
own. `benchmarks/latest.json` keeps the last value of each as `{figure: {value, unit, sizes}}`; with --only, the others
stay as they were. The file is committed: a change in speed is
seen in review, beside the change that made it. Values compare only with values of the same machine.
"""

import argparse
import importlib
import json
import os
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import benchmarks
from benchmarks.figure import Figure

LATEST = Path(__file__).with_name("latest.json")


def modules() -> Iterator[ModuleType]:
    """The modules that measure something, in order."""
    for found in sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__)):
        if found != "__main__":
            module = importlib.import_module(f"benchmarks.{found}")
            if hasattr(module, "figures"):
                yield module


def subjects(module: ModuleType) -> tuple[str, ...]:
    """What its figures' names begin with: its own name, or what it lists as `SUBJECTS`."""
    own = module.__name__.rpartition(".")[2]
    return getattr(module, "SUBJECTS", (own,))


def measured(among: Iterable[ModuleType], only: str) -> Iterator[Figure]:
    """The figures whose names begin with `only`; modules that have none such are not run.

    Raises ValueError for a figure of another subject than its module's, and for a second one of the same name.
    """
    seen: set[str] = set()
    for module in among:
        if not any(f"{subject}.".startswith(only) or only.startswith(f"{subject}.") for subject in subjects(module)):
            continue
        for figure in module.figures():
            if figure.name.partition(".")[0] not in subjects(module) or figure.name in seen:
                expected = " or ".join(f"'{subject}.…'" for subject in subjects(module))
                raise ValueError(f"{module.__name__} yields {figure.name!r}; expected a new name like {expected}.")
            seen.add(figure.name)
            if figure.name.startswith(only):
                yield figure


def line(figure: Figure) -> str:
    sizes = ", ".join(
        f"{name} {size:,}" if isinstance(size, int) else f"{name} {size}" for name, size in figure.sizes.items()
    )
    value = f"{figure.value:,.0f}" if abs(figure.value) >= 1000 else f"{figure.value:.4g}"
    parts = [f"{figure.name:<40} {value:>14} {figure.unit:<16}", sizes, figure.note]
    return "  ".join(part for part in parts if part).rstrip()


def keep(figure: Figure, path: Path = LATEST) -> None:
    """Put the figure into the file, beside the others; at once, so that a run that is interrupted keeps what it has."""
    latest: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    # Four figures: what changes behind them is chance, and would be a change in every review.
    latest[figure.name] = {"value": float(f"{figure.value:.4g}"), "unit": figure.unit, "sizes": dict(figure.sizes)}
    path.write_text(json.dumps(latest, indent=2, sort_keys=True) + "\n")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", default="", metavar="PREFIX", help="figures whose names begin so")
    only: str = parser.parse_args(arguments).only
    # The installation's own options; benchmarks that write make a database of their own on its server.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    found = False
    for figure in measured(modules(), only):
        found = True
        print(line(figure), flush=True)
        keep(figure)
    if not found:
        print(f"No figure's name begins with {only!r}.", file=sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
