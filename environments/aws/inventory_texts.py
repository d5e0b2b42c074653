"""Texts of inventories and prices: what has no price and why, in each language."""

from __future__ import annotations

from collections.abc import Iterable

from environments.targets.base import AccountRef, Texts

# Added to the label of a line, which is AWS's own name for a thing and has one language.
KEPT = "kept"


def plain(text: str) -> Texts:
    """A name of AWS's, the same in each language."""
    return {"en": text, "ko": text}


LCU: Texts = {
    "en": "Billed by what passes through it (capacity units), which is not known before.",
    "ko": "처리한 트래픽(용량 단위)만큼 요금이 나와 미리 알 수 없어요.",
}
NAT_DATA: Texts = {
    "en": "Billed by the gigabytes that pass through it, which are not known before.",
    "ko": "처리한 데이터(GB)만큼 요금이 나와 미리 알 수 없어요.",
}
BY_USE: Texts = {
    "en": "Billed by use, which is not known before.",
    "ko": "사용한 만큼 요금이 나와 미리 알 수 없어요.",
}
SPOT: Texts = {
    "en": "Spot capacity has a price that changes by the hour; the Price List does not have it.",
    "ko": "스팟 가격은 시간마다 바뀌어 가격표에 없어요.",
}
HOST: Texts = {
    "en": "It runs on a dedicated host, which is billed as a whole.",
    "ko": "전용 호스트에서 실행되며, 요금은 호스트 전체에 나와요.",
}
ON_MACHINES: Texts = {
    "en": "Its tasks run on machines that are billed whether tasks run or not. Price them with the target that starts"
    " the machines.",
    "ko": "태스크가 실행되는 머신의 요금은 태스크와 상관없이 나와요. 머신을 시작하는 대상에서 가격을 계산하세요.",
}
ACTIVE_CPU: Texts = {
    "en": "Processors are billed only while requests are worked on; how long that is, is not known before.",
    "ko": "CPU 요금은 요청을 처리하는 동안만 나와 미리 알 수 없어요.",
}
CLUSTER_STORAGE: Texts = {
    "en": "Storage and requests of the cluster are billed by use, while it is stopped, too.",
    "ko": "클러스터의 스토리지와 요청은 사용한 만큼, 중지 중에도 요금이 나와요.",
}
SERVERLESS: Texts = {
    "en": "Serverless capacity is billed by use, which is not known before.",
    "ko": "서버리스 용량은 사용한 만큼 요금이 나와 미리 알 수 없어요.",
}
LEFT_BEHIND: Texts = {
    "en": "Each stop leaves a snapshot, which is billed by its size until somebody deletes it.",
    "ko": "중지할 때마다 스냅샷이 남고, 삭제할 때까지 크기만큼 요금이 나와요.",
}
CLUSTER_SNAPSHOTS: Texts = {
    "en": "Billed by their size beyond what is free; AWS does not tell the size.",
    "ko": "무료 용량을 넘는 크기만큼 요금이 나오지만, AWS가 크기를 알려 주지 않아요.",
}
EBS_SNAPSHOTS: Texts = {"en": "Snapshots of its volumes", "ko": "볼륨의 스냅샷"}
BY_DIFFERENCE: Texts = {
    "en": "Each is billed by what differs from the one before, while it is stopped, too; AWS does not tell how much.",
    "ko": "바로 앞 스냅샷과 달라진 만큼 중지 중에도 요금이 나오지만, AWS가 그 크기를 알려 주지 않아요.",
}
DISKS_LATER: Texts = {
    "en": "Its volumes and addresses are known when it runs.",
    "ko": "볼륨과 주소는 실행 중일 때 알 수 있어요.",
}
NO_TEMPLATE: Texts = {
    "en": "Which type of instance it starts is not known while it has none.",
    "ko": "인스턴스가 없는 동안에는 어떤 유형을 시작하는지 알 수 없어요.",
}
NO_RULE: Texts = {
    "en": "The portal does not know how this type is billed. Enter its price by hand.",
    "ko": "포털이 이 유형의 요금 방식을 몰라요. 가격을 직접 입력하세요.",
}
GONE: Texts = {
    "en": "The stack names it, but it is not there.",
    "ko": "스택에 있지만 실제로는 없어요.",
}
FIRST_START: Texts = {
    "en": "There is nothing to price while it is stopped. Prices come with its first start.",
    "ko": "중지 중에는 가격을 매길 것이 없어요. 처음 시작할 때 가격이 나와요.",
}
NOT_SETTLED: Texts = {
    "en": "It is between running and stopped. Prices are looked up again later.",
    "ko": "실행과 중지 사이에 있어요. 나중에 가격을 다시 조회해요.",
}
NOT_IN_LIST: Texts = {
    "en": "The AWS Price List has no such product in this region.",
    "ko": "이 리전의 AWS 가격표에 없는 상품이에요.",
}


def snapshots_of(kind: str) -> Texts:
    return {"en": f"Snapshots of {kind}", "ko": f"{kind}의 스냅샷"}


def ebs_snapshots(count: int, gigabytes: int) -> Texts:
    """`gigabytes`: of the volumes, each as often as it has a snapshot."""
    counted = f"{count} snapshots" if count > 1 else "1 snapshot"
    return {
        "en": f"{counted} of its volumes ({gigabytes} GB at most)",
        "ko": f"볼륨의 스냅샷 {count}개(최대 {gigabytes} GB)",
    }


def several(prices: Iterable[str]) -> Texts:
    shown = ", ".join(prices)
    return {
        "en": f"The AWS Price List has several prices for it ({shown}). Enter the right one by hand.",
        "ko": f"AWS 가격표에 가격이 여러 개예요({shown}). 맞는 가격을 직접 입력하세요.",
    }


def no_list(region: str) -> Texts:
    return {
        "en": f"AWS has no Price List that accounts of {region} can ask. Enter prices by hand.",
        "ko": f"{region} 계정이 조회할 수 있는 AWS 가격표가 없어요. 가격을 직접 입력하세요.",
    }


def denied(action: str, account: AccountRef) -> Texts:
    """`action` as policies name it."""
    where = f"{account.name} ({account.account_id})"
    return {
        "en": f"AWS does not allow {action} in account {where}. Give the portal's role this permission; "
        "prices are looked up again later.",
        "ko": f"AWS가 계정 {where}에서 {action} 권한을 허용하지 않아요. 포털의 역할에 이 권한을 주면 "
        "나중에 가격을 다시 조회해요.",
    }
