"""The reference case: what an AWS account holds in which the chat application is started and stopped."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moto.ecr.models import ECRBackend, Image, Repository, ecr_backends
from moto.s3.models import s3_backends

from portal.simulator.moto_modules import catch_up
from portal.simulator.randomness import seeded

if TYPE_CHECKING:
    from portal.simulator.world import World

ACCOUNT = "123456789012"
REGION = "ap-northeast-2"
BUCKET = "chat-app-templates"
PREFIX = "chat-app"
MASTER_URL = f"https://{BUCKET}.s3.{REGION}.amazonaws.com/{PREFIX}/master.yaml"
STACK_NAME = "ChatAppMasterStack"
REPOSITORY = "chat-chat-http"
EMPTY_REPOSITORY = "chat-empty"
UNTAGGED_REPOSITORY = "chat-untagged"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/DaybreakPortal"
EXTERNAL_ID = "daybreak-demo"
NEWEST_TAG = "2.14.3"
IMAGES = 130


def seed_reference(world: World) -> None:
    """Templates in S3, images in ECR and the portal's role, as far as they are not there yet.

    The newest image was pushed two hours before the simulated present, under two tags; each other one nine hours before
    the next; each seventh has lost its tag to a later push.
    """
    catch_up()
    world.roles.register(ROLE_ARN, EXTERNAL_ID)
    with seeded("reference"):
        _upload_templates()
        registry = ecr_backends[ACCOUNT][REGION]
        if REPOSITORY not in registry.repositories:
            repository = _create_repository(registry, REPOSITORY)
            for age in reversed(range(IMAGES)):
                _push(world, repository, age, _tags_of(age))
        if EMPTY_REPOSITORY not in registry.repositories:
            _create_repository(registry, EMPTY_REPOSITORY)
        if UNTAGGED_REPOSITORY not in registry.repositories:
            repository = _create_repository(registry, UNTAGGED_REPOSITORY)
            for age in (2, 1, 0):
                _push(world, repository, age, [])


def _upload_templates() -> None:
    storage = s3_backends[ACCOUNT]["aws"]
    if BUCKET not in storage.buckets:
        storage.create_bucket(BUCKET, REGION)
    for path in sorted((Path(__file__).parent / PREFIX).glob("*.yaml")):
        key, content = f"{PREFIX}/{path.name}", path.read_bytes()
        if key not in storage.buckets[BUCKET].keys:
            storage.put_object(BUCKET, key, content)


def _create_repository(registry: ECRBackend, name: str) -> Repository:
    return registry.create_repository(name, None, {"encryptionType": "AES256"}, {"scanOnPush": False}, "MUTABLE", [])


def _tags_of(age: int) -> list[str]:
    """The newest is 2.14.3, before it 2.14.2 and so on, ten to a minor version; each seventh has none."""
    if age == 0:
        return [NEWEST_TAG, "latest"]
    release = 2 * 200 + 14 * 10 + 3 - age
    return [] if age % 7 == 6 else [f"{release // 200}.{release % 200 // 10}.{release % 10}"]


def _push(world: World, repository: Repository, age: int, tags: list[str]) -> None:
    layer = hashlib.sha256(f"{repository.name}/{age}".encode()).hexdigest()
    media_type = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 187_000_000 + age * 1_000},
        "layers": [{"digest": f"sha256:{layer}", "size": 31_000_000}],
    }
    first: Any = tags[0] if tags else None
    with world.clock.as_of(world.clock.now() - timedelta(hours=2 + 9 * age)):
        image = Image(ACCOUNT, first, json.dumps(manifest), repository.name, media_type)
    for tag in tags[1:]:
        image.update_tag(tag)
    repository.images.append(image)
