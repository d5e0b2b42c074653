"""What is said when an environment is made of what AWS has, in English and Korean."""

from __future__ import annotations

from environments.targets.base import Texts


def _say(en: str, ko: str) -> Texts:
    return {"en": en, "ko": ko}


NOTHING_PICKED = _say("Pick at least one thing.", "하나 이상 골라 주세요.")
UNKNOWN_PICK = _say(
    "This is nothing that was offered here. Look again.", "여기에서 고를 수 있는 것이 아니에요. 다시 찾아보세요."
)
RACE = _say(
    "Somebody else has just added an environment of this name or with one of these. Look again.",
    "방금 다른 사람이 같은 이름이나 같은 대상으로 환경을 추가했어요. 다시 찾아보세요.",
)
IMAGES = _say(
    "Its parameters are kept as they are now, image tags too. To take the newest image at each start, change the"
    " parameter of the target to an ECR repository.",
    "파라미터는 이미지 태그까지 지금 값 그대로 보관해요. 시작할 때마다 최신 이미지를 쓰려면 대상의 파라미터를 ECR"
    " 저장소로 바꾸세요.",
)


def too_many(most: int) -> Texts:
    return _say(
        f"These are more than {most}. Use a tag filter for so many.",
        f"{most}개를 넘어요. 이렇게 많으면 태그 필터를 쓰세요.",
    )


def not_there(identifier: str) -> Texts:
    return _say(
        f"AWS has no “{identifier}” (any more). Look again.", f"AWS에 “{identifier}”이(가) 없어요. 다시 찾아보세요."
    )


def held(identifier: str, name: str, through: str = "") -> Texts:
    owner_en, owner_ko = (
        (f"the environment “{name}”", f"환경 “{name}”") if name else ("another environment", "다른 환경")
    )
    if through:
        return _say(
            f"“{identifier}” is a part of the stack {through}, which {owner_en} has already.",
            f"“{identifier}”은(는) {owner_ko}에 이미 있는 스택 {through}에 속해요.",
        )
    return _say(f"“{identifier}” belongs to {owner_en} already.", f"“{identifier}”은(는) 이미 {owner_ko}에 있어요.")


def no_target(identifier: str, why: Texts) -> Texts:
    return _say(
        f"“{identifier}” cannot be switched: {why['en']}", f"“{identifier}”은(는) 켜고 끌 수 없어요. {why['ko']}"
    )


def no_filter(value: str) -> Texts:
    return _say(
        f"A tag filter cannot name the value “{value}”. Pick these singly.",
        f"태그 필터에 쓸 수 없는 값이에요: “{value}”. 하나씩 골라 주세요.",
    )


def some_are_held(count: int) -> Texts:
    return _say(
        f"{count} of these belong to environments already, and a tag filter would switch them too. Pick the others"
        " singly.",
        f"이 중 {count}개는 이미 환경에 있는데, 태그 필터는 그것도 함께 켜고 꺼요. 나머지를 하나씩 골라 주세요.",
    )


def twice(identifier: str, other: str) -> Texts:
    return _say(
        f"“{identifier}” is a part of the stack {other}, which was picked too. Take one of them.",
        f"“{identifier}”은(는) 함께 고른 스택 {other}에 속해요. 둘 중 하나만 고르세요.",
    )


def by_filter(count: int) -> Texts:
    return _say(
        f"All that carry these tags, now and later: {count} at the moment.",
        f"지금이나 나중에 이 태그가 붙은 모든 것이에요. 지금은 {count}개예요.",
    )


def picked_twice(identifier: str) -> Texts:
    return _say(
        f"“{identifier}” was picked twice, by its name and by a tag filter.",
        f"“{identifier}”을(를) 이름과 태그 필터로 두 번 골랐어요.",
    )
