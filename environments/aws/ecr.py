"""Image tags in ECR."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from environments.targets.base import AccountRef, TargetError, Texts
from environments.targets.client import client, in_words

VERSION = re.compile(r"^v?\d+(?:[.\-_+]\w+)*$", re.IGNORECASE)
# What cosign and others push beside an image, named by its digest: signatures, attestations, bills of material.
SIGNATURE = re.compile(r"^sha256-[0-9a-f]{64}(\.\w+)?$")
# Names that move from image to image: they say nothing about which image it is.
ALIASES = frozenset({"latest", "stable", "edge", "nightly", "main", "master", "develop", "dev", "staging", "prod"})
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Image:
    tag: str
    pushed_at: datetime
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tags may be taken: like one of `pattern` (none: any), and like none of `excluded`. Upper and lower case
    differ, as they do in ECR."""

    pattern: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @classmethod
    def of(cls, pattern: str, excluded: str) -> Wanted:
        """From globs as people write them, separated by commas."""
        return cls(globs(pattern), globs(excluded))

    def takes(self, tag: str) -> bool:
        like = not self.pattern or any(fnmatchcase(tag, glob) for glob in self.pattern)
        return like and not any(fnmatchcase(tag, glob) for glob in self.excluded)


ANY = Wanted()


def globs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def images_of(account: AccountRef, region: str, repository: str) -> list[Mapping[str, Any]]:
    """Every image of a repository, as AWS describes it; all pages are read. `TargetError` when it does not exist."""
    ecr = client("ecr", account, region)
    with in_words("ecr", "DescribeImages", account, region):
        try:
            pages = ecr.get_paginator("describe_images").paginate(repositoryName=repository)
            return [image for page in pages for image in page["imageDetails"]]
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


def choose(images: Sequence[Mapping[str, Any]], repository: str, wanted: Wanted = ANY) -> Image:
    """The newest of these images that has a tag to take. `TargetError`, naming what was there, when none has."""
    newest: Image | None = None
    for image in images:
        newest = _newer(newest, image, wanted)
    if newest is None:
        raise TargetError(_nothing_to_take(repository, images, wanted))
    return newest


def _newer(newest: Image | None, image: Mapping[str, Any], wanted: Wanted = ANY) -> Image | None:
    tags = [tag for tag in image.get("imageTags") or [] if not SIGNATURE.match(tag) and wanted.takes(tag)]
    if not tags:
        return newest
    pushed = image["imagePushedAt"].astimezone(UTC)
    tag = max(tags, key=telling)
    if newest is None or (pushed, telling(tag)) > (newest.pushed_at, telling(newest.tag)):
        return Image(tag=tag, pushed_at=pushed, digest=str(image.get("imageDigest", "")))
    return newest


def telling(tag: str) -> tuple[int, int, list[tuple[int, int, str]]]:
    """How much a tag tells: a version above other names above aliases; `2.14.3` above `2.14`; then the higher
    number."""
    rank = 2 if VERSION.match(tag) else 0 if tag.lower() in ALIASES else 1
    parts = re.findall(r"\d+|[A-Za-z]+", tag)
    return rank, len(parts), [(1, int(p), "") if p.isdigit() else (0, 0, p) for p in parts]


def _nothing_to_take(repository: str, images: Sequence[Mapping[str, Any]], wanted: Wanted) -> Texts:
    if not images:
        return {
            "en": f"The image repository “{repository}” is empty. Push an image with a tag, then try again.",
            "ko": f"이미지 저장소 “{repository}”가 비어 있어요. 태그를 붙여 이미지를 푸시한 뒤 다시 시도하세요.",
        }
    there = _newest_tags(images)
    if not there:
        count = len(images)
        return {
            "en": f"None of the {count} images in “{repository}” has a tag. Push an image with a tag, then try again.",
            "ko": f"“{repository}”의 이미지 {count}개에 모두 태그가 없어요. 태그를 붙여 푸시한 뒤 다시 시도하세요.",
        }
    like, but_not, newest = ", ".join(wanted.pattern), ", ".join(wanted.excluded), ", ".join(there)
    asked_en = [f"like “{like}”"] * bool(like) + [f"but not “{but_not}”"] * bool(but_not)
    asked_ko = [f"“{like}” 형식"] * bool(like) + [f"“{but_not}” 제외"] * bool(but_not)
    return {
        "en": f"No tag in “{repository}” is {' '.join(asked_en)}. The newest there: {newest}. "
        "Correct which tags are taken in the target's parameters, or push such an image.",
        "ko": f"“{repository}”에 조건({', '.join(asked_ko)})에 맞는 태그가 없어요. 가장 최근 태그: {newest}. "
        "대상의 파라미터에서 태그 조건을 고치거나 그런 이미지를 푸시하세요.",
    }


def _newest_tags(images: Iterable[Mapping[str, Any]]) -> list[str]:
    """Some tags of the newest images, for people who wonder why none was taken."""
    tagged = [image for image in images if image.get("imageTags")]
    tagged.sort(key=lambda image: image["imagePushedAt"], reverse=True)
    tags = (tag for image in tagged for tag in image["imageTags"] if not SIGNATURE.match(tag))
    return [tag for _, tag in zip(range(SHOWN), tags, strict=False)]
