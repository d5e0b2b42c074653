"""Calendar feeds: who makes, sees and revokes them; the secret is kept nowhere."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from environments.models import PlanFeed
from environments.services import feeds
from tests import factories
from tests.support.times import monday

pytestmark = pytest.mark.django_db

NOW = monday("10:00")


def test_the_secret_has_many_bits_and_only_its_digest_and_last_letters_are_kept() -> None:
    feed, secret = feeds.make(scope=factories.environment(), author=factories.viewer(), language="en", now=NOW)
    assert len(secret) * 6 >= 128
    row = PlanFeed.objects.values().get(pk=feed.pk)
    assert secret not in str(row)
    assert row["digest"] == hashlib.sha256(secret.encode()).hexdigest()
    assert secret.endswith(row["hint"])
    assert len(row["hint"]) == 4


def test_no_two_feeds_have_one_secret() -> None:
    here, author = factories.environment(), factories.viewer()
    made = {feeds.make(scope=here, author=author, language="en", now=NOW)[1] for _n in range(5)}
    assert len(made) == 5


def test_people_make_feeds_of_what_they_see_and_of_nothing_else() -> None:
    here, outsider = factories.environment(), factories.outsider()
    for scope in (here, here.team):
        with pytest.raises(PermissionDenied):
            feeds.make(scope=scope, author=outsider, language="en", now=NOW)
        feeds.make(scope=scope, author=factories.operator(), language="en", now=NOW)
    assert PlanFeed.objects.filter(author=outsider).count() == 0


def test_nobody_has_more_feeds_than_anybody_reads() -> None:
    here, author = factories.environment(), factories.viewer()
    for _n in range(feeds.MOST):
        last, _secret = feeds.make(scope=here, author=author, language="en", now=NOW)
    with pytest.raises(ValidationError, match="You have 50 calendar feeds"):
        feeds.make(scope=here, author=author, language="en", now=NOW)
    feeds.revoke(feed_id=last.pk, user=author, now=NOW)
    feeds.make(scope=here, author=author, language="en", now=NOW)


def test_a_feed_is_found_by_its_secret_alone() -> None:
    feed, secret = feeds.make(scope=factories.environment(), author=factories.viewer(), language="en", now=NOW)
    assert feeds.found(secret) == feed
    for other in ("", secret[:-1], secret + "x", feed.digest, feed.hint, "\ud83d\ude00", "\x00"):
        assert feeds.found(other) is None


def test_a_revoked_feed_is_not_found_and_the_record_stays() -> None:
    author = factories.viewer()
    feed, secret = feeds.make(scope=factories.environment(), author=author, language="en", now=NOW)
    assert feeds.revoke(feed_id=feed.pk, user=author, now=NOW)
    assert feeds.found(secret) is None
    feed.refresh_from_db()
    assert (feed.revoked_at, feed.revoked_by) == (NOW, author)
    assert not feeds.revoke(feed_id=feed.pk, user=author, now=NOW + timedelta(hours=1))
    feed.refresh_from_db()
    assert feed.revoked_at == NOW


def test_people_revoke_their_own_feeds_and_operators_everybody_s() -> None:
    here = factories.environment()
    feed, _secret = feeds.make(scope=here, author=factories.viewer(), language="en", now=NOW)
    assert not feeds.revoke(feed_id=feed.pk, user=factories.manager(), now=NOW)
    assert not feeds.revoke(feed_id=feed.pk, user=factories.outsider(), now=NOW)
    assert feeds.revoke(feed_id=feed.pk, user=factories.operator(), now=NOW)


def test_people_see_their_own_feeds_and_operators_everybody_s() -> None:
    here, other = factories.environment(), factories.environment("chat-staging")
    viewer, manager = factories.viewer(), factories.manager()
    own, _secret = feeds.make(scope=here, author=viewer, language="en", now=NOW)
    of_team, _secret = feeds.make(scope=here.team, author=manager, language="en", now=NOW + timedelta(seconds=1))
    assert feeds.listed(viewer, here) == [own]
    assert feeds.listed(manager, here) == [of_team]
    assert feeds.listed(manager, other) == [of_team]
    assert feeds.listed(factories.operator(), here) == [of_team, own]
    assert feeds.listed(factories.outsider(), here) == []


def test_an_author_who_is_gone_takes_the_feed_along() -> None:
    author = factories.viewer()
    here = factories.environment()
    secrets = [feeds.make(scope=scope, author=author, language="en", now=NOW)[1] for scope in (here, here.team)]
    author.is_active = False
    author.save()
    assert [feeds.found(secret) for secret in secrets] == [None, None]


def test_so_does_one_who_has_left_the_team() -> None:
    author = factories.viewer()
    here = factories.environment()
    secrets = [feeds.make(scope=scope, author=author, language="en", now=NOW)[1] for scope in (here, here.team)]
    here.team.members.remove(author)
    assert [feeds.found(secret) for secret in secrets] == [None, None]
    here.team.members.add(author)
    assert None not in [feeds.found(secret) for secret in secrets]


def test_a_team_without_environments_has_an_empty_feed_and_not_none() -> None:
    author = factories.viewer()
    feed, secret = feeds.make(scope=factories.team(), author=author, language="en", now=NOW)
    assert feeds.found(secret) == feed
    assert feeds.environments_of(feed, NOW) == []


def test_when_it_was_last_read_is_written_once_in_ten_minutes() -> None:
    feed, _secret = feeds.make(scope=factories.environment(), author=factories.viewer(), language="en", now=NOW)
    for minutes, noted in [(0, 0), (3, 0), (9, 0), (10, 10), (15, 10)]:
        feeds.note_reading(feed, NOW + timedelta(minutes=minutes))
        feed.refresh_from_db()
        assert feed.last_read_at == NOW + timedelta(minutes=noted)
