"""Each counter counts once: a window of 64 behind the newest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from environments.rules.replay import SIZE, Fresh, Window


def of(*counters: int) -> Window:
    window = Window()
    for counter in counters:
        window = window.take(counter)
    return window


def test_the_first_counter_may_be_any() -> None:
    assert Window().look(0) is Fresh.NEW
    assert of(2**32 - 1).newest == 2**32 - 1


def test_a_counter_that_came_is_replayed_also_when_others_came_after_it() -> None:
    window = of(5, 6, 9)
    assert [window.look(n) for n in (5, 6, 9)] == [Fresh.REPLAYED] * 3
    assert [window.look(n) for n in (7, 8, 10)] == [Fresh.NEW] * 3


def test_messages_may_overtake_one_another_by_63_and_no_more() -> None:
    window = of(100)
    assert window.look(100 - SIZE + 1) is Fresh.NEW
    assert window.look(100 - SIZE) is Fresh.TOO_OLD


def test_a_leap_ahead_forgets_nothing_that_is_still_in_the_window() -> None:
    window = of(1, 40)
    assert window.look(1) is Fresh.REPLAYED
    assert of(1, 2**32 - 1).look(1) is Fresh.TOO_OLD


def test_taking_again_changes_nothing() -> None:
    assert of(3, 4) == of(3, 4, 3, 4)


def test_the_window_is_kept_as_sixteen_digits() -> None:
    window = of(*range(200))
    assert window.seen_text == "f" * 16
    assert Window.stored(window.newest, window.seen_text) == window
    assert Window.stored(None, "") == Window()


@given(st.lists(st.integers(0, 300), max_size=200))
def test_no_counter_is_ever_new_twice(counters: list[int]) -> None:
    window, taken = Window(), list[int]()
    for counter in counters:
        if window.look(counter) is Fresh.NEW:
            taken.append(counter)
        window = window.take(counter)
    assert len(taken) == len(set(taken))
