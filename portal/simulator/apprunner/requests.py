"""What App Runner refuses in a request before it looks at any service, and whether a source can be deployed."""

from __future__ import annotations

import re
from typing import Any

from moto.core.exceptions import ServiceException

from portal.simulator.apprunner.errors import InvalidRequestError
from portal.simulator.moto_modules import load

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-_]{3,39}")
ARN = re.compile(r"arn:aws(-\w+)*:apprunner:[a-z0-9-]+:\d{12}:\w+/[\w/-]+")
PRIVATE_IMAGE = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)(?::([^@]+)|@(sha256:\w+))?")
PAGE, PAGE_TOKEN = 20, re.compile(r"\d*")


def refused(action: str, wanted: dict[str, Any]) -> ServiceException | None:
    """Why AWS refuses these parameters, or None."""
    if action == "CreateService" and not NAME.fullmatch(wanted.get("ServiceName", "")):
        return InvalidRequestError(f"ServiceName must match {NAME.pattern}")
    for parameter in ("ServiceArn", "ResourceArn"):
        if parameter in wanted and not ARN.fullmatch(wanted[parameter]):
            return InvalidRequestError(f"{parameter} is not the ARN of an App Runner resource: {wanted[parameter]}")
    if not 1 <= int(wanted.get("MaxResults") or PAGE) <= PAGE:
        return InvalidRequestError(f"MaxResults must be between 1 and {PAGE}")
    if not PAGE_TOKEN.fullmatch(wanted.get("NextToken") or ""):
        return InvalidRequestError("NextToken is not one that was given")
    return _bad_source(wanted["SourceConfiguration"]) if "SourceConfiguration" in wanted else None


def _bad_source(source: dict[str, Any]) -> ServiceException | None:
    image, code = source.get("ImageRepository"), source.get("CodeRepository")
    access = source.get("AuthenticationConfiguration") or {}
    if bool(image) == bool(code):
        return InvalidRequestError("SourceConfiguration needs either ImageRepository or CodeRepository")
    if code and not access.get("ConnectionArn"):
        return InvalidRequestError("AuthenticationConfiguration.ConnectionArn is required for a code repository")
    if image and image.get("ImageRepositoryType") == "ECR":
        if not PRIVATE_IMAGE.fullmatch(image["ImageIdentifier"]):
            return InvalidRequestError(f"{image['ImageIdentifier']} is not an image in Amazon ECR")
        if not access.get("AccessRoleArn"):
            return InvalidRequestError("AuthenticationConfiguration.AccessRoleArn is required for an image in ECR")
    return None


def can_be_deployed(source: dict[str, Any]) -> bool:
    """Whether there is something to run: a private image has to be in the simulated ECR, all else is taken to exist."""
    image = source.get("ImageRepository") or {}
    found = PRIVATE_IMAGE.fullmatch(image.get("ImageIdentifier", ""))
    if image.get("ImageRepositoryType") != "ECR" or found is None:
        return True
    account, region, name, tag, digest = found.groups()
    repository = load("ecr.models").ecr_backends[account][region].repositories.get(name)
    if repository is None:
        return False
    if digest:
        return any(kept.get_image_digest() == digest for kept in repository.images)
    return any((tag or "latest") in kept.image_tags for kept in repository.images)


def page(things: list[dict[str, Any]], wanted: dict[str, Any], key: str) -> dict[str, Any]:
    """An answer with at most MaxResults of these (all of them if it does not say), and a token for the rest."""
    start = int(wanted.get("NextToken") or 0)
    end = start + int(wanted.get("MaxResults") or len(things))
    answer: dict[str, Any] = {key: things[start:end]}
    if end < len(things):
        answer["NextToken"] = str(end)
    return answer
