"""The mail server's settings: off when unset, and an error when only half there."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from portal.checks import half_configured_mail
from portal.mail import is_configured

WHOLE = {
    "EMAIL_HOST": "smtp.example.com",
    "EMAIL_FROM": "Daybreak <daybreak@example.com>",
    "EMAIL_HOST_USER": "daybreak",
    "EMAIL_HOST_PASSWORD": "secret",
    "EMAIL_USE_TLS": True,
    "EMAIL_USE_SSL": False,
}


def errors(settings: Settings, **changes: object) -> list[str | None]:
    for name, value in (WHOLE | changes).items():
        setattr(settings, name, value)
    return [found.id for found in half_configured_mail()]


def test_without_any_setting_there_is_no_mail_and_no_error(settings: Settings) -> None:
    assert half_configured_mail() == []
    assert not is_configured()


def test_a_server_an_address_and_a_sign_in_are_enough(settings: Settings) -> None:
    assert errors(settings) == []
    assert is_configured()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"EMAIL_FROM": ""}, "portal.E005"),
        ({"EMAIL_FROM": "Daybreak"}, "portal.E005"),
        ({"EMAIL_HOST": "", "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": ""}, "portal.E005"),
        ({"EMAIL_HOST_PASSWORD": ""}, "portal.E006"),
        ({"EMAIL_HOST_USER": ""}, "portal.E006"),
        ({"EMAIL_USE_TLS": False}, "portal.E007"),
    ],
)
def test_half_a_configuration_is_an_error(settings: Settings, changes: dict[str, object], error: str) -> None:
    assert errors(settings, **changes) == [error]


def test_a_server_on_this_machine_may_be_told_a_password_as_it_is(settings: Settings) -> None:
    assert errors(settings, EMAIL_USE_TLS=False, EMAIL_HOST="127.0.0.1") == []
