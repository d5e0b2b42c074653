"""What a pipeline may tell of: who may, and of which versions of which environment."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from environments.models import Environment

from .deployment_takers import Takers, takers
from .deployment_versions import Version
from .deployments import can_be_redeployed

# https://docs.docker.com/reference/cli/docker/image/tag/: letters, digits, “_”, “.” and “-”, neither of the last two
# first, 128 at the most.
TAG: Final = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"
COMMIT: Final = r"^[0-9A-Fa-f]{7,64}$"
DIGEST: Final = r"^sha256:[0-9a-f]{64}$"
LONGEST_NOTE: Final = 1000
LONGEST_LINK: Final = 500
LONGEST_AUTHOR: Final = 200


def checked(environment: Environment, version: Version) -> Version:
    """The version with its repository, which may be left out where the environment takes from exactly one.

    ValidationError naming each field that is wrong. Two queries. Whether ECR has the image is not asked: who tells of
    it may be faster than ECR.
    """
    wrong: dict[str, str] = {}
    if not re.fullmatch(TAG, version.tag):
        wrong["tag"] = _("This is no tag of an image. A tag is like 2.15.0: letters, digits, “.”, “_” and “-”.")
    if version.commit and not re.fullmatch(COMMIT, version.commit):
        wrong["commit"] = _("A commit is 7 to 64 hexadecimal digits, for example 3f2a9c1.")
    if version.digest and not re.fullmatch(DIGEST, version.digest):
        wrong["digest"] = _("A digest is like sha256:… with 64 hexadecimal digits.")
    if version.link and not _is_address(version.link):
        wrong["link"] = _("A link begins with https:// or http://, and has %(count)s characters at the most.") % {
            "count": LONGEST_LINK
        }
    if len(version.note) > LONGEST_NOTE:
        wrong["note"] = _("What is new has %(count)s characters at the most.") % {"count": LONGEST_NOTE}
    if len(version.author) > LONGEST_AUTHOR:
        wrong["author"] = _("A name has %(count)s characters at the most.") % {"count": LONGEST_AUTHOR}
    takes = takers(environment.pk)
    repository = version.repository or (takes.repositories[0] if len(takes.repositories) == 1 else "")
    if said := _of_repository(environment, takes, repository):
        wrong["repository"] = said
    elif repository and "tag" not in wrong and not takes.of(repository, version.tag):
        said = _("%(name)s takes no such tag of %(repository)s: see “tags like” and “but not” of its targets.")
        wrong["tag"] = said % {"name": environment.name, "repository": repository}
    if wrong:
        raise ValidationError(dict(wrong))
    return replace(version, repository=repository, commit=version.commit.lower())


def _of_repository(environment: Environment, takes: Takers, repository: str) -> str:
    """What is wrong with it; empty: nothing."""
    known = {"name": environment.name, "repositories": ", ".join(takes.repositories)}
    if repository in takes.repositories:
        return ""
    if takes.repositories and not repository:
        said = _("%(name)s takes images of several repositories. Say which: %(repositories)s.")
    elif takes.repositories:
        said = _("%(name)s takes no images of this repository, but of: %(repositories)s.")
    elif repository:
        said = _("%(name)s takes no images of ECR. Leave the repository out.")
    elif not can_be_redeployed(environment):
        said = _("%(name)s takes no images of ECR, and nothing that it is made of can be redeployed.")
    else:
        return ""
    return said % known


def _is_address(text: str) -> bool:
    try:
        URLValidator(schemes=["http", "https"])(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST_LINK
