"""A webhook's address is a password: at rest, in logs, in errors, in dumps."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from notifications import dispatch
from notifications.checks import check_settings
from notifications.masking import mask, mask_url, scrub
from notifications.models import Channel
from notifications.senders.discord import Discord as Sender
from notifications.senders.registry import SENDERS, sender
from tests import factories

from . import discord_server as replies
from .conftest import MONDAY, fresh, owe
from .discord_server import SECRET, Discord

WEBHOOK = f"https://discord.com/api/webhooks/123456/{SECRET}"


def stored(channel: Channel) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT config FROM notifications_channel WHERE id = %s", [channel.pk])
        return str(cursor.fetchone()[0])


def test_a_masked_address_can_be_told_from_others_and_not_be_used() -> None:
    assert mask_url(WEBHOOK, keep=2) == "https://discord.com/api/webhooks/…abcd"
    assert mask_url("https://user:password@example.com/a/b", keep=0) == "https://example.com/…"
    assert (mask("short"), mask("")) == ("…", "")


def test_secrets_are_taken_out_of_any_text_whole_or_in_part() -> None:
    said = f"POST {WEBHOOK} failed: /api/webhooks/123456/{SECRET} ({SECRET})"
    assert "SECRET" not in scrub(said, [WEBHOOK])


@pytest.mark.django_db
class TestAtRest:
    def test_the_database_holds_no_address(self, channel: Channel) -> None:
        assert "webhook" not in stored(channel)
        assert SECRET not in stored(channel)
        assert fresh(owe()).channel.config["webhook_url"].endswith(SECRET)

    def test_the_same_settings_never_look_the_same(self, make_channel: Callable[..., Channel]) -> None:
        config = {"webhook_url": WEBHOOK}
        assert stored(make_channel("a", config=config)) != stored(make_channel("b", config=config))

    def test_dumps_stay_sealed_and_can_be_loaded(self, channel: Channel) -> None:
        dump = serializers.serialize("json", [channel])
        assert SECRET not in dump
        (loaded,) = serializers.deserialize("json", dump)
        assert loaded.object.config == channel.config  # type: ignore[attr-defined]

    def test_no_representation_shows_settings(self, channel: Channel) -> None:
        shown = [repr(channel), str(channel), repr(channel.config), str(channel.config), f"{channel.config}"]
        assert not any(SECRET in text for text in shown)
        assert channel.masked_config() == {
            "webhook_url": channel.config["webhook_url"].split("/api")[0].rsplit(":", 1)[0] + "/api/webhooks/…abcd"
        }


@pytest.mark.django_db
class TestKeys:
    def test_a_key_of_ones_own_reads_what_the_secret_key_sealed(self, channel: Channel, settings: Any) -> None:
        settings.FIELD_ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
        assert Channel.objects.get().config == channel.config

    def test_keys_are_rotated_without_losing_a_channel(self, channel: Channel, settings: Any) -> None:
        old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
        settings.FIELD_ENCRYPTION_KEYS = [old]
        call_command("reencrypt", verbosity=0)
        settings.FIELD_ENCRYPTION_KEYS = [new, old]
        call_command("reencrypt", verbosity=0)
        settings.FIELD_ENCRYPTION_KEYS = [new]
        settings.SECRET_KEY = "another-another-another-another-another"
        assert Channel.objects.get().config == channel.config

    def test_keys_of_everything_that_is_sealed_are_rotated(self, settings: Any) -> None:
        """Whatever app it is of: here the secret headers of a web address check."""
        check = factories.http_check(secret_headers={"Authorization": f"Bearer {SECRET}"})
        changes = type(check).history.count()
        old, new = settings.FIELD_ENCRYPTION_KEYS, [Fernet.generate_key().decode()]
        settings.FIELD_ENCRYPTION_KEYS = [*new, *old]
        call_command("reencrypt", verbosity=0)
        settings.FIELD_ENCRYPTION_KEYS = new
        settings.SECRET_KEY = "another-another-another-another-another"
        assert dict(type(check).objects.get().secret_headers) == {"Authorization": f"Bearer {SECRET}"}
        assert type(check).history.count() == changes

    def test_a_lost_key_spoils_no_page_and_destroys_nothing(self, channel: Channel, settings: Any) -> None:
        sealed = stored(channel)
        settings.SECRET_KEY = "another-another-another-another-another"
        lost = Channel.objects.get()
        assert (lost.config.readable, lost.masked_config()) == (False, {})
        with pytest.raises(ValueError, match="cannot be read"), transaction.atomic():
            lost.save()
        with pytest.raises(CommandError, match="1"):
            call_command("reencrypt", verbosity=0)
        assert stored(channel) == sealed

    def test_half_configured_is_said_at_start_up_without_the_value(self, settings: Any) -> None:
        settings.FIELD_ENCRYPTION_KEYS = ["too short"]
        settings.DISCORD_WEBHOOK_URL = f"https://example.com/{SECRET}"
        settings.BASE_URL = "daybreak.example"
        found = check_settings()
        assert [error.id for error in found] == ["notifications.E001", "notifications.E002", "notifications.E003"]
        assert SECRET not in str(found)
        assert "too short" not in str(found)


@pytest.mark.django_db
class TestWhatGoesWrong:
    @pytest.mark.parametrize(
        "reply",
        [
            replies.refuse(404, {"message": f"Unknown Webhook {SECRET}"}),
            replies.refuse(500, {"message": f"/api/webhooks/1/{SECRET}"}),
            replies.refuse(429, {"message": "slow down", "retry_after": 1}),
            replies.reset_after_acceptance,
        ],
        ids=["gone", "broken", "limited", "reset"],
    )
    def test_neither_logs_nor_errors_tell_the_address(
        self, channel: Channel, discord: Discord, reply: replies.Behaviour, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        discord.answers(reply)
        delivery = owe()
        dispatch.deliver(delivery.pk, MONDAY)
        left = fresh(delivery)
        kept = [left.last_error, left.attempt_log.get().error, left.channel.last_error, left.channel.disabled_reason]
        assert left.last_error["en"]
        assert SECRET not in json.dumps(kept)
        assert SECRET not in caplog.text

    def test_what_a_broken_sender_raises_is_not_repeated(
        self, channel: Channel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def raise_with_secret(self: Sender, message: object, config: dict[str, str]) -> None:
            raise RuntimeError(config["webhook_url"])

        monkeypatch.setattr(Sender, "send", raise_with_secret)
        delivery = owe()
        dispatch.deliver(delivery.pk, MONDAY)
        assert fresh(delivery).last_error["en"] == "Internal error (RuntimeError)."
        assert SECRET not in caplog.text


@pytest.mark.parametrize("kind", SENDERS)
class TestEverySender:
    """What holds for each kind in the registry, the next ones included."""

    def test_its_fields_are_declared_with_labels_and_masks(self, kind: str) -> None:
        fields = sender(kind).config_fields
        assert len({field.name for field in fields}) == len(fields)
        for field in fields:
            assert str(field.label)
            assert field.name.isidentifier()
            if field.secret:
                assert SECRET not in field.mask(WEBHOOK)

    def test_it_is_one_object_without_state(self, kind: str) -> None:
        assert sender(kind) is sender(kind)
        assert not vars(sender(kind))
