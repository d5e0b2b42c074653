"""An administrator adds a chat app; a manager makes a code, types it in the chat, and unlinks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

Enter = Callable[..., Page]
TOKEN = "YE1ronbbuoZkq7h3J5KMI4Tn"


def test_a_code_from_the_preferences_links_a_chat_and_a_button_unlinks_it(enter: Enter) -> None:
    administrator = enter("admin")
    administrator.goto("/notifications/chatapp/add/")
    administrator.get_by_role("link", name="JANDI").click()
    administrator.get_by_label("Name").fill("Team topic")
    administrator.get_by_label("Token").fill(TOKEN)
    administrator.get_by_role("button", name="Save and continue editing").click()
    address = administrator.locator("#secret-address").input_value()
    app_page = administrator.url

    manager = enter("manager")
    manager.goto("/preferences/")
    chat = manager.locator("#chat")
    expect(chat.get_by_text("You are not linked yet.")).to_be_visible()
    chat.get_by_role("button", name="Make a code").click()
    code = manager.locator("#chat-code").input_value()

    said = {"token": TOKEN, "writerName": "Minseo", "writerEmail": "minseo@example.com", "keyword": "서버"}
    said |= {"text": f"/서버 link {code}", "createdAt": datetime.now(UTC).isoformat()}
    answer = manager.request.post(address[address.index("/hooks/") :], data=said)
    assert answer.json()["body"] == "Linked with manager"

    manager.goto("/preferences/")
    expect(chat.get_by_text("Minseo · by a code")).to_be_visible()
    chat.get_by_role("button", name="Unlink Team topic").click()
    expect(chat.get_by_text("You are not linked yet.")).to_be_visible()

    administrator.goto(app_page.replace("/change/", "/delete/"))
    administrator.get_by_role("button", name="Delete chat app").click()
    expect(administrator.get_by_text("was deleted successfully")).to_be_visible()
