"""Environments that need others, as a graph."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from environments.rules import needs

IDLE = needs.Standing(up=False, wished=False)
RUNS = needs.Standing(up=True, wished=False)
PLANNED = needs.Standing(up=False, wished=True)
NAMES = {1: "chat-dev", 2: "shared-db", 3: "cache"}
GRAPHS = st.dictionaries(st.integers(1, 7), st.sets(st.integers(1, 7), max_size=4), max_size=7)


def test_a_cycle_is_named_by_its_shortest_path() -> None:
    graph = {1: {2, 3}, 2: {1}, 3: {2}}
    assert needs.in_words(needs.cycle(graph, 1), NAMES) == "chat-dev → shared-db → chat-dev"


def test_a_cycle_through_a_third_one_is_named_whole() -> None:
    assert needs.in_words(needs.cycle({1: {3}, 3: {2}, 2: {1}}, 1), NAMES) == (
        "chat-dev → cache → shared-db → chat-dev"
    )


def test_who_needs_itself_is_a_cycle() -> None:
    assert needs.cycle({1: {1}}, 1) == [1, 1]


def test_a_cycle_elsewhere_is_not_that_of_who_leads_to_it() -> None:
    assert needs.cycle({1: {2}, 2: {3}, 3: {2}}, 1) == []


def test_two_ways_to_the_same_need_are_no_cycle() -> None:
    diamond = {1: {2, 3}, 2: {4}, 3: {4}}
    assert needs.cycle(diamond, 1) == []
    assert needs.without_cycles(diamond) == diamond


def test_all_that_one_needs_is_found_through_others_the_nearest_first() -> None:
    assert needs.closure({1: {3}, 3: {2}, 2: {5}}, 1) == [3, 2, 5]


def test_needs_in_a_cycle_do_not_count_and_those_beside_it_do() -> None:
    graph = {1: {2}, 2: {3}, 3: {2, 4}}
    assert needs.without_cycles(graph) == {1: {2}, 2: set(), 3: {4}}


def test_between_two_cycles_the_need_of_one_for_the_other_counts() -> None:
    graph = {1: {2}, 2: {1, 3}, 3: {4}, 4: {3}}
    assert needs.without_cycles(graph) == {1: set(), 2: {3}, 3: set(), 4: set()}


def test_who_runs_or_is_planned_to_run_blocks_the_stop_of_what_it_needs() -> None:
    graph = {1: {9}, 2: {9}, 3: {9}, 4: {1}}
    assert needs.blockers(needs.turned(graph), {1: RUNS, 2: IDLE, 3: PLANNED, 4: IDLE}, 9) == [1, 3]


def test_who_needs_it_through_another_that_is_down_blocks_it_too() -> None:
    assert needs.blockers(needs.turned({1: {2}, 2: {3}}), {1: PLANNED, 2: IDLE}, 3) == [1]


def test_what_nobody_needs_is_blocked_by_nobody() -> None:
    assert needs.blockers(needs.turned({1: {2}}), {1: RUNS, 2: RUNS}, 1) == []


def test_starts_are_ordered_by_need() -> None:
    assert needs.start_order({1: {2, 3}, 2: {3, 4}, 3: {5}}, 1) == [5, 3, 4, 2]


@given(GRAPHS)
def test_whatever_people_enter_no_cycle_is_left_and_no_need_outside_of_cycles_is_lost(
    graph: dict[int, set[int]],
) -> None:
    clean = needs.without_cycles(graph)
    everybody = set(graph) | {one for needed in graph.values() for one in needed}
    assert all(needs.cycle(clean, one) == [] for one in everybody)
    for who, needed in graph.items():
        lost = needed - clean[who]
        assert all(who in needs.closure(graph, one) or who == one for one in lost)


@given(GRAPHS)
def test_whatever_is_needed_starts_before_who_needs_it(graph: dict[int, set[int]]) -> None:
    clean = needs.without_cycles(graph)
    for one in clean:
        order = [*needs.start_order(clean, one), one]
        assert set(order) == {one, *needs.closure(clean, one)}
        assert all(order.index(needed) < order.index(who) for who in order for needed in clean.get(who, ()))
