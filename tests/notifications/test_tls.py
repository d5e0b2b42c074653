"""A secure connection that fails: before both sides agree on it nothing can have arrived, afterwards nobody knows."""

from collections.abc import Callable
from pathlib import Path

import pytest
import requests.adapters
from django.conf import LazySettings

from notifications.senders import aws, http
from notifications.senders.base import TransportError

from .receivers import tls


@pytest.fixture
def pem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate that senders trust."""
    made = tls.certificate(tmp_path)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(made))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(made))
    return made


def by_http(url: str, _settings: LazySettings) -> None:
    http.post(url, b"hello")


def by_aws(url: str, settings: LazySettings) -> None:
    settings.AWS_ENDPOINT_URL = url
    keys = {"access_key_id": "AKIATESTTESTTEST", "secret_access_key": "a" * 40}
    aws.ask("sns", "publish", {"region": "ap-northeast-2", **keys}, {"PhoneNumber": "+82", "Message": "hello"})


Way = Callable[[str, LazySettings], None]


@pytest.fixture(params=[by_http, by_aws], ids=["http", "aws"])
def way(request: pytest.FixtureRequest) -> Way:
    found: Way = request.param
    return found


def failed(way: Way, url: str, settings: LazySettings) -> TransportError:
    with pytest.raises(TransportError) as caught:
        way(url, settings)
    aws.forget_clients()
    return caught.value


def test_what_broke_after_the_request_may_have_arrived(way: Way, pem: Path, settings: LazySettings) -> None:
    with tls.serving(pem, tls.breaks_it_after_the_request) as (url, read):
        error = failed(way, url, settings)
    assert b"hello" in read[0]
    assert (error.unknown, error.permanent) == (True, False)
    assert "may have arrived" in str(error)


def test_what_was_never_agreed_on_is_tried_again(way: Way, pem: Path, settings: LazySettings) -> None:
    with tls.serving(pem, tls.agrees_to_nothing) as (url, _read):
        error = failed(way, url, settings)
    assert (error.unknown, error.permanent) == (False, False)


def test_a_certificate_that_nobody_trusts_gets_nothing(
    way: Way, pem: Path, settings: LazySettings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (other := tmp_path / "other").mkdir()
    with tls.serving(tls.certificate(other), tls.is_not_trusted) as (url, read):
        error = failed(way, url, settings)
    assert read == [b""]
    assert (error.unknown, error.permanent) == (False, False)
