"""Ways to run the same thing: a form of price lines that the address keeps, and what a month of each costs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from environments.admin.compare_asked import address
from environments.admin.compare_presets import PRESETS
from environments.models import Environment
from environments.models.rate import RateTemplate
from tests import factories
from tests.admin.conftest import Enter
from tests.admin.overriding import words
from tests.services import costing

pytestmark = pytest.mark.django_db
PAGE = "/costs/compare/"


class _Fields(HTMLParser):
    """What a browser would have in the fields of the form of ways; a box that is not ticked is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.of = ""
        self.in_pattern = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        name = said.get("name") or ""
        self.in_pattern |= tag == "template"
        if self.in_pattern:
            return
        if tag == "input" and (said.get("type") != "checkbox" or "checked" in said):
            self.found[name] = said.get("value") or ""
        elif tag in ("select", "textarea"):
            self.of, self.found[name] = name, ""
        elif tag == "option" and "selected" in said:
            self.found[self.of] = said.get("value") or "as its words"

    def handle_endtag(self, tag: str) -> None:
        self.in_pattern &= tag != "template"
        self.of = "" if tag == "textarea" else self.of

    def handle_data(self, data: str) -> None:
        if self.found.get(self.of) == "as its words":
            self.found[self.of] = data


def fields_of(html: str) -> dict[str, str]:
    parser = _Fields()
    parser.feed(html[html.index("data-cmp-ways") :])
    return parser.found


def environment() -> Environment:
    made = factories.environment("chat-dev")
    costing.price(costing.target(made, "chat-dev"), "1", valid_from=date(2026, 11, 2))
    return made


