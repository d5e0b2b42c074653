"""Why RDS does not stop an instance, in English and Korean."""

from __future__ import annotations

from collections.abc import Sequence

from .base import Texts
from .rds_texts import Noun, names, say

NOUN = Noun("databases", "데이터베이스")
IDENTIFIER = say(
    "A database's name begins with a letter and has letters, digits and single dashes only, 63 at most; "
    "or write tag:Key=Value.",
    "데이터베이스 이름은 영문자로 시작하고 영문자, 숫자, 이어지지 않는 하이픈만 쓸 수 있어요(최대 63자). "
    "태그로 고르려면 tag:키=값 형식으로 적어 주세요.",
)


def of_cluster(name: str, cluster: str) -> Texts:
    return say(
        f"{name} belongs to the cluster {cluster} and starts and stops with it. Add {cluster} as a target of the kind "
        "“RDS cluster”.",
        f"{name}은(는) 클러스터 {cluster}에 속해 함께 켜지고 꺼져요. "
        f"{cluster}을(를) “RDS 클러스터” 대상으로 추가하세요.",
    )


def replica(name: str, source: str) -> Texts:
    return say(
        f"{name} is a read replica of {source}, and AWS does not stop read replicas. Promote or delete it in AWS, or "
        "take it out of this environment.",
        f"{name}은(는) {source}의 읽기 전용 복제본이라 AWS가 중지하지 않아요. AWS에서 승격하거나 지우거나, "
        "이 환경에서 빼세요.",
    )


def has_replicas(name: str, replicas: Sequence[str]) -> Texts:
    en, ko = names([one.rpartition(":")[2] for one in replicas])
    return say(
        f"{name} has read replicas ({en}), and AWS does not stop a database that has some. Delete them in AWS, or take "
        f"{name} out of this environment.",
        f"{name}에 읽기 전용 복제본이 있어({ko}) AWS가 중지하지 않아요. AWS에서 복제본을 지우거나 "
        f"{name}을(를) 이 환경에서 빼세요.",
    )


def multi_az_sql_server(name: str) -> Texts:
    return say(
        f"{name} is SQL Server in several availability zones (Multi-AZ), which AWS does not stop. Switch Multi-AZ off "
        "in AWS, or take it out of this environment.",
        f"{name}은(는) 다중 AZ 구성의 SQL Server라 AWS가 중지하지 않아요. AWS에서 다중 AZ를 끄거나 이 환경에서 빼세요.",
    )
