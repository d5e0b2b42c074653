"""Image tags in ECR."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from environments.targets.base import AccountRef, TargetError
from environments.targets.client import client, in_words

VERSION = re.compile(r"^v?\d+(?:[.\-_+]\w+)*$", re.IGNORECASE)
# What cosign and others push beside an image, named by its digest: signatures, attestations, bills of material.
SIGNATURE = re.compile(r"^sha256-[0-9a-f]{64}(\.\w+)?$")
# Names that move from image to image: they say nothing about which image it is.
ALIASES = frozenset({"latest", "stable", "edge", "nightly", "main", "master", "develop", "dev", "staging", "prod"})


@dataclass(frozen=True, slots=True)
class Image:
    tag: str
    pushed_at: datetime


def newest_tag(account: AccountRef, region: str, repository: str) -> Image:
    """The tag of the newest pushed image that has one; of several tags on it, the version rather than an alias.

    Reads all pages of the repository. Untagged images (parts of multi-platform images, replaced ones) are passed over.
    Raises
    `TargetError` when the repository does not exist, is empty, or has no tagged image.
    """
    ecr = client("ecr", account, region)
    newest: Image | None = None
    seen = 0
    with in_words("ecr", "DescribeImages", account, region):
        try:
            for page in ecr.get_paginator("describe_images").paginate(repositoryName=repository):
                for image in page["imageDetails"]:
                    seen += 1
                    newest = _newer(newest, image)
        except ecr.exceptions.RepositoryNotFoundException as error:
            raise TargetError(
                {
                    "en": f"The image repository “{repository}” does not exist in {region} of account {account.name}. "
                    "Correct its name in the target's parameters.",
                    "ko": f"계정 {account.name}의 {region}에 이미지 저장소 “{repository}”가 없어요. "
                    "대상의 파라미터에서 이름을 고치세요.",
                },
                raw=str(error),
                code="RepositoryNotFoundException",
            ) from error
    if newest is None:
        raise TargetError(_nothing_to_take(repository, seen))
    return newest


def _newer(newest: Image | None, image: dict[str, Any]) -> Image | None:
    tags = [tag for tag in image.get("imageTags") or [] if not SIGNATURE.match(tag)]
    if not tags:
        return newest
    pushed = image["imagePushedAt"].astimezone(UTC)
    tag = max(tags, key=_telling)
    if newest is None or (pushed, _telling(tag)) > (newest.pushed_at, _telling(newest.tag)):
        return Image(tag=tag, pushed_at=pushed)
    return newest


def _telling(tag: str) -> tuple[int, int, list[tuple[int, int, str]]]:
    """How much a tag tells: a version above other names above aliases; `2.14.3` above `2.14`; then the higher
    number."""
    rank = 2 if VERSION.match(tag) else 0 if tag.lower() in ALIASES else 1
    parts = re.findall(r"\d+|[A-Za-z]+", tag)
    return rank, len(parts), [(1, int(p), "") if p.isdigit() else (0, 0, p) for p in parts]


def _nothing_to_take(repository: str, seen: int) -> dict[str, str]:
    if seen:
        return {
            "en": f"None of the {seen} images in “{repository}” has a tag. Push an image with a tag, then try again.",
            "ko": f"“{repository}”의 이미지 {seen}개에 모두 태그가 없어요. 태그를 붙여 푸시한 뒤 다시 시도하세요.",
        }
    return {
        "en": f"The image repository “{repository}” is empty. Push an image with a tag, then try again.",
        "ko": f"이미지 저장소 “{repository}”가 비어 있어요. 태그를 붙여 이미지를 푸시한 뒤 다시 시도하세요.",
    }