def page(browser: Client, where: str) -> str:
    answer = browser.get(where, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def sent(browser: Client, **fields: Any) -> tuple[str, str]:
    """The address that the form's answer leads to, and its page. `1_2_price`: the price of way 1, line 2."""
    pairs = {"what": "ways", "sent": "1"} | {name.replace("_", "."): value for name, value in fields.items()}
    answer = browser.get(f"{PAGE}?{urlencode(pairs, doseq=True)}")
    assert answer.status_code == 302
    return answer["Location"], page(browser, answer["Location"])


def written(**lines: Any) -> dict[str, Any]:
    """Two ways with a line each, and more fields."""
    return {"name": ["A", "B"], "1_1_label": "EC2", "1_1_price": "1", "2_1_label": "RDS", "2_1_price": "2"} | lines


def preset(browser: Client, number: int) -> str:
    return words(page(browser, address(PRESETS[number].ways)))


def test_ec2_all_month_at_10_against_app_runner_at_8_50(as_manager: Client) -> None:
    assert "EC2 t2.micro all month at 10 USD against App Runner 0.5 vCPU/1 GB at 8.50 USD" in words(
        page(as_manager, f"{PAGE}?what=ways")
    )
    text = preset(as_manager, 0)
    assert "App Runner check_circle cheapest $8.50 730 h a month · −$1.50 (−15.0%) compared with EC2 t2.micro" in text


def test_fargate_against_ec2_at_60_and_at_90_per_cent(as_manager: Client) -> None:
    text = preset(as_manager, 1)
    assert "Fargate, reserved by 60 % check_circle cheapest $51.04 730 h a month · −$19.04 (−27.2%)" in text
    assert "Fargate, reserved by 90 % $76.55 730 h a month · +$6.47 (+9.2%)" in text
    assert "From 82.4 % reserved on, EC2 is cheaper than Fargate, reserved by 60 %" in text


def test_the_hours_from_which_on_another_is_cheaper_are_said(as_manager: Client) -> None:
    assert "From 153 h a month on, EC2 t2.micro is cheaper than App Runner" in preset(as_manager, 2)


def test_a_link_with_lines_as_text_shows_them_in_their_fields(as_manager: Client) -> None:
    old = [("A", "180 h", "EC2; 0.023 KRW/h; 2\nVolume; 10/month; 1; always"), ("B", "", "RI; 360/once; 1; 12 months")]
    html = page(as_manager, address(old))
    fields = fields_of(html)
    assert [fields[f"1.1.{name}"] for name in ("label", "price", "currency", "quantity")] == [
        "EC2",
        "0.023",
        "KRW",
        "2",
    ]
    assert (fields["1.2.per"], fields["1.2.always"], fields["1.2.currency"]) == ("month", "1", "KRW")
    assert (fields["2.1.per"], fields["2.1.months"]) == ("once", "12")
    assert "A month of each" in words(html)


def test_what_the_form_sends_stands_in_a_short_address_that_shows_the_same(as_manager: Client) -> None:
    where, html = sent(as_manager, **written(**{"1_1_always": "1", "1_1_per": "month", "2_1_quantity": "1"}))
    assert where.startswith(f"{PAGE}?what=ways&name=A&hours=&1.1.label=EC2&1.1.price=1&1.1.per=month&1.1.always=1&")
    assert "quantity" not in where
    fields = fields_of(html)
    assert (fields["1.1.label"], fields["1.1.per"], fields["1.1.always"]) == ("EC2", "month", "1")
    assert "A check_circle cheapest $1.00" in words(html)
    assert "B $1,460.00" in words(html)


def test_lines_of_other_hours_of_a_share_and_paid_once_are_reckoned_from_their_fields(as_manager: Client) -> None:
    own = {"1_1_hours": "25 %", "1_2_label": "RI", "1_2_price": "1,200", "1_2_per": "once", "1_2_months": "12"}
    _where, html = sent(as_manager, **written(**own, **{"2_1_share": "50", "2_1_hours": "60"}))
    assert "EC2 $182.50 RI $100.00" in words(html)
    assert "RDS $60.00" in words(html)


def test_a_button_adds_an_empty_line_and_keeps_what_is_written(as_manager: Client) -> None:
    where, html = sent(as_manager, **written(line="2"))
    fields = fields_of(html)
    assert (fields["2.1.label"], fields["2.2.label"], fields["2.2.quantity"]) == ("RDS", "", "1")
    assert "1.2.label" not in fields
    assert where.endswith("#cmp-2-2-label")
    assert 'id="cmp-2-2-label"' in html


def test_a_button_removes_a_line_and_leads_back_to_its_way(as_manager: Client) -> None:
    where, html = sent(as_manager, **written(**{"1_2_label": "ALB", "1_2_price": "3", "remove": "1.1"}))
    assert where.endswith("#cmp-way-1")
    fields = fields_of(html)
    assert (fields["1.1.label"], fields["2.1.label"]) == ("ALB", "RDS")
    assert "1.2.label" not in fields


def test_a_way_is_left_out_and_the_others_are_kept_as_they_are_written(as_manager: Client) -> None:
    more = {"name": ["A", "B", "C"], "3_1_label": "ECS", "3_1_price": "what"}
    _where, html = sent(as_manager, **(written() | more | {"leave": "2"}))
    fields = fields_of(html)
    assert (fields["1.1.label"], fields["2.1.label"], fields["2.1.price"]) == ("EC2", "ECS", "what")


def test_what_is_pasted_fills_the_fields_after_those_that_are_there(as_manager: Client) -> None:
    where, html = sent(as_manager, **written(lines=["", "ALB\t0.5 usd/h\t2\t50 %\n\nS3; 3/month"], fill="2"))
    assert where.endswith("#cmp-way-2")
    assert "lines=" not in where
    fields = fields_of(html)
    assert [fields[f"2.{number}.label"] for number in (1, 2, 3)] == ["RDS", "ALB", "S3"]
    assert (fields["2.2.hours"], fields["2.3.per"]) == ("50 %", "month")
    assert fields["lines"] == ""


def test_lines_that_there_is_no_room_for_stay_where_they_were_pasted(as_manager: Client) -> None:
    text = "\n".join(f"line {number}; 1" for number in range(42))
    _where, html = sent(as_manager, **written(lines=[text, ""]))
    assert "A, Paste lines: There are more than 40 lines." in words(html)
    assert "line 39; 1\nline 40; 1\nline 41; 1</textarea>" in html
    assert "A month of each" not in words(html)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("label", "x" * 121, "what: Say it in 120 characters at most."),
        ("price", "", "price: Write the price as a number"),
        ("price", "cheap", "price: Write the price as a number"),
        ("price", "-1", "price: Write the price as a number"),
        ("price", "0,5", "price: Write the price as a number"),
        ("currency", "DOLLAR", "currency: Write a currency in three letters"),
        ("quantity", "two", "quantity: Write a number such as 2 or 0.5."),
        ("hours", "800", "own hours: Write hours up to 730"),
        ("hours", "often", "own hours: Write hours up to 730"),
        ("share", "120", "reserved: Write a share from 0 to 100"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field_and_stays_there(
    as_manager: Client, field: str, value: str, said: str
) -> None:
    _where, html = sent(as_manager, **(written() | {f"2_1_{field}": value}))
    assert f'<a href="#cmp-2-1-{field}">B: Line 1, {said}' in html
    assert f'aria-describedby="cmp-2-1-{field}-wrong"' in html
    assert f'<p class="cmp-wrong" id="cmp-2-1-{field}-wrong">{said.partition(": ")[2]}' in html
    assert fields_of(html)[f"2.1.{field}"] == value
    assert "A month of each" not in words(html)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"1_1_label": ""}, "A: Line 1, what: Say what it is"),
        ({"1_1_per": "once"}, "A: Line 1, months: Say over how many months"),
        ({"1_1_per": "once", "1_1_months": "1.5"}, "A: Line 1, months: Write whole months."),
        ({"1_1_always": "1", "1_1_hours": "60"}, "A: Line 1, own hours: It is billed all month."),
        ({"1_1_currency": "USD", "2_1_currency": "KRW"}, "B: Line 1, currency: KRW and USD cannot be compared"),
        ({"hours": ["", "900"]}, "B, Hours a month: Write a number up to 730"),
        ({"2_1_label": "", "2_1_price": ""}, "B: Line 1, what: Write at least one price line."),
    ],
)
def test_fields_that_do_not_go_together_are_said(as_manager: Client, fields: dict[str, Any], said: str) -> None:
    _where, html = sent(as_manager, **(written() | fields))
    assert said in words(html)
    assert "A month of each" not in words(html)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("; 1", "Line 1, what"),
        ("EC2", "Line 1, price"),
        ("EC2; 1/week", "Line 1, price"),
        ("EC2; 1; 1; often", "Line 1, own hours"),
        ("EC2; 1/once; 1; often", "Line 1, months"),
        ("EC2; 1; 1; ; 60 %; more", "Line 1, reserved"),
    ],
)
def test_text_that_cannot_be_read_stands_in_the_field_that_it_was_written_for(
    as_manager: Client, line: str, said: str
) -> None:
    html = page(as_manager, address([("A", "", line), ("B", "", "RDS; 1")]))
    assert f"A: {said}: " in words(html)
    for part in line.replace("%", "").replace("/once", "").split(";"):
        assert part.strip() in " ".join(fields_of(html).values())


