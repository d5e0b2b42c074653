"""Values out of the simulated Systems Manager, for parameters and dynamic references."""

import re
from typing import Any

from portal.simulator.cloudformation.errors import ResourceError
from portal.simulator.cloudformation.parameters import ParameterStore
from portal.simulator.moto_modules import load

DYNAMIC = re.compile(r"\{\{resolve:(?:ssm|ssm-secure):([^:}]+)(?::\d+)?\}\}")


def parameter_store(account: str, region: str) -> ParameterStore:
    def look_up(name: str) -> str | None:
        found = load("ssm.models").ssm_backends[account][region].get_parameter(name)
        return None if found is None else str(found.value)

    return look_up


def resolve_dynamic(node: Any, store: ParameterStore) -> Any:
    """Replace `{{resolve:ssm:name}}` by the parameter's value. References to secrets stay as they are."""

    def value_of(found: re.Match[str]) -> str:
        value = store(found[1])
        if value is None:
            raise ResourceError(f"Unable to fetch parameters [{found[1]}] from parameter store for this account.")
        return value

    if isinstance(node, dict):
        return {key: resolve_dynamic(value, store) for key, value in node.items()}
    if isinstance(node, list):
        return [resolve_dynamic(item, store) for item in node]
    return DYNAMIC.sub(value_of, node) if isinstance(node, str) and "{{resolve:" in node else node
