"""Where the values of a target's parameters come from: written down, ECR, SSM, or the output of another stack."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from environments.targets.base import ParameterRef, TargetError, TargetRef, Texts
from environments.targets.client import client, in_words
from environments.targets.stack_progress import describe
from environments.targets.stack_status import Look, look_at

from . import ecr
from . import parameter_texts as texts

STACK = r"[A-Za-z][A-Za-z0-9-]{0,127}"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html
OUTPUT = re.compile(rf"^({STACK})\.([A-Za-z0-9]{{1,255}})$")
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
REPOSITORY = re.compile(r"^(?=.{2,256}$)[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$")
# A name or a path, or the ARN of a shared one, perhaps with a version or a label:
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
SSM = re.compile(
    r"^(?:arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter)?(/?[\w.-]+(?:/[\w.-]+)*)(?::[\w.-]+)?$", re.ASCII
)
GLOB = re.compile(r"^[\w.\-*?\[\]!]{1,128}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Resolution:
    """The values of a target's parameters at a moment.

    `values` are by the parameter's name; those that AWS keeps encrypted are not among them: `hidden` has their SSM
    names by the parameter's name. `images` are repository, tag and time of push of each image that was looked up.
    `found` is what each source gave, as JSON, for whoever asks the same source in the same operation.
    """

    values: Mapping[str, str]
    hidden: Mapping[str, str]
    images: tuple[tuple[str, str, datetime], ...]
    found: Mapping[str, Any]
    said: Texts

    def memo(self) -> dict[str, Any]:
        """What the steps that follow need of it, as JSON; nothing that is encrypted."""
        images = [[repository, tag, pushed.isoformat()] for repository, tag, pushed in self.images]
        return {
            "parameters": dict(self.values),
            "hidden": dict(self.hidden),
            "images": images,
            "found": dict(self.found),
        }


@dataclass(slots=True)
class _Looks:
    """What one resolving has asked AWS: no repository, SSM parameter or stack is asked twice."""

    ref: TargetRef
    found: dict[str, Any]
    repositories: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    stacks: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)


def problems(parameter: ParameterRef) -> Mapping[str, Texts]:
    """What is wrong with a parameter as it was entered: `value`, `pattern` or `excluded` -> why. Asks nobody."""
    found: dict[str, Texts] = {}
    value = parameter.value
    named = SSM.match(value)
    match parameter.source:
        case "ecr" if not REPOSITORY.match(value):
            found["value"] = texts.REPOSITORY if value else texts.NO_REPOSITORY
        case "ssm" if named is None:
            found["value"] = texts.SSM_NAME
        case "ssm" if named and "/" in named[1] and not named[1].startswith("/"):
            found["value"] = texts.ssm_path(value)
        case "output" if not OUTPUT.match(value):
            found["value"] = texts.OUTPUT
    for name in ("pattern", "excluded"):
        written = getattr(parameter, name)
        if written and parameter.source != "ecr":
            found[name] = texts.GLOBS_ARE_FOR_TAGS
        elif strange := [glob for glob in ecr.globs(written) if not GLOB.match(glob)]:
            found[name] = texts.no_glob(strange[0])
    return found


def resolve(ref: TargetRef, known: Mapping[str, Any]) -> Resolution:
    """Ask each source once; `known` is what it gave earlier in the same operation (`Resolution.found`).

    Values that AWS keeps encrypted are read, so that a missing right shows before anything is changed, and forgotten
    again: `secrets` reads them when they are needed. `TargetError` where there is no value, naming the source.
    """
    looks = _Looks(ref, dict(known))
    values: dict[str, str] = {}
    hidden: dict[str, str] = {}
    for parameter in ref.parameters:
        if parameter.source == "fixed":
            values[parameter.name] = parameter.value
            continue
        key = _key(ref, parameter)
        if key not in looks.found:
            looks.found[key] = _look(looks, parameter)
        if looks.found[key].get("hidden"):
            hidden[parameter.name] = parameter.value
        else:
            values[parameter.name] = looks.found[key]["value"]
    asked = [(p, looks.found[_key(ref, p)]) for p in ref.parameters if p.source != "fixed"]
    images = [
        (p.value, found["value"], datetime.fromisoformat(found["pushed_at"])) for p, found in asked if p.source == "ecr"
    ]
    ours = {_key(ref, p): found for p, found in asked}
    return Resolution(values, hidden, tuple(dict.fromkeys(images)), ours, texts.resolved(asked))


def secrets(ref: TargetRef, hidden: Mapping[str, str]) -> dict[str, str]:
    """The values of encrypted SSM parameters, by the parameter's name: to be handed to AWS, and kept nowhere."""
    values = {name: _ssm(ref, name)["Value"] for name in dict.fromkeys(hidden.values())}
    return {parameter: values[name] for parameter, name in hidden.items()}


def _key(ref: TargetRef, parameter: ParameterRef) -> str:
    where = (parameter.source, ref.account.account_id, ref.region)
    return "|".join((*where, parameter.value, parameter.pattern, parameter.excluded))


def _look(looks: _Looks, parameter: ParameterRef) -> dict[str, Any]:
    match parameter.source:
        case "ecr":
            return _newest(looks, parameter)
        case "ssm":
            found = _ssm(looks.ref, parameter.value)
            return {"hidden": True} if found["Type"] == "SecureString" else {"value": found["Value"]}
        case _:
            return {"value": _output(looks, parameter.value)}


def _newest(looks: _Looks, parameter: ParameterRef) -> dict[str, Any]:
    ref, repository = looks.ref, parameter.value
    if repository not in looks.repositories:
        looks.repositories[repository] = ecr.images_of(ref.account, ref.region, repository)
    wanted = ecr.Wanted.of(parameter.pattern, parameter.excluded)
    image = ecr.choose(looks.repositories[repository], repository, wanted)
    return {"value": image.tag, "pushed_at": image.pushed_at.isoformat()}


def _ssm(ref: TargetRef, name: str) -> Mapping[str, str]:
    ssm = client("ssm", ref.account, ref.region)
    with in_words("ssm", "GetParameter", ref.account, ref.region):
        try:
            found: Mapping[str, str] = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
        except (ssm.exceptions.ParameterNotFound, ssm.exceptions.ParameterVersionNotFound) as error:
            said = texts.no_ssm(name, ref.account.name, ref.region)
            raise TargetError(said, raw=str(error), code="ParameterNotFound") from error
        except ssm.exceptions.InvalidKeyId as error:
            raise TargetError(texts.no_key(name), raw=str(error), code="InvalidKeyId") from error
    return found


def _output(looks: _Looks, value: str) -> str:
    ref = looks.ref
    name, _, output = value.partition(".")
    if name not in looks.stacks:
        with in_words("cloudformation", "DescribeStacks", ref.account, ref.region):
            looks.stacks[name] = describe(client("cloudformation", ref.account, ref.region), name)
    stack = looks.stacks[name]
    if stack is None or look_at(stack["StackStatus"]) in {Look.ABSENT, Look.SHELL, Look.DRAFT, Look.LEAVING}:
        raise TargetError(texts.no_stack(name, output, ref.account.name, ref.region), code="no stack")
    outputs = {one["OutputKey"]: str(one["OutputValue"]) for one in stack.get("Outputs", [])}
    if output in outputs:
        return outputs[output]
    if look_at(stack["StackStatus"]) is Look.MOVING:
        raise TargetError(texts.not_yet(name, output), raw=stack["StackStatus"], retryable=True)
    raise TargetError(texts.no_output(name, output, sorted(outputs)), code="no output")
