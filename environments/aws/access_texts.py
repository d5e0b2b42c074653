"""What the test of a connection says, in words for people."""

from __future__ import annotations

from environments.targets.base import AccountRef, Texts

ALLOWED: Texts = {"en": "Works.", "ko": "잘 돼요."}
WOULD: Texts = {
    "en": "Allowed: AWS was asked without doing it.",
    "ko": "허용돼 있어요. 실행하지 않고 AWS에 물어봤어요.",
}
SIMULATED: Texts = {
    "en": "Allowed, as IAM's policy simulation says.",
    "ko": "허용돼 있어요. IAM 정책 시뮬레이션의 답이에요.",
}
NO_TIME: Texts = {
    "en": "No answer in time. Nothing is known about it; test again later.",
    "ko": "시간 안에 답이 없었어요. 결과를 알 수 없으니 나중에 다시 테스트하세요.",
}
CANNOT_SIMULATE: Texts = {
    "en": "It cannot be tested without doing it. (IAM could say, if the role may iam:SimulatePrincipalPolicy "
    "on itself.)",
    "ko": "실제로 실행하지 않고는 테스트할 수 없어요. "
    "(역할에 자신에 대한 iam:SimulatePrincipalPolicy 권한이 있으면 IAM이 알려 줘요.)",
}
CANNOT: Texts = {
    "en": "It cannot be tested without doing it.",
    "ko": "실제로 실행하지 않고는 테스트할 수 없어요.",
}
DEPENDS: Texts = {
    "en": "It depends on conditions that only the real request shows.",
    "ko": "실제 요청에서만 알 수 있는 조건에 따라 달라요.",
}
BROKEN: Texts = {
    "en": "The test itself broke here. That is a fault of the portal, which its log tells more about.",
    "ko": "여기서 테스트 자체가 실패했어요. 포털의 결함이며 로그에 자세한 내용이 있어요.",
}


def own_credentials(who: str) -> Texts:
    return {
        "en": f"The portal's own credentials work here: {who}.",
        "ko": f"포털의 자격 증명이 여기서 동작해요: {who}",
    }


def other_account(there: str, account: AccountRef) -> Texts:
    return {
        "en": f"The portal's own credentials belong to account {there}, not to {account.account_id}. "
        "Enter the role to assume in this account.",
        "ko": f"포털의 자격 증명은 계정 {account.account_id}이(가) 아니라 {there}에 속해요. "
        "이 계정에서 맡을 역할을 입력하세요.",
    }


def assumed(account: AccountRef) -> Texts:
    return {
        "en": f"The role {account.role_arn} can be assumed.",
        "ko": f"역할 {account.role_arn}을(를) 맡을 수 있어요.",
    }


def assumed_by_anybody_trusted(account: AccountRef) -> Texts:
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html"""
    return {
        "en": f"The role {account.role_arn} can be assumed, but also without the external id: "
        "its trust policy does not ask for it. Add the condition sts:ExternalId.",
        "ko": f"역할 {account.role_arn}을(를) 맡을 수 있지만 외부 ID 없이도 맡을 수 있어요. "
        "신뢰 정책이 외부 ID를 요구하지 않으니 sts:ExternalId 조건을 넣으세요.",
    }


def portal_lacks(account: AccountRef, who: str) -> Texts:
    return {
        "en": f"The portal ({who}) is not allowed to assume roles. "
        f"Allow it sts:AssumeRole on {account.role_arn} in its own account.",
        "ko": f"포털({who})에 역할을 맡을 권한이 없어요. "
        f"포털의 계정에서 {account.role_arn}에 대한 sts:AssumeRole을 허용하세요.",
    }


def role_missing(account: AccountRef) -> Texts:
    return {
        "en": f"The role {account.role_arn} does not exist. Create it (docs/daybreak-role.yaml), or correct its name.",
        "ko": f"역할 {account.role_arn}이(가) 없어요. 역할을 만들거나(docs/daybreak-role.yaml) 이름을 고치세요.",
    }


def wrong_external_id(account: AccountRef) -> Texts:
    if not account.external_id:
        return {
            "en": f"The trust policy of {account.role_arn} asks for an external id. Enter it in the account.",
            "ko": f"{account.role_arn}의 신뢰 정책이 외부 ID를 요구해요. 계정에 입력하세요.",
        }
    return {
        "en": f"The trust policy of {account.role_arn} asks for another external id than the account has. "
        "Enter the same one in both.",
        "ko": f"{account.role_arn}의 신뢰 정책이 요구하는 외부 ID가 계정에 입력된 것과 달라요. "
        "두 곳에 같은 값을 입력하세요.",
    }


def not_trusted(account: AccountRef, who: str) -> Texts:
    return {
        "en": f"The trust policy of {account.role_arn} does not let the portal in. Name {who} as a principal in it.",
        "ko": f"{account.role_arn}의 신뢰 정책이 포털을 허용하지 않아요. 신뢰 정책의 보안 주체에 {who}을(를) 넣으세요.",
    }


def not_assumed(account: AccountRef, who: str) -> Texts:
    """AWS says the same for all of these, so that strangers cannot find out which roles there are."""
    last_en = "asks for the external id entered here" if account.external_id else "asks for no external id"
    last_ko = "외부 ID가 여기 입력된 것과 같은지" if account.external_id else "외부 ID를 요구하지 않는지"
    return {
        "en": f"The role {account.role_arn} cannot be assumed; AWS does not say why. Check, in this order: that the "
        f"role exists, that its trust policy names {who} and {last_en}, "
        "and that the portal is allowed sts:AssumeRole on it.",
        "ko": f"역할 {account.role_arn}을(를) 맡을 수 없고, AWS는 이유를 알려 주지 않아요. 다음을 차례로 확인하세요: "
        f"역할이 있는지, 신뢰 정책에 {who}이(가) 있는지, {last_ko}, "
        "포털에 이 역할에 대한 sts:AssumeRole 권한이 있는지.",
    }


def region_off(region: str) -> Texts:
    return {
        "en": f"The region {region} is not enabled in this account. "
        "Enable it in AWS, or remove it from the account here.",
        "ko": f"이 계정에서 리전 {region}을(를) 사용하도록 설정하지 않았어요. AWS에서 켜거나 여기 계정에서 빼세요.",
    }


def denied(action: str, where: str = "") -> Texts:
    on_en, on_ko = (f" on {where}", f"({where})") if where else ("", "")
    return {
        "en": f"Not allowed{on_en}. The role's policy lacks {action}.",
        "ko": f"허용돼 있지 않아요{on_ko}. 역할의 정책에 {action} 권한이 없어요.",
    }


def refused_above(action: str) -> Texts:
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"""
    return {
        "en": f"A rule above the role's policy denies {action}: an explicit deny, a permissions boundary or an "
        "organization's policy. Adding it to the role does not help.",
        "ko": f"역할의 정책보다 우선하는 규칙(명시적 거부, 권한 경계 또는 조직 정책)이 {action}을(를) 막고 있어요. "
        "역할에 권한을 추가해도 소용없어요.",
    }


def unclear(raw: str) -> Texts:
    return {
        "en": f"AWS answered something that says neither yes nor no: {raw}",
        "ko": f"AWS의 답으로는 허용 여부를 알 수 없어요: {raw}",
    }
