"""What the bot says of itself: who people are to it, codes, confirming, buttons, and what went wrong. (What the verbs
answer stands in `environments.commands.texts`, in the same voice.)

Its voice. It is 서버병 (“Private Server”), a dutiful private on server duty, in whichever language it is asked:
- The fact first, in a short sentence: what was done or not, until when (with the name of the zone), and what now.
- Korean is 합쇼체 and nothing else (-습니다, -십시오, -하시겠습니까); names of fields and buttons are short nouns.
- English is brisk and polite: “Reporting: done in 7 min. All quiet.”
- Where nothing went wrong it may salute: “충성!”, “명 받았습니다!”, “이상 없습니다!”; never in words of the barracks.
- Where something failed, is refused or costs money it is plain and sober. What the portal's services say, it quotes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from notifications.chat.spoken import Answer, Asked
from notifications.chat.typed import marked
from notifications.texts import Text, Texts


def said(title: Text, body: Text = "", *, severity: str = "info", refused: bool = False) -> Answer:
    """An answer of the bot about itself: for who asked alone, where the platform can."""
    return Answer(title, body, severity=severity, private=True, refused=refused)


def refusal(title: Text, body: Text = "") -> Answer:
    """That nothing was done, and why."""
    return said(title, body, severity="warning", refused=True)


# Who people are.
HOW_TO_LINK_TITLE: Final[Texts] = {"en": "How I get to know you", "ko": "저와 연결하는 방법"}
HOW_TO_LINK: Final[Texts] = {
    "en": "In the portal, open Preferences → Chat, make a code, and type it here: \u2068link K7QM-3XRD\u2069",
    "ko": "포털에서 개인 설정 → 채팅을 열어 코드를 만드신 다음, 여기에 입력해 주십시오: \u2068연결 K7QM-3XRD\u2069",
}
NOT_KNOWN: Final[Texts] = {
    "en": "I do not know you yet, so I can only help.",
    "ko": "아직 누구신지 몰라 도움말만 알려 드릴 수 있습니다.",
}
NAMELESS: Final[Texts] = {
    "en": "The platform does not tell me who you are (no e-mail address), so I cannot be linked with you.",
    "ko": "누가 보내셨는지(이메일 주소) 알 수 없어 연결할 수 없습니다.",
}
ACCOUNT: Final[Texts] = {"en": "Account", "ko": "계정"}


def how_to_link() -> tuple[Texts, Texts]:
    return (HOW_TO_LINK_TITLE, HOW_TO_LINK)


def linked_by_email(username: str) -> tuple[Text, Text]:
    """Said once, below the first answer."""
    return (
        ACCOUNT,
        {
            "en": f"I have linked you with the account {username} by your e-mail address."
            f" Not you? Type: {marked('unlink')}",
            "ko": f"이메일 주소로 {username} 계정과 연결했습니다."
            f" 본인이 아니시면 입력해 주십시오: {marked('연결 해제')}",
        },
    )


def linked(username: str) -> Answer:
    title: Texts = {"en": f"Linked with {username}", "ko": f"충성! {username} 계정과 연결했습니다"}
    body: Texts = {
        "en": "At your service: from now on your rights in the portal count here, too.",
        "ko": "이제 포털의 권한이 여기에서도 그대로 적용됩니다.",
    }
    return said(title, body, severity="success")


def unlinked() -> Answer:
    title: Texts = {"en": "Unlinked", "ko": "연결을 해제했습니다"}
    body: Texts = {"en": "I only link you again by a code.", "ko": "다시 연결하시려면 코드를 입력해 주십시오."}
    return said(title, body)


def whoami(asked: Asked) -> Answer:
    if asked.user is None:
        return said({"en": "Nobody I know", "ko": "아직 누구신지 모릅니다"}, HOW_TO_LINK)
    name = asked.user.get_full_name() or asked.user.get_username()
    title: Texts = {"en": f"You are {name}", "ko": f"{name} 님이십니다"}
    return said(title, {"en": f"Account: {asked.user.get_username()}", "ko": f"계정: {asked.user.get_username()}"})


# Codes, and confirming.
NOTHING_CHANGED: Final[Texts] = {"en": "Nothing was changed.", "ko": "아무것도 바꾸지 않았습니다."}
ASK_AGAIN: Final[Texts] = {"en": "Ask once more.", "ko": "다시 요청해 주십시오."}
CANCEL: Final[Texts] = {"en": "Cancel", "ko": "취소"}
TO_TYPE: Final[Texts] = {"en": "Type", "ko": "입력"}
WRONG_CODE: Final = refusal(
    {"en": "This code is not valid", "ko": "사용할 수 없는 코드입니다"},
    {
        "en": "It may have been used, or be older than ten minutes. Make a new one: Preferences → Chat.",
        "ko": "이미 쓰셨거나 10분이 지났을 수 있습니다. 개인 설정 → 채팅에서 새 코드를 만들어 주십시오.",
    },
)
TOO_MANY_CODES: Final = refusal(
    {"en": "Too many wrong codes", "ko": "잘못된 코드가 너무 많습니다"},
    {"en": "Try again in ten minutes.", "ko": "10분 뒤에 다시 시도해 주십시오."},
)
TOO_LATE: Final = refusal(
    {"en": "Too late: nothing was changed", "ko": "시간이 지나 아무것도 바꾸지 않았습니다"},
    {
        "en": "The code was good for two minutes. Ask once more.",
        "ko": "코드는 2분 동안만 쓸 수 있습니다. 다시 요청해 주십시오.",
    },
)
DONE_BEFORE: Final = said(
    {"en": "That was confirmed before", "ko": "이미 확인하신 요청입니다"},
    {
        "en": "It is done once. Nothing was changed now.",
        "ko": "한 번만 실행합니다. 이번에는 아무것도 바꾸지 않았습니다.",
    },
    refused=True,
)
CANCELLED_BEFORE: Final = said(
    {"en": "That was cancelled: nothing was changed", "ko": "취소하신 요청이라 아무것도 바꾸지 않았습니다"},
    refused=True,
)
NOTHING_WAITS: Final = refusal(
    {"en": "Nothing waits for this code", "ko": "이 코드를 기다리는 요청이 없습니다"}, NOTHING_CHANGED
)
OTHER_COMMAND: Final = refusal(
    {"en": "This code is for something else", "ko": "다른 요청의 코드입니다"}, NOTHING_CHANGED
)
NEVER_ASKED: Final = refusal(
    {
        "en": "I could not ask you in time: nothing was changed",
        "ko": "제때 여쭙지 못해 아무것도 바꾸지 않았습니다",
    },
    ASK_AGAIN,
)
CANCELLED: Final = said({"en": "Cancelled: nothing was changed", "ko": "취소했습니다. 아무것도 바꾸지 않았습니다"})


def to_confirm(code: str) -> Text:
    return {
        "en": f"To do it, type within two minutes: {marked(code)}",
        "ko": f"실행하시려면 2분 안에 입력해 주십시오: {marked(code)}",
    }


def yes(text: str) -> Text:
    return {"en": f"Yes: {text}", "ko": f"실행: {text}"}


# Buttons under messages. The titles stand above what a service says of how things are.
GONE: Final = refusal(
    {"en": "This button leads nowhere any more", "ko": "더 이상 쓸 수 없는 버튼입니다"},
    {"en": "Its message is gone. Nothing was changed.", "ko": "메시지가 없어졌습니다. 아무것도 바꾸지 않았습니다."},
)
NOT_THEIRS: Final = refusal(
    {"en": "You may not do that", "ko": "권한이 없습니다"},
    {
        "en": "Your account may not acknowledge what this team is told of. Nothing was changed.",
        "ko": "이 팀의 알림을 맡을 권한이 없는 계정입니다. 아무것도 바꾸지 않았습니다.",
    },
)
_NOT_DONE: Final[Texts] = {"en": "Nothing was changed", "ko": "아무것도 바꾸지 않았습니다"}
_LATE: Final[Texts] = {"en": "Too late: nothing was changed", "ko": "시간이 지나 아무것도 바꾸지 않았습니다"}
_USED: Final[Texts] = {"en": "That was done before", "ko": "이미 처리했습니다"}


def not_done(why: Mapping[str, str]) -> Answer:
    return refusal(_NOT_DONE, why)


def pressed_late(standing: Mapping[str, str]) -> Answer:
    return refusal(_LATE, standing)


def pressed_before(standing: Mapping[str, str]) -> Answer:
    return refusal(_USED, standing)


# Looking after what people are asked about.
NOTHING_OPEN: Final = said(
    {"en": "All quiet: nothing is open for you", "ko": "이상 없습니다! 맡으실 일이 없습니다"},
    {
        "en": "Nobody is asked about anything now that you may take on.",
        "ko": "지금 맡으실 수 있는 일 중에 담당자를 찾는 것이 없습니다.",
    },
)
WHICH_TO_TAKE_ON: Final[Texts] = {"en": "Which one do you look after?", "ko": "어느 것을 맡으시겠습니까?"}
HOW_TO_TAKE_ON_TITLE: Final[Texts] = {"en": "I look after it", "ko": "내가 맡기"}
HOW_TO_TAKE_ON: Final[Texts] = {
    "en": f"{marked('ack')} (also with a name): takes on what people are asked about",
    "ko": f"{marked('ack')} ({marked('확인')}, 이름도 가능): 담당자를 찾는 일 맡기",
}

# Too much, too long, or broken.
TOO_MANY_REQUESTS: Final = refusal(
    {"en": "One moment, please", "ko": "잠시만 기다려 주십시오"},
    {
        "en": "That was a lot within a minute. I listen again in a minute.",
        "ko": "1분 동안 요청이 너무 많았습니다. 1분 뒤에 다시 듣겠습니다.",
    },
)
HEARD_BEFORE: Final = said(
    {"en": "Nothing was done", "ko": "아무것도 하지 않았습니다"},
    {
        "en": "I have heard that before, or heard too much within a minute.",
        "ko": "이미 들은 요청이거나, 1분 동안 요청이 너무 많았습니다.",
    },
    refused=True,
)
AT_IT_TITLE: Final[Texts] = {"en": "I am at it", "ko": "명 받았습니다! 처리하고 있습니다"}
AT_IT: Final = said(
    AT_IT_TITLE, {"en": "I write here as soon as I know.", "ko": "결과가 나오면 여기에 바로 보고드리겠습니다."}
)
AT_IT_SILENTLY: Final = said(
    AT_IT_TITLE,
    {
        "en": "It takes a moment, and I cannot write here by myself. Ask in a minute: \u2068status\u2069",
        "ko": "시간이 조금 걸리고, 제가 여기에 먼저 글을 쓸 수 없습니다. 잠시 뒤에 입력해 주십시오: \u2068상태\u2069",
    },
)
NOT_LATER: Final[Texts] = {
    "en": "I cannot write here by myself. Ask how it went: \u2068status\u2069",
    "ko": "제가 여기에 먼저 글을 쓸 수 없습니다. 어떻게 됐는지 물어봐 주십시오: \u2068상태\u2069",
}
"""Below the answer to what takes long, where nothing can be said later."""
INTERRUPTED: Final = said(
    {"en": "I was interrupted", "ko": "처리가 중단됐습니다"},
    {
        "en": "I do not know whether it was done, and do not try again by myself. See: \u2068status\u2069",
        "ko": "실행됐는지 알 수 없고, 저 혼자 다시 시도하지 않습니다. 입력해서 확인해 주십시오: \u2068상태\u2069",
    },
    severity="error",
    refused=True,
)
BROKEN: Final = said(
    {"en": "Something broke on my side", "ko": "처리하다가 오류가 났습니다"},
    {
        "en": "I do not know whether it was done. See: \u2068status\u2069."
        " An administrator finds the reason in the log.",
        "ko": "실행됐는지 알 수 없습니다. 입력해서 확인해 주십시오: \u2068상태\u2069."
        " 원인은 관리자가 로그에서 볼 수 있습니다.",
    },
    severity="error",
    refused=True,
)
