"""Text messages: what fits into one, which letters phones have, and whose number it is."""

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from notifications.senders import euc_kr
from notifications.senders.base import Message, MessageAction, TransportError
from notifications.senders.sens import domestic, payload, signed
from notifications.senders.sns_sms import international

from .conftest import MONDAY
from .receivers.sens import wrong

SHORT = Message("x", "info", "가" * 45, "", (), "", "", MONDAY, "ko", "1")


def text(message: Message) -> dict[str, Any]:
    found = payload(message, "01012345678", "02-1234-5678")
    assert wrong(found) == ""
    return found


def test_ninety_bytes_are_one_short_message_and_one_more_makes_it_a_long_one() -> None:
    assert (text(SHORT)["type"], text(SHORT)["content"]) == ("SMS", "가" * 45)
    longer = text(replace(SHORT, title="가" * 45 + "a"))
    assert longer["type"] == "LMS"
    assert longer["subject"] == "가" * 19 + ".."
    assert longer["content"] == "가" * 45 + "a", "a title that the subject cuts is said in full"


def test_a_subject_that_says_all_of_the_title_is_not_repeated() -> None:
    found = text(replace(SHORT, title="chat-dev가 18:00에 멈춰요", body="나" * 60))
    assert found["subject"] == "chat-dev가 18:00에 멈춰요"
    assert found["content"] == "나" * 60


def test_a_link_is_whole_or_not_there() -> None:
    action = MessageAction("2시간 더", "https://daybreak.example/m/" + "x" * 150)
    found = text(replace(SHORT, title="멈춰요", body="다" * 3000, actions=(action,) * 30))
    assert found["content"].count(action.url) == found["content"].count("https://") > 5
    assert found["content"].startswith("다다다")


@pytest.mark.parametrize(
    ("given", "carried"),
    [
        ("한글 ABC 12:00", "한글 ABC 12:00"),
        ("시작했어요 🌅", "시작했어요 ?"),
        ("09:00 – 18:00 — ₩3,000", "09:00 - 18:00 - ￦3,000"),
        ("café naïve", "cafe naive"),
        ("뷁", "?"),
        ("“따옴표” … · €", "“따옴표” … · €"),
        (unicodedata.normalize("NFD", "한글"), "한글"),
    ],
)
def test_what_phones_lack_is_replaced_by_what_looks_alike(given: str, carried: str) -> None:
    assert euc_kr.fitting(given) == carried
    assert euc_kr.fitting(given).encode("euc_kr").decode("euc_kr") == carried


@pytest.mark.parametrize(
    ("phone", "number"),
    [
        ("010-1234-5678", "01012345678"),
        ("+82 10-1234-5678", "01012345678"),
        ("+82 (0)10 1234 5678", "01012345678"),
        ("02 123 4567", "021234567"),
    ],
)
def test_sens_is_given_korean_numbers_in_digits(phone: str, number: str) -> None:
    assert domestic(phone) == number


@pytest.mark.parametrize("phone", ["", "+1 212 555 0100", "1234", "mina@example.com", "12 345 6789"])
def test_any_other_number_is_refused_for_good_and_not_repeated(phone: str) -> None:
    with pytest.raises(TransportError) as caught:
        domestic(phone)
    assert caught.value.permanent
    assert not caught.value.closes_channel
    assert not phone or phone not in str(caught.value)


@pytest.mark.parametrize(
    ("phone", "country", "number"),
    [
        ("010-1234-5678", "82", "+821012345678"),
        ("+1 (212) 555-0100", "82", "+12125550100"),
        ("0176 1234567", "49", "+491761234567"),
    ],
)
def test_sns_is_given_numbers_with_their_country(phone: str, country: str, number: str) -> None:
    assert international(phone, country) == number


@pytest.mark.parametrize("phone", ["", "12", "abc", "10 1234 5678"])
def test_sns_is_never_given_what_is_no_number(phone: str) -> None:
    with pytest.raises(TransportError) as caught:
        international(phone, "82")
    assert caught.value.permanent


def test_the_signature_is_the_one_that_naver_cloud_describes() -> None:
    """Worked out with openssl: printf 'POST /sms/v2/services/s/messages\\n1\\na' | openssl dgst -sha256 -hmac k."""
    found = signed("/sms/v2/services/s/messages", {"access_key": "a", "secret_key": "k"}, "1")
    assert found["x-ncp-apigw-signature-v2"] == "R8uu8NparJ0kPjrYml5I50qS5ClWDA7+2vex9YM8DEw="
    assert (found["x-ncp-apigw-timestamp"], found["x-ncp-iam-access-key"]) == ("1", "a")
