"""The record of new versions in the admin, and “What ran when” on the environment's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from environments.models import Deployment, Environment, State
from tests import factories
from tests.support.deploying import chat, told
from tests.support.times import monday

pytestmark = pytest.mark.django_db
NOW = monday("10:00")
LIST = "/environments/deployment/"
LINK = "https://github.com/acme/chat/commit/3f2a9c1d"


@pytest.fixture(autouse=True)
def ten_o_clock(scripted: object) -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def entered(person: User) -> Client:
    person.user_permissions.add(Permission.objects.get(codename="view_deployment"))
    client = Client()
    client.force_login(User.objects.get(pk=person.pk))
    return client


def ran(environment: Environment, tag: str, hours_ago: int) -> Deployment:
    at = NOW - timedelta(hours=hours_ago)
    row = told(environment, tag, now=at, commit="3f2a9c1d77", author="Mina Jung", link=LINK, note="Login by passkey")
    done = factories.operation(environment, "redeploy", at=at, finished_at=at)
    factories.step(done, "resolve", finished_at=at, memo={"images": [["chat-chat-http", tag, at.isoformat()]]})
    Deployment.objects.filter(pk=row.pk).update(status="done", operation=done, taken_at=at, ended_at=at)
    return row


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_leads_to_the_commit_and_to_the_operation(db: None) -> None:
    row = ran(chat(on_push="next_start"), "2.15.0", 1)
    row.refresh_from_db()
    html = read(entered(factories.manager()), LIST)
    assert f'<a class="db-link" href="{LINK}" rel="noreferrer">3f2a9c1</a>' in html
    assert f'<a class="db-link" href="/environments/operation/{row.operation_id}/change/">Redeploy</a>' in html
    assert "chat-chat-http 2.15.0" in html


def states(html: str) -> list[str]:
    """What the rows say of themselves, newest first."""
    rows = html.split('id="result_list"')[1].split("</table>")[0]
    return re.findall(r">\s*(runs|deployed)\s*<", rows)


def test_of_all_that_was_deployed_only_what_runs_now_is_said_to_run() -> None:
    environment = chat(on_push="next_start")
    ran(environment, "2.14.0", 3)
    ran(environment, "2.15.0", 1)
    ran(chat(State.STOPPED, "next_start", "chat-qa"), "2.15.0", 1)
    assert states(read(entered(factories.manager()), LIST)) == ["deployed", "runs", "deployed"]


def test_one_is_shown_with_all_that_is_known_and_nothing_can_be_edited() -> None:
    row = ran(chat(on_push="next_start"), "2.15.0", 1)
    client = entered(factories.manager())
    html = read(client, f"{LIST}{row.pk}/change/")
    assert "Login by passkey" in html
    assert "_save" not in html
    assert client.post(f"{LIST}{row.pk}/change/", {"tag": "x"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_link_that_is_no_address_of_a_page_is_only_words() -> None:
    row = told(chat(on_push="next_start"), commit="3f2a9c1d")
    Deployment.objects.update(link="javascript:alert(1)")
    html = read(entered(factories.manager()), f"{LIST}{row.pk}/change/")
    assert "3f2a9c1" in html
    assert 'href="javascript' not in html


def test_a_long_name_is_broken_after_its_slashes_and_says_no_more_than_it_is() -> None:
    row = ran(chat(), "1.4.2", 1)
    Deployment.objects.filter(pk=row.pk).update(repository="registry/<b>chat")
    page = entered(factories.operator()).get(LIST).content.decode()
    assert "registry/<wbr>&lt;b&gt;chat 1.4.2</a>" in page


def test_others_see_none_of_it() -> None:
    row = told(chat(on_push="next_start"))
    client = entered(factories.outsider())
    assert "2.15.0" not in read(client, LIST)
    assert client.get(f"{LIST}{row.pk}/change/").status_code == 404


def test_the_list_costs_as_many_queries_for_twelve_rows_as_for_three() -> None:
    client = entered(factories.operator())

    def add(first: int, last: int) -> None:
        for n in range(first, last):
            made = chat(on_push="next_start", name=f"chat-{n}", schedule=factories.schedule(f"hours {n}"))
            row = ran(made, "2.15.0", 1)
            Deployment.objects.filter(pk=row.pk).update(user=factories.person(f"p{n}", "Manager"))

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            read(client, LIST)
        return len(queries)

    add(0, 3)
    few = cost()
    add(3, 12)
    assert cost() == few


# -- on the environment's page -----------------------------------------------------------------------------------------


def card(client: Client) -> str:
    html = read(client, "/env/chat-dev/")
    return " ".join(html.split('id="what-ran"')[1].split("</section>")[0].split()) if 'id="what-ran"' in html else ""


def test_what_ran_when_stands_on_the_page_with_commit_author_and_operation() -> None:
    environment = chat(on_push="next_start")
    ran(environment, "2.14.0", 3)
    ran(environment, "2.15.0", 1)
    html = card(entered(factories.manager()))
    assert "<b>chat-chat-http 2.15.0</b> since 09:00" in html
    assert "<b>chat-chat-http 2.14.0</b> 07:00 to 09:00" in html
    assert f'<a class="db-link" href="{LINK}" rel="noreferrer">3f2a9c1</a> · Mina Jung' in html
    assert html.index("2.15.0") < html.index("2.14.0")
    assert f"{LIST}?environment__id__exact={environment.pk}" in html


def test_what_waits_says_when_it_is_taken() -> None:
    told(chat(on_push="at_hour", push_hour=time(12, 30)))
    assert "It is redeployed at 12:30 (Asia/Seoul)." in card(entered(factories.manager()))


def test_what_failed_says_why_until_something_newer_runs() -> None:
    environment = chat(on_push="next_start")
    told(environment, "2.14.9", now=NOW - timedelta(hours=2))
    why = {"en": "Access denied.", "ko": "권한이 없어요."}
    Deployment.objects.update(status="failed", ended_at=NOW - timedelta(hours=2), reason=why)
    client = entered(factories.manager())
    assert "It was not deployed. Access denied." in card(client)
    ran(environment, "2.15.0", 1)
    assert "2.14.9" not in card(client)


def test_where_nothing_is_known_there_is_no_card() -> None:
    chat(State.STOPPED)
    assert card(entered(factories.manager())) == ""


def test_the_card_comes_anew_when_a_version_is_told_and_costs_one_query_while_nothing_is() -> None:
    environment = chat(on_push="next_start")
    client = entered(factories.manager())
    ran(environment, "2.14.0", 3)
    before = client.get("/env/chat-dev/live/").content.decode()
    stamp = before.split('name="env-deployments" value="')[1].split('"')[0]
    assert "what-ran" not in client.get("/env/chat-dev/live/", {"env-deployments": stamp}).content.decode()
    told(environment, "2.15.0")
    assert "what-ran" in client.get("/env/chat-dev/live/", {"env-deployments": stamp}).content.decode()


def test_the_hour_of_new_images_is_asked_for_where_it_is_needed() -> None:
    environment = chat()
    client = Client()
    client.force_login(factories.operator())
    html = read(client, f"/environments/environment/{environment.pk}/change/")
    assert 'name="push_hour"' in html


def test_a_set_hour_without_its_hour_is_refused_beside_the_field() -> None:
    form = {"on_push": "at_hour", "push_hour": ""}
    environment = chat()
    client = Client()
    client.force_login(factories.operator())
    address = f"/environments/environment/{environment.pk}/change/"
    html = client.post(address, form).content.decode()
    assert "Say at which hour, for example 12:30." in html
    environment.refresh_from_db()
    assert environment.on_push == "at_once"
