"""What an address answered, or why it did not: as data, and in words of both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

Texts = Mapping[str, str]

LARGEST: Final = 64 * 1024
"""Bytes of an answer that are read; what comes later is not judged."""

_TROUBLES: Final[Mapping[str, tuple[str, str]]] = {
    "time_out": ("no answer within {seconds} s", "{seconds}초 안에 응답이 없어요"),
    "no_connection": ("no connection within {seconds} s", "{seconds}초 안에 연결되지 않아요"),
    "refused": ("nobody answers there: the connection was refused", "응답하는 곳이 없어요. 연결이 거부됐어요"),
    "unreachable": ("the address could not be reached", "주소에 연결할 수 없어요"),
    "broken": ("the connection broke before an answer came", "응답이 오기 전에 연결이 끊겼어요"),
    "not_http": ("what came is no answer of a web server", "웹 서버의 응답이 아니에요"),
    "unknown_host": ("the name {host} is not known", "{host}라는 이름을 찾을 수 없어요"),
    "forbidden": (
        "{host} leads into a network that checks may not ask (HEALTH_ALLOWED_NETWORKS)",
        "{host}은(는) 점검이 허용되지 않는 네트워크로 이어져요(HEALTH_ALLOWED_NETWORKS)",
    ),
    "redirects": ("the address leads on more than {most} times", "주소가 {most}번 넘게 다른 곳으로 넘겨요"),
    "bad_redirect": ("it leads on to what is no web address", "웹 주소가 아닌 곳으로 넘겨요"),
    "expired": ("its certificate has expired", "인증서가 만료됐어요"),
    "not_yet": ("its certificate is not valid yet", "인증서의 유효 기간이 아직 시작되지 않았어요"),
    "other_name": ("its certificate is made for another name than {host}", "인증서가 {host}의 것이 아니에요"),
    "unknown_issuer": (
        "its certificate is not one we know: issued by itself or by nobody we trust",
        "인증서를 확인할 수 없어요. 스스로 발급했거나 모르는 기관이 발급했어요",
    ),
    "tls": ("the secure connection was refused (TLS)", "보안 연결에 실패했어요(TLS)"),
    "settings": ("its settings cannot be read: {en}", "설정을 읽을 수 없어요: {ko}"),
    "secrets": (
        "its secret headers cannot be read with the present key: enter them again",
        "지금 키로는 비밀 헤더를 읽을 수 없어요. 다시 입력하세요",
    ),
    "defect": (
        "it could not be asked, for a reason that is in the portal's log",
        "확인하지 못했어요. 이유는 포털 로그에 있어요",
    ),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one question, `key` being the asker's own number for it.

    Either a `status` with as much of the `body` as is read, or a `trouble` (a code of this module). `ms` is how long it
    took, `certificate_until` the end of the certificate that a secure connection showed.
    """

    key: int
    status: int | None = None
    body: str = ""
    is_cut: bool = False
    ms: int | None = None
    trouble: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    certificate_until: datetime | None = None


def trouble_texts(answer: Answer) -> Texts:
    """Why there was no answer: a part of a sentence, without a full stop."""
    english, korean = _TROUBLES[answer.trouble]
    return {"en": english.format(**answer.details), "ko": korean.format(**answer.details)}
