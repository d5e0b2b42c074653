"""The parameters a stack is created with: given values, defaults, and what a template demands of them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from portal.simulator.cloudformation.errors import ValidationError
from portal.simulator.cloudformation.template import Template

# Looks a parameter of the Systems Manager up by name; None where there is none.
ParameterStore = Callable[[str], str | None]
SSM_VALUE = "AWS::SSM::Parameter::Value<"


def given(entries: list[dict[str, Any]], previous: Mapping[str, str]) -> dict[str, str]:
    """The request's parameter list as a mapping, with `UsePreviousValue` taken from the stack as it is."""
    values: dict[str, str] = {}
    for entry in entries:
        key = entry["ParameterKey"]
        if entry.get("UsePreviousValue"):
            if key not in previous:
                raise ValidationError(f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true "
                                      "for a parameter key not in the previous template")  # fmt: skip
            values[key] = previous[key]
        elif "ParameterValue" in entry:
            values[key] = str(entry["ParameterValue"])
    return values


def complete(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """All parameters of the template, as text, with defaults filled in. Raises ValidationError for what AWS refuses."""
    if unknown := [key for key in values if key not in template.parameters]:
        raise ValidationError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    merged = {
        name: values[name] if name in values else _as_text(definition["Default"])
        for name, definition in template.parameters.items()
        if name in values or "Default" in definition
    }
    if missing := [name for name in template.parameters if name not in merged]:
        raise ValidationError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, value in merged.items():
        _check(name, template.parameters[name], value)
    return merged


def resolved(template: Template, texts: Mapping[str, str], store: ParameterStore) -> dict[str, Any]:
    """The values `Ref` gives: lists split, and Systems Manager parameters looked up."""
    return {name: _resolve(name, template.parameters[name]["Type"], text, store) for name, text in texts.items()}


def _resolve(name: str, kind: str, text: str, store: ParameterStore) -> Any:
    if kind.startswith(SSM_VALUE):
        found = store(text)
        if found is None:
            raise ValidationError(f"Unable to fetch parameters [{text}] from parameter store for this account.")
        return _resolve(name, kind.removeprefix(SSM_VALUE).removesuffix(">"), found, store)
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [part.strip() for part in text.split(",")] if text else []
    return text


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(map(_as_text, value))
    return str(value)


def _check(name: str, definition: Mapping[str, Any], value: str) -> None:
    if reason := _number_fault(definition, value) or _text_fault(definition, value):
        raise ValidationError(f"Parameter '{name}' {definition.get('ConstraintDescription') or reason}")


def _number_fault(definition: Mapping[str, Any], value: str) -> str | None:
    if definition["Type"] != "Number":
        return None
    try:
        number = float(value)
    except ValueError:
        return "must be a number."
    if "MinValue" in definition and number < float(definition["MinValue"]):
        return f"must be a number not less than {definition['MinValue']}"
    if "MaxValue" in definition and number > float(definition["MaxValue"]):
        return f"must be a number not greater than {definition['MaxValue']}"
    return None


def _text_fault(definition: Mapping[str, Any], value: str) -> str | None:
    allowed = [_as_text(item) for item in definition.get("AllowedValues", [])]
    values = [part.strip() for part in value.split(",")] if "List" in definition["Type"] else [value]
    if allowed and any(part not in allowed for part in values):
        return f"must be one of AllowedValues: [{', '.join(allowed)}]"
    if "AllowedPattern" in definition and not re.fullmatch(definition["AllowedPattern"], value):
        return f"failed to satisfy constraint: must match pattern {definition['AllowedPattern']}"
    if "MinLength" in definition and len(value) < int(definition["MinLength"]):
        return f"must contain at least {definition['MinLength']} characters"
    if "MaxLength" in definition and len(value) > int(definition["MaxLength"]):
        return f"must contain at most {definition['MaxLength']} characters"
    return None
