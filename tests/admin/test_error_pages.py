"""Pages for what is missing, forbidden or broken: what happened, and a way back. They stand without the database."""

from __future__ import annotations

import pytest
from django.test import Client, RequestFactory
from django.utils import translation
from django.views.defaults import server_error

from environments.admin import pages
from tests import factories

from .conftest import Enter

WAY_BACK = '<a class="way first" href="/">'


@pytest.mark.django_db
def test_an_address_without_a_page_leads_back_to_the_board(as_manager: Client) -> None:
    answer = as_manager.get("/no/such/page/")
    html = answer.content.decode()
    assert answer.status_code == 404
    assert "No page has this address." in html
    assert WAY_BACK in html
    assert "Resolver404" not in html


@pytest.mark.django_db
def test_an_environment_that_is_not_there_is_named_without_saying_whether_it_exists(
    as_outsider: Client,
) -> None:
    factories.environment("hidden")
    hidden, absent = (as_outsider.get(f"/env/{name}/") for name in ("hidden", "absent"))
    assert (hidden.status_code, absent.status_code) == (404, 404)
    assert hidden.content.decode().replace("hidden", "absent") == absent.content.decode()
    assert "There is no environment “absent” that you can see." in absent.content.decode()


@pytest.mark.django_db
def test_a_forbidden_page_says_so_and_offers_to_sign_in_as_somebody_else(enter: Enter) -> None:
    browser = enter(factories.viewer())
    html = browser.get("/auth/user/").content.decode()
    assert "Your role does not allow this" in html
    assert WAY_BACK in html
    answer = browser.post("/logout/", {"next": "/login/?next=/auth/user/"})
    assert answer["Location"] == "/login/?next=/auth/user/"
    assert 'name="next" value="/login/?next=/auth/user/"' in html


@pytest.mark.django_db
def test_a_mistake_of_ours_is_admitted_without_its_details(as_manager: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.environment()

    def fail(*args: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(pages, "_now", fail)
    as_manager.raise_request_exception = False
    answer = as_manager.get("/env/chat-dev/")
    assert answer.status_code == 500
    assert "Daybreak made a mistake" in answer.content.decode()
    assert WAY_BACK in answer.content.decode()
    assert "a secret" not in answer.content.decode()


def test_the_page_for_mistakes_needs_no_database() -> None:
    with translation.override("en"):
        assert "Daybreak made a mistake" in server_error(RequestFactory().get("/")).content.decode()
