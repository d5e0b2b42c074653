"""What an address must answer, and what follows when it does not; every verdict says what came and what should have."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest

from environments.rules.errors import RuleError
from environments.rules.http_address import check_address
from environments.rules.http_answers import LARGEST, Answer
from environments.rules.http_headers import MASK, masked, parse_headers
from environments.rules.http_verdicts import (
    Pace,
    Verdict,
    expected,
    follows,
    judge,
    must_warn,
    parse_path,
    parse_statuses,
)

HEALTH = "https://chat.example.com/actuator/health"
PACE = Pace(every_s=30, retries=3, retry_every_s=5)
GOOD, BAD = Verdict(True, {"en": "fine", "ko": "좋음"}), Verdict(False, {"en": "it broke", "ko": "고장"})
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)


def said(
    body: str = "", status: int = 200, *, url: str = "https://chat.example.com/", **wanted: str
) -> tuple[bool, str]:
    asked = {"method": "GET", "expected_status": "200-299"} | wanted
    verdict = judge(expected(url=url, **asked), Answer(1, status=status, body=body, is_cut=len(body) >= LARGEST))
    assert verdict.reason["ko"]
    return verdict.is_good, verdict.reason["en"]


def test_a_list_of_statuses_is_numbers_and_spans() -> None:
    assert parse_statuses("200-299, 401") == ((200, 299), (401, 401))


@pytest.mark.parametrize("text", ["", "fine", "200-", "299-200", "99", "600", "200,,204", "2００"])
def test_what_is_no_list_of_statuses_is_refused_naming_the_part(text: str) -> None:
    with pytest.raises(RuleError) as refused:
        parse_statuses(text)
    assert refused.value.field == "expected_status"


def test_a_json_path_has_names_and_numbers_and_no_empty_part() -> None:
    assert parse_path("items.0.state") == ("items", "0", "state")
    with pytest.raises(RuleError):
        parse_path("components..status")


class TestJudging:
    def test_another_status_is_bad_and_says_which_was_expected(self) -> None:
        assert said(status=503, expected_status="200-299, 401") == (False, "it answered 503, expected was 200-299, 401")
        assert said(status=401, expected_status="200-299, 401")[0]

    def test_springs_health_must_be_up_unless_something_else_is_asked_for(self) -> None:
        assert said('{"status": "UP"}', url=HEALTH) == (True, "it answered 200, “status” is UP")
        assert said('{"status": "DOWN"}', url=HEALTH) == (False, "“status” is DOWN, expected was UP")
        assert said("fine", url=HEALTH) == (False, "it answered 200, but no JSON")
        assert said("fine", url=HEALTH, contains="fine")[0]
        assert said(url=HEALTH, method="HEAD")[0]
        assert said("fine", url="https://chat.example.com/health")[0]

    @pytest.mark.parametrize(
        ("path", "value", "good"),
        [
            ("components.db.status", "UP", True),
            ("items.1.count", "3", True),
            ("items.1.ready", "true", True),
            ("items.7.count", "3", False),
            ("components.cache", "", False),
            ("components.db", "", True),
            ("name", "채팅", True),
        ],
    )
    def test_values_are_found_by_names_and_numbers(self, path: str, value: str, good: bool) -> None:
        body = '{"components": {"db": {"status": "UP"}}, "items": [0, {"count": 3, "ready": true}], "name": "채팅"}'
        assert said(body, json_path=path, json_value=value)[0] is good

    def test_a_text_that_is_not_there_is_said(self) -> None:
        assert said("OK: all well", contains="OK")[0]
        assert said("maintenance", contains="OK") == (False, "it answered 200, but “OK” is not in the answer")

    def test_what_is_too_long_to_read_is_said_as_such(self) -> None:
        long = '{"status": "UP", "more": "' + "x" * LARGEST
        assert said(long, url=HEALTH) == (False, "its JSON is longer than 64 KB and not read")
        assert "first 64 KB" in said(long, contains="OK")[1]

    def test_json_of_a_malicious_depth_is_no_json(self) -> None:
        assert not said("[" * 60_000, json_path="a")[0]

    def test_no_answer_is_bad_in_words(self) -> None:
        verdict = judge(
            expected(url=HEALTH, method="GET", expected_status="200"),
            Answer(1, trouble="time_out", details={"seconds": "5", "host": "chat.example.com"}),
        )
        assert verdict == Verdict(False, {"en": "no answer within 5 s", "ko": "5초 안에 응답이 없어요"})


class TestWhatFollows:
    def test_three_tries_more_five_seconds_apart_before_it_is_down(self) -> None:
        failures, states, waits = 0, [], []
        for _try in range(5):
            turn = follows(BAD, pace=PACE, failures=failures, comes_up=False)
            failures = turn.failures
            states.append(turn.state)
            waits.append(turn.look_in.seconds)
        assert states == [None, None, None, "down", "down"]
        assert waits == [5, 5, 5, 30, 30]

    def test_a_good_answer_is_up_at_once(self) -> None:
        turn = follows(GOOD, pace=PACE, failures=7, comes_up=True)
        assert (turn.state, turn.failures, turn.look_in, turn.reason["en"]) == ("up", 0, timedelta(seconds=30), "Fine.")

    def test_while_it_comes_up_nothing_is_down(self) -> None:
        turn = follows(BAD, pace=PACE, failures=20, comes_up=True)
        assert (turn.state, turn.look_in.seconds, turn.reason["en"]) == ("starting", 5, "Coming up. It broke.")

    def test_people_are_warned_of_a_certificate_in_time_and_once(self) -> None:
        until = NOW + timedelta(days=14)
        assert must_warn(until=until, warned=None, days=14, now=NOW)
        assert not must_warn(until=until, warned=until, days=14, now=NOW)
        assert not must_warn(until=until, warned=None, days=13, now=NOW)
        assert not must_warn(until=until, warned=None, days=0, now=NOW)

    def test_of_another_certificate_behind_the_same_name_they_are_warned_a_day_later_at_the_earliest(self) -> None:
        until, warned = NOW + timedelta(days=4), NOW + timedelta(days=3)
        hours = timedelta(hours=1)
        assert not must_warn(until=until, warned=warned, days=14, told_at=NOW, now=NOW + 23 * hours)
        assert must_warn(until=until, warned=warned, days=14, told_at=NOW, now=NOW + 24 * hours)


class TestEntries:
    @pytest.mark.parametrize(
        "url",
        [
            *("", "chat.example.com", "ftp://x.example/", "https://", "https://me:secret@x.example/", "http://[x"),
            *(
                "https://x.example/a b",
                "http://169.254.169.254/",
                "http://[::ffff:169.254.169.254]/",
                "http://10.0.0.1/",
            ),
        ],
    )
    def test_what_cannot_be_asked_is_refused_at_entry(self, url: str) -> None:
        with pytest.raises(RuleError) as refused:
            check_address(url, [ipaddress.ip_network("127.0.0.1/32")])
        assert refused.value.field == "url"
        assert "secret" not in str(refused.value) or "secret header" in str(refused.value)

    def test_names_and_allowed_numbers_are_taken(self) -> None:
        for url in ("https://chat.example.com:8443/health?x=1", "http://127.0.0.1:8001/"):
            check_address(url, [ipaddress.ip_network("127.0.0.1/32")])

    def test_headers_are_lines(self) -> None:
        assert parse_headers("Accept: application/json\n\nX-Team:  chat ") == {
            "Accept": "application/json",
            "X-Team": "chat",
        }

    @pytest.mark.parametrize(
        "line", ["Accept", "Bad Name: x", ": x", "Host\x00: x", "Content-Length: 3", "A: 1\nA: 2", "X:"]
    )
    def test_what_is_no_header_is_refused_with_its_line(self, line: str) -> None:
        with pytest.raises(RuleError):
            parse_headers(line)

    def test_masked_secrets_keep_their_values_and_are_never_repeated_in_refusals(self) -> None:
        stored = {"Authorization": "Bearer s3cret", "X-Key": "k"}
        assert masked(stored) == f"Authorization: {MASK}\nX-Key: {MASK}"
        kept = parse_headers(f"authorization: {MASK}\nX-Key: new", field="secrets", stored=stored)
        assert kept == {"authorization": "Bearer s3cret", "X-Key": "new"}
        for line in ("Authorization Bearer s3cret", "Content-Length: s3cret", "Bad Name: s3cret"):
            with pytest.raises(RuleError) as refused:
                parse_headers(line, field="secrets", stored={})
            assert "s3cret" not in str(refused.value) + refused.value.text("ko")
