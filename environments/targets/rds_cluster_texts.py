"""Why RDS does not stop a cluster, in English and Korean."""

from __future__ import annotations

from collections.abc import Sequence

from .base import Texts
from .rds_texts import Noun, names, say

NOUN = Noun("database clusters", "데이터베이스 클러스터")
IDENTIFIER = say(
    "A cluster's name begins with a letter and has letters, digits and single dashes only, 63 at most; "
    "or write tag:Key=Value.",
    "클러스터 이름은 영문자로 시작하고 영문자, 숫자, 이어지지 않는 하이픈만 쓸 수 있어요(최대 63자). "
    "태그로 고르려면 tag:키=값 형식으로 적어 주세요.",
)


def serverless(name: str) -> Texts:
    return say(
        f"{name} is Aurora Serverless v1, which AWS does not stop: let it pause by itself when idle (its scaling "
        "settings in AWS), or take it out of this environment.",
        f"{name}은(는) Aurora Serverless v1이라 AWS가 중지하지 않아요. AWS의 조정 설정에서 유휴 시 자동 일시 중지를 "
        "켜거나 이 환경에서 빼세요.",
    )


def multi_master(name: str) -> Texts:
    return say(
        f"{name} is a multi-master cluster, which AWS does not stop. Take it out of this environment.",
        f"{name}은(는) 멀티 마스터 클러스터라 AWS가 중지하지 않아요. 이 환경에서 빼세요.",
    )


def multi_az(name: str) -> Texts:
    return say(
        f"{name} is a Multi-AZ DB cluster (one writer, two readers), which AWS does not stop. Take it out of this "
        "environment.",
        f"{name}은(는) 다중 AZ DB 클러스터(쓰기 1개, 읽기 2개)라 AWS가 중지하지 않아요. 이 환경에서 빼세요.",
    )


def of_global(name: str, database: str) -> Texts:
    return say(
        f"{name} is part of the global database {database or '(unnamed)'}, whose clusters AWS does not stop. Remove it "
        "from the global database in AWS, or take it out of this environment.",
        f"{name}은(는) 글로벌 데이터베이스 {database or '(이름 없음)'}에 속해 AWS가 중지하지 않아요. AWS에서 글로벌 "
        "데이터베이스에서 제거하거나 이 환경에서 빼세요.",
    )


def replica(name: str, source: str) -> Texts:
    return say(
        f"{name} is a replica of {source} in another region, and AWS does not stop those. Promote or delete it in AWS, "
        "or take it out of this environment.",
        f"{name}은(는) 다른 리전에 있는 {source}의 복제본이라 AWS가 중지하지 않아요. AWS에서 승격하거나 지우거나, "
        "이 환경에서 빼세요.",
    )


def has_replicas(name: str, replicas: Sequence[str]) -> Texts:
    en, ko = names(replicas)
    return say(
        f"{name} has replicas in other regions ({en}), and AWS does not stop a cluster that has some. Delete or "
        f"promote them in AWS, or take {name} out of this environment.",
        f"{name}의 복제본이 다른 리전에 있어({ko}) AWS가 중지하지 않아요. AWS에서 복제본을 지우거나 승격하거나, "
        f"{name}을(를) 이 환경에서 빼세요.",
    )
