"""Own words for kinds of events: which places they may have, and how they are filled."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from notifications import wordings
from notifications.models import Event, Wording

from .browsers import browser
from .conftest import say

pytestmark = pytest.mark.django_db

TITLE = {"en": "chat-dev is ready", "ko": "chat-dev 준비 완료"}
TOOK = ({"en": "Took", "ko": "걸린 시간"}, {"en": "7 min 19 s", "ko": "7분 19초"})


def ready(**values: object) -> Event:
    given = {"kind": "environment.ready", "body": {"en": "Until 18:00.", "ko": "18:00까지."}, "fields": [TOOK]}
    return say(**({"title": TITLE} | given | {"actor": "Minseo Kim", "link": "/env/chat-dev/"} | values))


def word(title: str = "", body: str = "", language: str = "en") -> Wording:
    return Wording.objects.create(kind="environment.ready", language=language, title=title, body=body)


def test_without_own_words_a_message_says_what_the_portal_says() -> None:
    assert wordings.worded(ready(), "en") == ("chat-dev is ready", "Until 18:00.")
    assert wordings.worded(ready(), "ko") == ("chat-dev 준비 완료", "18:00까지.")


def test_own_words_are_filled_from_the_event_in_the_language_of_the_reader() -> None:
    word("{environment} of {team} is up", "{title}: {body} Took {field:Took}. Ask {actor}: {link}")
    word("{environment} 켜짐", "{field:Took}", language="ko")
    assert wordings.worded(ready(), "en") == (
        "chat-dev of chat is up",
        "chat-dev is ready: Until 18:00. Took 7 min 19 s. Ask Minseo Kim: https://daybreak.example/env/chat-dev/",
    )
    assert wordings.worded(ready(), "ko") == ("chat-dev 켜짐", "7분 19초")


def test_words_of_one_language_and_kind_leave_the_others_as_they_are() -> None:
    word("Up", language="ko")
    assert wordings.worded(ready(), "en")[0] == "chat-dev is ready"
    assert wordings.worded(ready(kind="environment.stopped"), "ko")[0] == "chat-dev 준비 완료"


def test_a_detail_is_found_by_its_name_in_any_language_and_case() -> None:
    word(body="{field:걸린 시간} {field: took }")
    assert wordings.worded(ready(), "en")[1] == "7 min 19 s 7 min 19 s"


def test_an_empty_title_or_text_is_the_portals_own() -> None:
    word("Up")
    assert wordings.worded(ready(), "en") == ("Up", "Until 18:00.")


def test_filling_never_fails_whatever_the_event_lacks_or_the_words_hold() -> None:
    word("{actor}{link}{team}", "{nothing} {field:Cost} { {} %s %(title)s {field:}")
    title, body = wordings.worded(ready(actor="", link="", labels={}, fields=[]), "en")
    assert title == "chat-dev is ready", "a title of places without values would be empty"
    assert body == "{nothing}  { {} %s %(title)s {field:}"


def test_a_title_is_one_line_even_when_a_text_of_several_is_put_into_it() -> None:
    word("{body}")
    assert wordings.worded(ready(body="first\nsecond"), "en")[0] == "first second"


@pytest.mark.parametrize("text", ["{title}", "{ environment } {field:Took}", "no place", "a { brace", ""])
def test_places_that_there_are_may_be_written(text: str) -> None:
    wordings.check(text)  # raises what is wrong
    word("", text or "x")
    assert Wording.objects.get().body == (text or "x")


@pytest.mark.parametrize(
    "text", ["{environment} {colour}", "{colour}", "{Title} {colour}", "{field:} {colour}", "{}{colour}"]
)
def test_a_place_that_there_is_not_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        wordings.check(text)
    said = refused.value.messages[0]
    assert "{colour}" in said
    assert "{environment}" in said


class TestPages:
    FORM = {"kind": "environment.ready", "language": "en", "title": "{environment} is up", "body": ""}

    def test_an_unknown_place_is_refused_at_its_field(self) -> None:
        answer = browser("operator").post(reverse("admin:notifications_wording_add"), self.FORM | {"body": "{colour}"})
        assert "{colour}" in answer.context["adminform"].form.errors["body"][0]
        assert not Wording.objects.exists()

    def test_words_that_say_nothing_are_refused(self) -> None:
        answer = browser("operator").post(reverse("admin:notifications_wording_add"), self.FORM | {"title": ""})
        assert "Write a title or a text" in str(answer.context["adminform"].form.errors)

    def test_a_second_of_the_same_kind_and_language_is_refused(self) -> None:
        word("Up")
        answer = browser("operator").post(reverse("admin:notifications_wording_add"), self.FORM)
        assert "already exists" in str(answer.context["adminform"].form.errors)

    def test_the_preview_fills_the_latest_event_of_the_kind_and_saves_nothing(self) -> None:
        ready()
        ready(actor="Jiwoo Lee", title="x")
        typed = self.FORM | {"title": "{environment} by {actor}", "body": "{field:Took}"}
        html = browser("operator").post(reverse("admin:notifications_wording_preview_new"), typed).content.decode()
        assert "chat-dev by Jiwoo Lee" in html
        assert "7 min 19 s" in html
        assert not Wording.objects.exists()

    def test_the_preview_says_so_where_there_has_been_no_such_event(self) -> None:
        html = browser("operator").post(reverse("admin:notifications_wording_preview_new"), self.FORM).content.decode()
        assert "“Ready” has not happened yet" in html
        assert "{environment} is up" in html

    def test_the_preview_names_what_saving_would_refuse(self) -> None:
        typed = self.FORM | {"title": "{colour}"}
        html = browser("operator").post(reverse("admin:notifications_wording_preview_new"), typed).content.decode()
        assert 'data-wrong="title"' in html
        assert "{colour}" in html

    @pytest.mark.parametrize("role", ["viewer", "manager"])
    def test_who_may_not_write_words_gets_no_preview(self, role: str) -> None:
        assert browser(role).post(reverse("admin:notifications_wording_preview_new"), self.FORM).status_code == 403
