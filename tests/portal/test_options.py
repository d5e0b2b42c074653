"""What a wrong option says, at the start; and what stands by itself when nothing is set."""

import subprocess
import sys
from typing import Any

import pytest

from portal.checks import half_configured
from portal.env import BASE_DIR


def options(expression: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A new process that reads the options from just these variables and prints the expression."""
    return subprocess.run(
        [sys.executable, "-c", f"from portal import options; print({expression})"],
        cwd=BASE_DIR,
        env={"ENV_FILE": "", "SECRET_KEY": "tests-only-tests-only-tests-only-tests-only"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PORT": "http"}, "PORT is 'http'; expected a whole number from 1 to 65535."),
        ({"SIMULATED_AWS": "maybe"}, "SIMULATED_AWS is 'maybe'; expected on or off"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is too short; expected 32 characters or more."),
        ({"SECRET_KEY": "", "BROKER_URL": "redis://127.0.0.1:6379/0"}, "SECRET_KEY is not set;"),
        (
            {"DATABASE_URL": "mysql://127.0.0.1/x"},
            "DATABASE_URL is not an address that can be used; expected postgres://",
        ),
        (
            {"CALENDAR_ALLOWED_NETWORKS": "10.0.0.0/8, 10.0.0.1/8"},
            "CALENDAR_ALLOWED_NETWORKS has '10.0.0.1/8'; expected a network such as 10.0.0.0/8",
        ),
        ({"ENV_FILE": "/nowhere/env"}, "ENV_FILE names '/nowhere/env', which is not a file"),
    ],
)
def test_a_wrong_option_stops_the_process_with_its_name(variables: dict[str, str], sentence: str) -> None:
    result = options("0", **variables)

    assert result.returncode != 0
    assert sentence in result.stderr


def test_without_any_variable_it_is_a_demonstration_in_one_process() -> None:
    result = options("(options.EMBEDDED, options.SIMULATED_AWS, options.DEMO, options.DEBUG, options.BASE_URL)")

    assert result.stdout.strip() == "(True, True, True, False, 'http://127.0.0.1:8000')"


def test_the_real_aws_is_one_setting_away_and_takes_no_sample_with_it() -> None:
    assert options("(options.SIMULATED_AWS, options.DEMO)", SIMULATED_AWS="off").stdout.strip() == "(False, False)"


def test_the_address_that_people_use_is_allowed_and_trusted() -> None:
    result = options("(options.ALLOWED_HOSTS[-1], options.CSRF_TRUSTED_ORIGINS)", BASE_URL="https://daybreak.example/")

    assert result.stdout.strip() == "('daybreak.example', ['https://daybreak.example'])"


def test_the_process_environment_wins_over_the_file(tmp_path: Any) -> None:
    (tmp_path / "env").write_text("PORT=9000\nTIME_ZONE=Asia/Seoul\n")

    result = options("(options.PORT, options.TIME_ZONE)", ENV_FILE=str(tmp_path / "env"), PORT="9001")

    assert result.stdout.strip() == "(9001, 'Asia/Seoul')"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, []),
        ({"SIMULATED_AWS": True, "EMBEDDED": False, "AWS_ENDPOINT_GIVEN": False}, ["portal.E001"]),
        ({"BASE_URL": "https://other.example"}, ["portal.E002"]),
        ({"SECURE_HSTS_SECONDS": 60}, ["portal.E003"]),
        ({"SECURE_HSTS_SECONDS": 60, "BASE_URL": "https://127.0.0.1"}, []),
        ({"DEMO": True, "SIMULATED_AWS": False}, ["portal.E004"]),
    ],
)
def test_what_is_half_configured_is_an_error(settings: Any, changed: dict[str, object], expected: list[str]) -> None:
    for name, value in changed.items():
        setattr(settings, name, value)

    assert [message.id for message in half_configured()] == expected
