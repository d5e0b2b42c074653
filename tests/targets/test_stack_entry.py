"""What operators enter for a stack."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from environments.targets.cloudformation import CloudFormationStack

from .driving import REF, TEMPLATE

# -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"options": {}}, "template_url"),
        ({"options": {"template_body": TEMPLATE, "template_url": "https://b.s3.amazonaws.com/k"}}, "template_url"),
        ({"options": {"template_url": "https://example.com/t.yaml"}}, "template_url"),
        ({"options": {"template_body": "Resources: ["}}, "template_body"),
        ({"options": {"template_body": "just words"}}, "template_body"),
        ({"options": {"template_body": TEMPLATE, "capabilities": ["CAPABILITY_FLY"]}}, "capabilities"),
        ({"options": {"template_body": TEMPLATE, "role_arn": "xyz"}}, "role_arn"),
        ({"identifier": "1-begins-with-a-digit"}, "identifier"),
    ],
)
def test_what_cannot_work_is_refused_at_entry_naming_the_field(change: dict[str, Any], field: str) -> None:
    problems = CloudFormationStack().problems(replace(REF, **change))
    assert set(problems) == {field}
    assert all(problems[field][language] for language in ("en", "ko"))


def test_what_can_work_is_accepted() -> None:
    assert CloudFormationStack().problems(REF) == {}
    in_s3 = replace(REF, options={"template_url": "https://b.s3.ap-northeast-2.amazonaws.com/a/t.yaml"})
    assert CloudFormationStack().problems(in_s3) == {}
