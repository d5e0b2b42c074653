"""What the bot says of itself: who people are to it, codes, confirming, and what went wrong. (What the verbs answer is
said by whoever does them.)"""

from __future__ import annotations

from typing import Final

from notifications.chat.spoken import Answer, Asked
from notifications.chat.typed import marked
from notifications.texts import Text, Texts

HOW_TO_LINK_TITLE: Final[Texts] = {"en": "How I get to know you", "ko": "저와 연결하는 방법"}
HOW_TO_LINK: Final[Texts] = {
    "en": "In the portal, open Preferences → Chat, make a code, and type it here: \u2068link K7QM-3XRD\u2069",
    "ko": "포털에서 환경설정 → 채팅을 열어 코드를 만든 다음, 여기에 입력해 주세요: \u2068연결 K7QM-3XRD\u2069",
}
NOT_KNOWN: Final[Texts] = {
    "en": "I do not know you yet, so I can only help.",
    "ko": "아직 누구신지 몰라서 도움말만 알려 드릴 수 있어요.",
}
NAMELESS: Final[Texts] = {
    "en": "The platform does not tell me who you are (no e-mail address), so I cannot be linked with you.",
    "ko": "누가 보냈는지(이메일 주소) 알 수 없어서 연결할 수 없어요.",
}
ACCOUNT: Final[Texts] = {"en": "Account", "ko": "계정"}


def said(title: Text, body: Text = "", *, severity: str = "info", refused: bool = False) -> Answer:
    """An answer of the bot about itself: for who asked alone, where the platform can."""
    return Answer(title, body, severity=severity, private=True, refused=refused)


def how_to_link() -> tuple[Texts, Texts]:
    return (HOW_TO_LINK_TITLE, HOW_TO_LINK)


def linked_by_email(username: str) -> tuple[Text, Text]:
    """Said once, below the first answer."""
    return (
        ACCOUNT,
        {
            "en": f"I have linked you with the account {username} by your e-mail address."
            f" Not you? Type: {marked('unlink')}",
            "ko": f"이메일 주소로 {username} 계정과 연결했어요. 본인이 아니면 입력해 주세요: {marked('연결 해제')}",
        },
    )


def linked(username: str) -> Answer:
    title: Texts = {"en": f"Linked with {username}", "ko": f"{username} 계정과 연결했어요"}
    body: Texts = {
        "en": "From now on your rights in the portal count here, too.",
        "ko": "이제 포털의 권한이 여기에서도 그대로 적용돼요.",
    }
    return said(title, body, severity="success")


def unlinked() -> Answer:
    title: Texts = {"en": "Unlinked", "ko": "연결을 해제했어요"}
    body: Texts = {"en": "I only link you again by a code.", "ko": "다시 연결하려면 코드를 입력해 주세요."}
    return said(title, body)


def whoami(asked: Asked) -> Answer:
    if asked.user is None:
        return said({"en": "Nobody I know", "ko": "아직 모르는 분이에요"}, how_to_link()[1])
    name = asked.user.get_full_name() or asked.user.get_username()
    title: Texts = {"en": f"You are {name}", "ko": f"{name} 님이에요"}
    return said(title, {"en": f"Account: {asked.user.get_username()}", "ko": f"계정: {asked.user.get_username()}"})


