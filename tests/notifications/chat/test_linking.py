"""Who somebody in a chat is: by a code from the preferences page, or by their e-mail address where an app does that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.chat import codes, people
from notifications.models import ChatCode, ChatPerson, ChatRequest
from portal.models import Preference
from tests import factories

from .conftest import JIHUN, MINSEO, MONDAY, PlainBot, jandi_app, later, minseo, people_read, say, title

pytestmark = pytest.mark.django_db


def test_who_is_not_known_gets_help_and_is_told_how_to_be_known_and_nothing_is_done(bot: PlainBot) -> None:
    minseo()
    reply = say(jandi_app(), "stop chat-dev")
    assert title(reply) == "I do not know you yet, so I can only help."
    assert reply.answer is not None
    assert "link K7QM-3XRD" in people_read(reply.answer.fields[0][1])
    assert reply.answer.refused
    assert bot.done == []
    assert [asked.user for asked in bot.asked] == [None]
    assert ChatRequest.objects.get().state == "refused"


def test_help_is_for_everybody() -> None:
    reply = say(jandi_app(), "help")
    assert title(reply) == "What I can do"
    assert ChatRequest.objects.get().state == "answered"


@pytest.mark.parametrize("verb", ["link", "연결", "LINK"])
def test_a_code_links_and_from_then_on_the_accounts_rights_count(bot: PlainBot, verb: str) -> None:
    app, user = jandi_app(), minseo()
    code = codes.make(user, MONDAY)
    assert title(say(app, f"{verb} {code.lower()}")) == "Linked with manager"
    say(app, "status")
    assert bot.asked[-1].user == user
    link = ChatPerson.objects.get()
    assert (link.app, link.external_id, link.user, link.how) == (app, MINSEO, user, "code")


def test_a_code_is_good_for_one_use_and_ten_minutes_and_is_kept_nowhere() -> None:
    app, user = jandi_app(), minseo()
    code = codes.make(user, MONDAY)
    assert title(say(app, f"link {code}")) == "Linked with manager"
    assert title(say(app, f"link {code}", who=JIHUN)) == "This code is not valid"
    late = codes.make(user, MONDAY)
    assert title(say(app, f"link {late}", who=JIHUN, now=later(minutes=10))) == "This code is not valid"
    assert not ChatPerson.objects.filter(external_id=JIHUN).exists()
    kept = str(list(ChatRequest.objects.values())) + str(list(ChatCode.objects.values()))
    for one in (code, late):
        assert one not in kept
        assert one.replace("-", "") not in kept


def test_a_new_code_ends_the_one_before() -> None:
    app, user = jandi_app(), minseo()
    before, after = codes.make(user, MONDAY), codes.make(user, MONDAY)
    assert title(say(app, f"link {before}")) == "This code is not valid"
    assert title(say(app, f"link {after}")) == "Linked with manager"


def test_the_code_of_somebody_who_may_not_sign_in_any_more_links_nobody() -> None:
    app, user = jandi_app(), minseo()
    code = codes.make(user, MONDAY)
    User.objects.update(is_active=False)
    assert title(say(app, f"link {code}")) == "This code is not valid"


def test_after_five_wrong_codes_the_right_one_is_refused_for_ten_minutes_and_others_are_not() -> None:
    app, user = jandi_app(), minseo()
    for minute in range(5):
        assert title(say(app, f"link WRONG{minute}", now=later(minutes=minute))) == "This code is not valid"
    code = codes.make(user, later(minutes=5))
    assert title(say(app, f"link {code}", now=later(minutes=5))) == "Too many wrong codes"
    assert title(say(app, "link AGAIN", now=later(minutes=13, seconds=59))) == "Too many wrong codes"
    code = codes.make(user, later(minutes=14))
    assert title(say(app, f"link {code}", who=JIHUN, now=later(minutes=13, seconds=59))) == "Linked with manager"
    code = codes.make(user, later(minutes=14))
    assert title(say(app, f"link {code}", now=later(minutes=14))) == "Linked with manager"


@pytest.mark.parametrize(
    ("wrong", "at", "locked"),
    [
        ([0, 1, 2, 3], 4, False),
        ([0, 1, 2, 3, 4], 5, True),
        ([0, 1, 2, 3, 10], 11, True),
        ([0, 1, 2, 3, 11], 12, False),
        ([0, 1, 2, 3, 4], 14, False),
        ([0, 8, 9, 10, 11, 12], 21.9, True),
    ],
)
def test_five_within_ten_minutes_lock_for_ten_minutes_after_the_fifth(
    wrong: list[float], at: float, locked: bool
) -> None:
    assert codes.is_locked([later(minutes=minute) for minute in wrong], later(minutes=at)) is locked


def test_unlinked_one_is_nobody_again_and_no_address_links_them_without_a_code(bot: PlainBot) -> None:
    app = jandi_app(by_email="on")
    minseo()
    assert title(say(app, "status", email=MINSEO)) == "Done: status"
    assert title(say(app, "unlink")) == "Unlinked"
    assert "do not know you" in title(say(app, "status", email=MINSEO))
    assert not ChatPerson.objects.exists()


def test_who_am_i_says_which_account_it_is() -> None:
    app = jandi_app()
    assert title(say(app, "whoami")) == "Nobody I know"
    minseo(app)
    assert title(say(app, "나")) == "You are manager"


def test_an_address_links_where_the_app_says_so_and_it_is_said_once(bot: PlainBot) -> None:
    app, user = jandi_app(by_email="on"), minseo()
    first, second = say(app, "status", email="Minseo@Example.com"), say(app, "status", email=MINSEO)
    assert first.answer is not None
    assert second.answer is not None
    assert "with the account manager by your e-mail address" in people_read(first.answer.fields[-1][1])
    assert second.answer.fields == ()
    assert [asked.user for asked in bot.asked] == [user, user]
    assert ChatPerson.objects.get().how == "email"


def test_jandi_links_nobody_by_address_unless_told_to() -> None:
    minseo()
    assert "do not know you" in title(say(jandi_app(), "status", email=MINSEO))


def test_an_address_of_two_accounts_of_none_or_of_one_switched_off_links_nobody() -> None:
    app, user = jandi_app(by_email="on"), minseo()
    assert "do not know you" in title(say(app, "status", who=JIHUN, email=JIHUN))
    other = factories.outsider()
    User.objects.filter(pk=other.pk).update(email=MINSEO.upper())
    assert "do not know you" in title(say(app, "status", email=MINSEO))
    User.objects.filter(pk__in=[other.pk, user.pk]).update(is_active=False)
    assert "do not know you" in title(say(app, "status", email=MINSEO))


def test_a_letter_that_only_looks_the_same_in_another_case_links_nobody() -> None:
    app, user = jandi_app(by_email="on"), minseo()
    User.objects.filter(pk=user.pk).update(email="kim@example.com")
    assert "do not know you" in title(say(app, "status", who="x", email="\u212aim@example.com"))


def test_somebody_linked_whose_account_is_switched_off_is_nobody(bot: PlainBot) -> None:
    app = jandi_app(by_email="on")
    minseo(app)
    User.objects.update(is_active=False)
    assert "do not know you" in title(say(app, "stop chat-dev", email=MINSEO))
    assert bot.done == []


def test_the_same_name_in_another_app_is_somebody_else() -> None:
    minseo(jandi_app())
    assert "do not know you" in title(say(jandi_app("other"), "status"))


def test_whom_the_platform_does_not_name_cannot_be_linked() -> None:
    app, user = jandi_app(), minseo()
    reply = say(app, f"link {codes.make(user, MONDAY)}", who="")
    assert reply.answer is not None
    assert "does not tell me who you are" in people_read(reply.answer.body)
    assert not ChatPerson.objects.exists()


def test_the_language_is_that_of_the_account_then_the_platforms_then_the_apps(bot: PlainBot) -> None:
    app, user = jandi_app(language="ko"), minseo()
    assert say(app, "help", language="en-US").language == "en"
    assert say(app, "help").language == "ko"
    Preference.objects.create(user=user, language="ko")
    people.link(app, MINSEO, "Minseo", user, MONDAY)
    reply = say(app, "status", language="en-US")
    assert (reply.language, title(reply)) == ("ko", "했어요: status")
    assert bot.asked[-1].language == "ko"


def test_a_code_is_made_by_a_post_shown_once_and_links_who_made_it() -> None:
    app, user = jandi_app(), minseo()
    client = Client()
    client.force_login(user)
    assert client.get("/preferences/chat/code/").status_code == 302
    assert not ChatCode.objects.exists()
    page = client.post("/preferences/chat/code/")
    code = page.context["chat_code"]
    assert f'value="{code}"' in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert code not in client.get("/preferences/").content.decode()
    assert title(say(app, f"link {code}")) == "Linked with manager"
    assert "You are not linked yet" not in client.get("/preferences/").content.decode()


def test_a_link_is_ended_by_its_owner_and_by_nobody_else() -> None:
    app = jandi_app()
    user = minseo(app)
    link, other = ChatPerson.objects.get(), Client()
    other.force_login(factories.outsider())
    assert other.post(f"/preferences/chat/{link.pk}/unlink/").status_code == 404
    client = Client()
    client.force_login(user)
    assert client.get(f"/preferences/chat/{link.pk}/unlink/").status_code == 405
    assert ChatPerson.objects.exists()
    assert client.post(f"/preferences/chat/{link.pk}/unlink/").status_code == 302
    assert not ChatPerson.objects.exists()


def test_the_section_is_there_once_there_is_a_chat() -> None:
    client = Client()
    client.force_login(factories.manager())
    assert 'id="chat"' not in client.get("/preferences/").content.decode()
    jandi_app()
    assert 'id="chat"' in client.get("/preferences/").content.decode()


def test_codes_have_no_letters_that_are_taken_for_each_other() -> None:
    made = {codes.make(factories.manager(), MONDAY + timedelta(seconds=n)) for n in range(50)}
    assert len(made) == 50
    assert not set("".join(made)) & set("0O1IL5S8BUV2Z")
