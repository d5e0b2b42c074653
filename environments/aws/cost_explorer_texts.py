"""What is said of bills that could not be read, in each language."""

from __future__ import annotations

from environments.targets.base import AccountRef, Texts

ACTION = "ce:GetCostAndUsage"

NO_DATA: Texts = {
    "en": "Cost Explorer has no data for these days yet. After it was turned on, AWS takes a day to prepare it; "
    "it is asked again tomorrow.",
    "ko": "Cost Explorer에 아직 이 날짜의 데이터가 없어요. 처음 켠 뒤에는 AWS가 준비하는 데 하루쯤 걸려요. "
    "내일 다시 조회해요.",
}
THROTTLED: Texts = {
    "en": "Cost Explorer is asked too often at the moment, by the portal or by others. It is asked again later.",
    "ko": "지금 Cost Explorer에 요청이 너무 많아요. 나중에 다시 조회해요.",
}
MOVED: Texts = {
    "en": "The bill changed while it was read page by page. It is read again later.",
    "ko": "여러 페이지로 나눠 읽는 동안 청구 내역이 바뀌었어요. 나중에 다시 조회해요.",
}
TOO_LONG: Texts = {
    "en": "The bill has more pages than the portal reads at a time, as each costs money. "
    "Choose a tag with fewer values.",
    "ko": "청구 내역이 한 번에 읽는 페이지 수를 넘어요. 페이지마다 비용이 드니 값이 더 적은 태그를 고르세요.",
}
NOT_HERE: Texts = {
    "en": "AWS has no Cost Explorer that accounts of this partition can ask.",
    "ko": "이 파티션의 계정이 조회할 수 있는 Cost Explorer가 없어요.",
}


def denied(account: AccountRef) -> Texts:
    where = f"{account.name} ({account.account_id})"
    return {
        "en": f"AWS does not allow {ACTION} in account {where}. Give the portal's role this permission, "
        "then ask again.",
        "ko": f"AWS가 계정 {where}에서 {ACTION} 권한을 허용하지 않아요. 포털의 역할에 이 권한을 준 뒤 다시 조회하세요.",
    }


def not_enabled(account: AccountRef) -> Texts:
    where = f"{account.name} ({account.account_id})"
    return {
        "en": f"Cost Explorer is not turned on for account {where}. Turn it on in AWS's Billing and Cost Management; "
        "in an organization the management account does that. The first data take a day.",
        "ko": f"계정 {where}에서 Cost Explorer가 켜져 있지 않아요. AWS의 결제 및 비용 관리에서 켜세요. "
        "조직에서는 관리 계정이 켜요. 첫 데이터는 하루쯤 걸려요.",
    }


def untagged(tag: str) -> Texts:
    """Source: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html"""
    return {
        "en": f"None of what was billed has the tag “{tag}”. Activate it as a cost allocation tag in AWS's Billing "
        "and Cost Management (in an organization: in the management account), and see that the resources carry it, "
        "written just so. It counts from about a day after that.",
        "ko": f"청구된 항목 중 “{tag}” 태그가 있는 것이 없어요. AWS의 결제 및 비용 관리에서 비용 할당 태그로 활성화하고"
        "(조직에서는 관리 계정에서) 리소스에 대소문자까지 같은 태그가 있는지 확인하세요. 하루쯤 뒤부터 집계돼요.",
    }