WRONG_CODE: Final = said(
    {"en": "This code is not valid", "ko": "사용할 수 없는 코드예요"},
    {
        "en": "It may have been used, or be older than ten minutes. Make a new one: Preferences → Chat.",
        "ko": "이미 썼거나 10분이 지났을 수 있어요. 환경설정 → 채팅에서 새 코드를 만들어 주세요.",
    },
    severity="warning",
    refused=True,
)
TOO_MANY_CODES: Final = said(
    {"en": "Too many wrong codes", "ko": "잘못된 코드를 너무 많이 입력했어요"},
    {"en": "Try again in ten minutes.", "ko": "10분 뒤에 다시 시도해 주세요."},
    severity="warning",
    refused=True,
)
TOO_MANY_REQUESTS: Final = said(
    {"en": "One moment, please", "ko": "잠시만 기다려 주세요"},
    {
        "en": "That was a lot within a minute. I listen again in a minute.",
        "ko": "1분 동안 요청이 너무 많았어요. 1분 뒤에 다시 들을게요.",
    },
    severity="warning",
    refused=True,
)
TOO_LATE: Final = said(
    {"en": "Too late: nothing was changed", "ko": "시간이 지나서 아무것도 바꾸지 않았어요"},
    {
        "en": "The code was good for two minutes. Ask once more.",
        "ko": "코드는 2분 동안만 쓸 수 있어요. 다시 요청해 주세요.",
    },
    severity="warning",
    refused=True,
)
DONE_BEFORE: Final = said(
    {"en": "That was confirmed before", "ko": "이미 확인한 요청이에요"},
    {"en": "It is done once. Nothing was changed now.", "ko": "한 번만 실행해요. 이번에는 아무것도 바꾸지 않았어요."},
    refused=True,
)
CANCELLED_BEFORE: Final = said(
    {"en": "That was cancelled: nothing was changed", "ko": "취소한 요청이라 아무것도 바꾸지 않았어요"}, refused=True
)
NOTHING_WAITS: Final = said(
    {"en": "Nothing waits for this code", "ko": "이 코드로 확인할 요청이 없어요"},
    {"en": "Nothing was changed.", "ko": "아무것도 바꾸지 않았어요."},
    severity="warning",
    refused=True,
)
OTHER_COMMAND: Final = said(
    {"en": "This code is for something else", "ko": "다른 요청의 코드예요"},
    {"en": "Nothing was changed.", "ko": "아무것도 바꾸지 않았어요."},
    severity="warning",
    refused=True,
)
CANCELLED: Final = said({"en": "Cancelled: nothing was changed", "ko": "취소했어요. 아무것도 바꾸지 않았어요"})
INTERRUPTED: Final = said(
    {"en": "I was interrupted", "ko": "처리가 중단됐어요"},
    {
        "en": "I do not know whether it was done, and do not try again by myself. See: \u2068status\u2069",
        "ko": "실행됐는지 알 수 없고, 저절로 다시 시도하지 않아요. 입력해서 확인해 주세요: \u2068상태\u2069",
    },
    severity="error",
    refused=True,
)
BROKEN: Final = said(
    {"en": "Something broke on my side", "ko": "처리하다가 오류가 났어요"},
    {
        "en": "I do not know whether it was done. See: \u2068status\u2069."
        " An administrator finds the reason in the log.",
        "ko": "실행됐는지 알 수 없어요. 입력해서 확인해 주세요: \u2068상태\u2069."
        " 원인은 관리자가 로그에서 볼 수 있어요.",
    },
    severity="error",
    refused=True,
)
AT_IT: Final[Answer] = said(
    {"en": "I am at it", "ko": "처리하고 있어요"},
    {"en": "I write here as soon as I know.", "ko": "결과가 나오면 여기에 바로 알려 드릴게요."},
)
AT_IT_SILENTLY: Final[Answer] = said(
    {"en": "I am at it", "ko": "처리하고 있어요"},
    {
        "en": "It takes a moment, and I cannot write here by myself. Ask in a minute: \u2068status\u2069",
        "ko": "시간이 조금 걸리고, 여기에 먼저 글을 쓸 수 없어요. 잠시 뒤에 입력해 주세요: \u2068상태\u2069",
    },
)


NOT_LATER: Final = {
    "en": "I cannot write here by myself. Ask how it went: \u2068status\u2069",
    "ko": "여기에 먼저 글을 쓸 수 없어요. 어떻게 됐는지 물어봐 주세요: \u2068상태\u2069",
}
"""Below the answer to what takes long, where nothing can be said later."""

NEVER_ASKED: Final = said(
    {"en": "I could not ask you in time: nothing was changed", "ko": "제때 여쭤보지 못해 아무것도 바꾸지 않았어요"},
    {"en": "Ask once more.", "ko": "다시 요청해 주세요."},
    severity="warning",
    refused=True,
)


def to_confirm(code: str) -> Text:
    return {
        "en": f"To do it, type within two minutes: {marked(code)}",
        "ko": f"실행하려면 2분 안에 입력해 주세요: {marked(code)}",
    }


def yes(text: str) -> Text:
    return {"en": f"Yes: {text}", "ko": f"실행: {text}"}


CANCEL: Final[Texts] = {"en": "Cancel", "ko": "취소"}
TO_TYPE: Final[Texts] = {"en": "Type", "ko": "입력"}
