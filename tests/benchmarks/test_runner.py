"""`make bench`: what it runs, prints and keeps."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.__main__ import keep, line, main, measured, modules
from benchmarks.figure import Figure


def module(name: str, *names: str, subjects: tuple[str, ...] | None = None) -> ModuleType:
    """A measuring module that yields figures of these names."""
    made = ModuleType(f"benchmarks.{name}")

    def figures() -> Iterator[Figure]:
        yield from (Figure(figure, 1.0, "s") for figure in names)

    vars(made).update({"figures": figures} | ({"SUBJECTS": subjects} if subjects else {}))
    return made


def names(among: list[ModuleType], only: str = "") -> list[str]:
    return [figure.name for figure in measured(among, only)]


PLANNER = module("planner", "planner.eval", "planner.define")
TICK = module("tick", "tick.idle", "schedule.edit", subjects=("tick", "schedule"))


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("", ["planner.eval", "planner.define", "tick.idle", "schedule.edit"]),
        ("plan", ["planner.eval", "planner.define"]),
        ("planner.e", ["planner.eval"]),
        ("schedule", ["schedule.edit"]),
        ("nothing", []),
    ],
)
def test_a_prefix_narrows_what_is_measured(only: str, expected: list[str]) -> None:
    assert names([PLANNER, TICK], only) == expected


def test_a_module_without_a_figure_of_that_name_is_not_run() -> None:
    def never() -> Iterator[Figure]:
        raise AssertionError("it was run")

    slow = module("slow")
    vars(slow)["figures"] = never

    assert names([slow, PLANNER], "planner") == ["planner.eval", "planner.define"]


@pytest.mark.parametrize("figures", [("other.name",), ("planner.eval", "planner.eval")])
def test_a_figure_of_another_subject_or_a_second_of_the_name_is_refused(figures: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="expected a new name like 'planner"):
        names([module("planner", *figures)])


def test_a_run_of_some_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "latest.json"
    keep(Figure("a.first", 1.0, "s", {"environments": 100}), path)
    keep(Figure("b.second", 2.0, "ms"), path)
    keep(Figure("a.first", 3.0, "s", {"environments": 100}, note="printed, not kept"), path)

    assert json.loads(path.read_text()) == {
        "a.first": {"value": 3.0, "unit": "s", "sizes": {"environments": 100}},
        "b.second": {"value": 2.0, "unit": "ms", "sizes": {}},
    }


def test_a_line_says_the_figure_its_unit_and_its_sizes() -> None:
    text = line(Figure("tick.idle_100k_ms", 0.41234, "ms", {"environments": 100_000}, note="best of 50"))

    assert text.split() == ["tick.idle_100k_ms", "0.4123", "ms", "environments", "100,000", "best", "of", "50"]


def test_an_unknown_prefix_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--only", "nothing.at.all"]) == 1
    assert "No figure's name begins with 'nothing.at.all'." in capsys.readouterr().err


def test_every_module_of_the_tree_can_be_loaded() -> None:
    assert "benchmarks.planner" in {found.__name__ for found in modules()}


def test_a_name_is_one_word() -> None:
    with pytest.raises(ValueError, match="one word without spaces"):
        Figure("two words", 1.0, "s")