def test_one_way_alone_says_that_another_is_needed(as_manager: Client) -> None:
    text = words(page(as_manager, address([("A", "", "EC2; 1")])))
    assert "Fill in a second way: two are needed to compare." in text


def test_lines_of_a_target_and_of_a_template_are_written_into_the_address(as_operator: Client) -> None:
    chat = environment()
    costing.price(chat.targets.get(), "10", "volume", unit="month", always=True, quantity=Decimal(2))
    template = RateTemplate.objects.create(name="Small")
    template.lines.create(label="t3.small", unit_price=Decimal("0.023"))
    added = [f"target:{chat.targets.get().pk}", f"template:{template.pk}"]
    where, html = sent(as_operator, name=["", ""], hours=["100", "100"], lines=["", ""], add=added)
    assert "add=" not in where
    fields = fields_of(html)
    assert (fields["1.1.label"], fields["1.1.price"]) == ("instance", "1")
    assert (fields["1.2.per"], fields["1.2.quantity"], fields["1.2.always"]) == ("month", "2", "1")
    text = words(html)
    assert "chat-dev: chat-dev $120.00 100 h a month" in text
    assert "Small check_circle cheapest $2.30" in text


def test_prices_of_other_teams_do_not_come_in_by_their_number(enter: Enter) -> None:
    chat = environment()
    outsider = enter(factories.outsider())
    where, html = sent(outsider, name="", add=f"target:{chat.targets.get().pk}")
    assert "price" not in where
    assert "chat-dev" not in html


def test_names_and_lines_are_shown_as_text_and_odd_addresses_are_answered(as_manager: Client) -> None:
    html = page(as_manager, address([("<b>x", "", "<i>y; 1"), ("b", "", "z; 2")]))
    assert "<b>x" not in html
    assert "&lt;i&gt;y" in html
    odd = (
        "what=ways&more=1&add=target:x&add=target:",
        "what=ways&sent=1&remove=9.9&leave=x&line=7&6.1.label=a&1.1.per=x",
    )
    for query in ("what=nothing", *odd, "what=spans&a_from=x&team=y", "one=%00", "what=ways&1.1.label=%00"):
        assert as_manager.get(f"{PAGE}?{query}", follow=True).status_code == 200


def test_another_way_keeps_what_is_written_and_five_are_enough(as_manager: Client) -> None:
    said = [(name, "", f"{name}; 1") for name in "ABCDEFG"]
    html = page(as_manager, address(said[:2], more="1"))
    assert html.count("<fieldset") == 3
    assert fields_of(html)["2.1.label"] == "B"
    html = page(as_manager, address(said, more="1"))
    assert html.count("<fieldset") == 5
    assert "Add a way" not in html
