"""Template text, JSON or YAML, to plain dictionaries."""

import json
from typing import Any

import yaml

from portal.simulator.cloudformation.errors import ValidationError

# The fast loader is built on libyaml, which a platform's wheel may lack.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class TemplateLoader(_Base):  # type: ignore[misc]
    """YAML with CloudFormation's short tags, and with dates left as text (`2010-09-09`)."""


def _short_tag(loader: Any, tag: str, node: yaml.Node) -> dict[str, Any]:
    name = tag if tag in ("Ref", "Condition") else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if tag == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


TemplateLoader.add_multi_constructor("!", _short_tag)
TemplateLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}


def load(text: str) -> dict[str, Any]:
    """The template as a dictionary with long intrinsic names. Raises ValidationError, in CloudFormation's words."""
    if text.lstrip().startswith("{"):
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise ValidationError(
                f"Template format error: JSON not well-formed. (line {error.lineno}, column {error.colno})"
            ) from error
    else:
        try:
            document = yaml.load(text, Loader=TemplateLoader)  # noqa: S506 - derived from the safe loader
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
            raise ValidationError(f"Template format error: YAML not well-formed.{where}") from error
        except yaml.YAMLError as error:
            raise ValidationError("Template format error: YAML not well-formed.") from error
    if not isinstance(document, dict):
        raise ValidationError("Template format error: unsupported structure.")
    return document
