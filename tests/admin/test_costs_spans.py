"""The page of costs shows a month, a year or days of one's own, as its address says."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client

from environments.models import Environment, Tag

from .costs import PAGE, chat, html_of
from .overriding import words
from .test_costs import rows_of, tiles_of

pytestmark = pytest.mark.django_db
__all__ = ["chat"]


def test_a_span_is_a_month_a_year_or_days_of_ones_own_and_the_arrows_lead_to_the_next(
    as_manager: Client, chat: Environment
) -> None:
    def moved(html: str) -> tuple[str, ...]:
        return tuple(unescape(one) for one in re.findall(r'href="([^"]*)" rel="(?:prev|next)"', html))

    assert moved(html_of(as_manager)) == ("/costs/?period=2026-10",)  # what is to come has cost nothing
    assert moved(html_of(as_manager, period="2026-10")) == ("/costs/?period=2026-09", "/costs/")
    assert moved(html_of(as_manager, period="2025")) == ("/costs/?period=2024", "/costs/?period=2026")
    own = {"from": "2026-11-09", "to": "2026-11-15"}
    before, after = moved(html_of(as_manager, **own))
    assert (before, after) == ("/costs/?from=2026-11-02&to=2026-11-08", "/costs/?from=2026-11-16&to=2026-11-22")
    assert "$45.00" in tiles_of(html_of(as_manager, **own))[0]


def test_every_link_keeps_what_was_chosen(as_operator: Client, chat: Environment) -> None:
    tag = Tag.objects.create(name="demo")
    chat.tags.add(tag)
    chosen = {"period": "2026-11", "by": "team", "step": "week", "environment": "chat-dev", "team": str(chat.team_id)}
    chosen |= {"tag": str(tag.pk), "currency": "USD", "sort": "saved"}
    html = html_of(as_operator, **chosen)
    links = [unescape(one) for one in re.findall(r'href="(/costs/[^"]*)"', html)]
    kept = [dict(parse_qsl(urlsplit(one).query)) for one in links if "by=account" in one or "file." in one]
    assert len(kept) == 3
    for one in kept:
        assert one | {"period": "2026-11", "by": "team"} | {"sort": "saved"} == chosen
    form = html.split("data-costs-form>")[1].split("</form>")[0]
    hidden = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form))
    assert hidden == {name: value for name, value in chosen.items() if name != "period"}


def test_what_is_sent_shows_the_same_month_in_the_next_one(as_manager: Client, chat: Environment) -> None:
    for asked in ({}, {"period": "2026-11"}, {"environment": "chat-dev"}):
        html = html_of(as_manager, **asked)
        links = [unescape(one) for one in re.findall(r'href="(/costs/[^"]*)"', html)]
        sent = [one for one in links if "file." in one or "step=" in one or "environment=" in one]
        assert len(sent) > 4
        assert [one for one in sent if "period=2026" not in one] == []
        filters = html.split('role="search" data-costs-form>')[1].split("</form>")[0]
        assert 'name="period" value="2026-11"' in filters


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"from": "2026-11-20", "to": "2026-11-10"}, "The first day of the span lies after its last one."),
        ({"from": "2022-01-01", "to": "2026-11-10"}, "A span is of three years at most."),
        ({"from": "yesterday", "to": "2026-11-10"}, "Give both days of the span as dates"),
        ({"from": "2026-11-10"}, "Give both days of the span as dates"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "There are no costs of that time."),
        ({"from": "9999-12-30", "to": "9999-12-31"}, "There are no costs of that time."),
        ({"period": "soon"}, "“soon” is no month and no year."),
        ({"period": "0000-01"}, "There are no costs of that time."),
        ({"environment": "nowhere"}, "There is no environment “nowhere” that you can see."),
    ],
)
def test_what_makes_no_span_is_said_in_words(
    asked: dict[str, str], said: str, as_manager: Client, chat: Environment
) -> None:
    assert said in words(html_of(as_manager, **asked))
    for part in ("hours/", "bills/"):
        assert as_manager.get(PAGE + part, asked).status_code == 204
    assert said in words(as_manager.get(f"{PAGE}file.csv", asked).content.decode())


@pytest.mark.parametrize("said", [{"by": "x", "step": "y", "page": "99"}, {"team": "a", "sort": "b", "currency": "c"}])
def test_what_an_address_says_wrongly_otherwise_is_as_if_it_were_not_said(
    said: dict[str, str], as_manager: Client, chat: Environment
) -> None:
    assert "chat-dev" in rows_of(html_of(as_manager, **said))


def test_bars_of_a_long_span_are_wider_and_the_page_says_so(as_manager: Client, chat: Environment) -> None:
    html = html_of(as_manager, period="2026", step="week")
    assert "This span is too long for narrower bars" in html
    assert "November 2026" in html.split('id="costs-numbers"')[1]
    assert "too long" not in html_of(as_manager, period="2026-11", step="week").replace(
        "This span is too long for that", ""
    )
    # The days of one environment are read at once: half a year of them may be shown.
    assert "too long for narrower" not in html_of(
        as_manager, **{"from": "2026-06-01", "to": "2026-11-22", "step": "day", "environment": "chat-dev"}
    )
