"""Options: what is missing or wrong is said with the variable's name; secrets stay out of it."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from portal import env
from portal.env import BadOption, envbool, envint, envlist, envsecret, envstr, envurl, envzone


@pytest.fixture
def given() -> Iterator[Callable[..., None]]:
    """Sets the environment that options are read from, and puts the suite's back."""
    source, registry = env._source, dict(env.REGISTRY)
    yield lambda **variables: env.use(variables)
    env._source = source
    env.REGISTRY.clear()
    env.REGISTRY.update(registry)


Given = Callable[..., None]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", True),
        ("1", True),
        ("TRUE", True),
        ("yes", True),
        ("off", False),
        ("0", False),
        ("False", False),
        ("no", False),
    ],
)
def test_a_switch_is_read_in_any_usual_spelling(given: Given, text: str, value: bool) -> None:
    given(DEBUG=text)

    assert envbool("DEBUG", not value, help="…") is value


def test_an_unknown_switch_is_refused_with_its_name_and_what_is_expected(given: Given) -> None:
    given(DEBUG="maybe")

    with pytest.raises(BadOption, match=r"DEBUG is 'maybe'; expected on or off"):
        envbool("DEBUG", False, help="…")


@pytest.mark.parametrize("text", ["0", "65536", "-1", "80.5", "8_000", "٨٠", "http"])
def test_a_number_that_is_none_or_out_of_range_is_refused(given: Given, text: str) -> None:
    given(PORT=text)

    with pytest.raises(BadOption, match=r"PORT is .* expected a whole number from 1 to 65535"):
        envint("PORT", 8000, help="…", minimum=1, maximum=65535)


def test_an_empty_value_counts_as_unset(given: Given) -> None:
    given(PORT="  ", ALLOWED_HOSTS="")

    assert envint("PORT", 8000, help="…", minimum=1, maximum=65535) == 8000
    assert envlist("ALLOWED_HOSTS", "a,b", help="…") == ["a", "b"]


def test_a_list_drops_empty_parts(given: Given) -> None:
    given(ALLOWED_HOSTS=" a.example , ,b.example,")

    assert envlist("ALLOWED_HOSTS", "", help="…") == ["a.example", "b.example"]


def test_a_missing_variable_that_is_required_is_named(given: Given) -> None:
    given()

    with pytest.raises(BadOption, match=r"NAME_OF_IT is not set\. What it is for\."):
        envstr("NAME_OF_IT", None, help="What it is for.")


def test_a_choice_outside_the_set_is_refused_with_the_set(given: Given) -> None:
    given(LANGUAGE_CODE="de")

    with pytest.raises(BadOption, match="LANGUAGE_CODE is 'de'; expected one of en, ko"):
        envstr("LANGUAGE_CODE", "en", help="…", choices=frozenset({"en", "ko"}))


def test_a_time_zone_that_does_not_exist_is_refused(given: Given) -> None:
    given(TIME_ZONE="Asia/Soul")

    with pytest.raises(BadOption, match="TIME_ZONE is 'Asia/Soul'"):
        envzone("TIME_ZONE", "UTC", help="…")


@pytest.mark.parametrize(
    "text", ["discord.com/x", "ftp://discord.com/x", "https://", "https://h:0/", "https://h:x/", "https://[/"]
)
def test_an_address_that_cannot_be_used_is_refused_without_being_shown(given: Given, text: str) -> None:
    given(DISCORD_WEBHOOK_URL=f"{text}?token=hush")

    with pytest.raises(BadOption, match="DISCORD_WEBHOOK_URL") as refusal:
        envurl("DISCORD_WEBHOOK_URL", "", help="…", secret=True)
    assert "hush" not in str(refusal.value)


def test_a_secret_comes_from_the_file_that_its_twin_names(given: Given, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    given(SECRET_KEY_FILE=str(tmp_path / "key"))

    assert envsecret("SECRET_KEY", help="…") == "from the file"


def test_a_secret_given_twice_is_refused(given: Given, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("one")
    given(SECRET_KEY="another", SECRET_KEY_FILE=str(tmp_path / "key"))

    with pytest.raises(BadOption, match="SECRET_KEY and SECRET_KEY_FILE are both set"):
        envsecret("SECRET_KEY", help="…")


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_a_secret_file_that_cannot_be_used_is_refused(given: Given, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    given(SECRET_KEY_FILE=str(tmp_path / "key"))

    with pytest.raises(BadOption, match="SECRET_KEY_FILE names"):
        envsecret("SECRET_KEY", help="…")


def test_a_missing_secret_is_made_once_and_only_its_owner_can_read_it(given: Given, tmp_path: Path) -> None:
    given()
    path = tmp_path / "var" / "secret_key"

    first = envsecret("SECRET_KEY", help="…", required=True, generate=path)
    second = envsecret("SECRET_KEY", help="…", required=True, generate=path)

    assert first == second
    assert len(first) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]


def test_processes_that_start_together_agree_on_one_secret(
    given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret_key"
    link = os.link

    def another_was_first(source: Any, target: Any) -> None:
        path.write_text("the other's")
        link(source, target)

    monkeypatch.setattr(os, "link", another_was_first)

    assert env.kept_secret(path) == "the other's"
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret_key"]


def test_a_simulated_aws_takes_real_credentials_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://elsewhere.example")

    env.point_aws_at("http://127.0.0.1:8001")

    assert {name for name in os.environ if name.startswith("AWS_")} == {*env.MADE_UP_AWS, "AWS_ENDPOINT_URL"}
    assert os.environ["AWS_ENDPOINT_URL"] == "http://127.0.0.1:8001"


def test_a_misspelt_name_in_the_file_is_found(given: Given, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("DATABSE_URL=sqlite:///x\nAWS_ACCESS_KEY_ID=x\nSECRET_KEY_FILE=/run/key\nSOMETHING=1\n")
    monkeypatch.setattr(env, "_file", str(file))

    assert env.unknown_names() == {"DATABSE_URL": "Did you mean DATABASE_URL?", "SOMETHING": "See .env.example."}
