"""What is said about the values of parameters, in English and Korean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from environments.targets.base import ParameterRef, Texts

SHOWN = 8
LONGEST = 60
# A moment stands in a text that is stored for all readers like this; pages say it as each of them reads times.
_MOMENT = "%Y-%m-%d %H:%M UTC"
_WRITTEN = re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d UTC\b")


def _say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}


NO_REPOSITORY = _say(
    "Name the ECR repository, for example chat-chat-http.", "ECR 저장소 이름을 넣으세요. 예: chat-chat-http"
)
REPOSITORY = _say(
    "This is not the name of an ECR repository: small letters, digits, and - _ . / in between, for example "
    "chat-chat-http. Neither an address nor a tag belongs to it.",
    "ECR 저장소 이름이 아니에요. 소문자와 숫자, 그 사이의 - _ . /만 쓸 수 있어요. 예: chat-chat-http. "
    "주소와 태그는 빼 주세요.",
)
SSM_NAME = _say(
    "This is not the name of an SSM parameter: letters, digits and _ . - /, for example /chat/dev/image-tag.",
    "SSM 파라미터 이름이 아니에요. 영문자, 숫자, _ . - /만 쓸 수 있어요. 예: /chat/dev/image-tag",
)
OUTPUT = _say(
    "Write the stack and its output with a dot between them, for example chat-network.VpcId.",
    "스택과 출력 이름을 점으로 이어 적으세요. 예: chat-network.VpcId",
)
GLOBS_ARE_FOR_TAGS = _say(
    "Only the tags of an ECR repository are chosen like this. Leave it empty.",
    "ECR 저장소의 태그에만 쓸 수 있어요. 비워 두세요.",
)
PARAMETERS_ARE_FIXED = _say("Parameters are fixed", "파라미터가 정해져 있어요")


def ssm_path(name: str) -> Texts:
    return _say(
        f"The path of an SSM parameter begins with a slash: /{name}.", f"SSM 파라미터 경로는 /로 시작해요: /{name}"
    )


def no_glob(part: str) -> Texts:
    return _say(
        f"“{part}” matches no tag: tags have letters, digits and _ . -; * stands for anything, ? for one character.",
        f"“{part}”에 맞는 태그는 없어요. 태그에는 영문자, 숫자, _ . -만 쓰고, *는 모든 문자열, ?는 한 글자를 뜻해요.",
    )


def no_ssm(name: str, account: str, region: str) -> Texts:
    return _say(
        f"The SSM parameter “{name}” does not exist in {region} of account {account}. "
        "Create it there, or correct its name in the target's parameters.",
        f"계정 {account}의 {region}에 SSM 파라미터 “{name}”이(가) 없어요. "
        "만들거나 대상의 파라미터에서 이름을 고치세요.",
    )


def no_key(name: str) -> Texts:
    return _say(
        f"The SSM parameter “{name}” is encrypted with a key that cannot be used. Look at its KMS key in AWS.",
        f"SSM 파라미터 “{name}”을(를) 암호화한 키를 쓸 수 없어요. AWS에서 KMS 키를 확인하세요.",
    )


def no_stack(name: str, output: str, account: str, region: str) -> Texts:
    return _say(
        f"The output “{output}” cannot be read: the stack {name} is not up in {region} of account {account}. "
        "Start what it belongs to first, or correct the name in the target's parameters.",
        f"출력 “{output}”을(를) 읽을 수 없어요. 계정 {account}의 {region}에 {name} 스택이 없어요. "
        "그 스택을 먼저 시작하거나 대상의 파라미터에서 이름을 고치세요.",
    )


def not_yet(name: str, output: str) -> Texts:
    return _say(
        f"The output “{output}” is not there yet: the stack {name} is being changed.",
        f"{name} 스택이 변경되는 중이라 출력 “{output}”이(가) 아직 없어요.",
    )


def no_output(name: str, output: str, there: Sequence[str]) -> Texts:
    names = ", ".join(there[:SHOWN]) + (", …" if len(there) > SHOWN else "")
    return _say(
        f"The stack {name} has no output “{output}”. "
        + (f"It has: {names}. " if names else "It has none. ")
        + "Correct it in the target's parameters.",
        f"{name} 스택에 출력 “{output}”이(가) 없어요. "
        + (f"있는 출력: {names}. " if names else "이 스택에는 출력이 없어요. ")
        + "대상의 파라미터에서 고치세요.",
    )


def resolved(asked: Sequence[tuple[ParameterRef, Mapping[str, Any]]]) -> Texts:
    """What each source gave: images once a repository and tag, the others by parameter; what is encrypted stays
    hidden."""
    if not asked:
        return PARAMETERS_ARE_FIXED
    images = {(p.value, found["value"]): found["pushed_at"] for p, found in asked if p.source == "ecr"}
    en: list[str] = []
    ko: list[str] = []
    if images:
        times = [(repo, tag, datetime.fromisoformat(at)) for (repo, tag), at in images.items()]
        en.append("Image tag " + ", ".join(f"{t} (newest in {r}, pushed {_moment(at)})" for r, t, at in times))
        ko.append("이미지 태그 " + ", ".join(f"{t} ({r}의 최신, {_moment(at)} 푸시)" for r, t, at in times))
    for parameter, found in asked:
        if parameter.source == "ecr":
            continue
        hidden = bool(found.get("hidden"))
        value = "" if hidden else shortened(found["value"])
        at_en, at_ko = ("SSM", "SSM") if parameter.source == "ssm" else ("output", "출력")
        en.append(f"{parameter.name} {'is encrypted' if hidden else value} ({at_en} {parameter.value})")
        ko.append(f"{parameter.name} {'암호화된 값' if hidden else value} ({at_ko} {parameter.value})")
    return _say("; ".join(en), "; ".join(ko))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime(_MOMENT)


def with_moments(text: str, said: Callable[[datetime], str]) -> str:
    """A stored text with each moment in it as `said` has it; what only looks like one stays."""

    def put(found: re.Match[str]) -> str:
        try:
            return said(datetime.strptime(found[0], _MOMENT).replace(tzinfo=UTC))
        except ValueError:
            return found[0]

    return _WRITTEN.sub(put, text)


def shortened(value: str) -> str:
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
