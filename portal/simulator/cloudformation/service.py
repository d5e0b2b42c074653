"""CloudFormation's actions: a parsed call in, an answer out."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from portal.simulator.calls import Answer, Call, Next
from portal.simulator.cloudformation import presentation as shapes
from portal.simulator.cloudformation.engine import Engine
from portal.simulator.cloudformation.errors import CloudFormationError, ValidationError
from portal.simulator.cloudformation.fetching import fetch
from portal.simulator.cloudformation.parameters import given
from portal.simulator.cloudformation.stacks import Shelf, Stack
from portal.simulator.cloudformation.template import Template

PAGE = 100
Result = dict[str, Any]


class CloudFormationService:
    """The layer that answers CloudFormation's calls; all others go on to moto."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._actions: dict[str, Callable[[Call], Result]] = {
            "ContinueUpdateRollback": self.continue_update_rollback,
            "CreateStack": self.create_stack,
            "DeleteStack": self.delete_stack,
            "DescribeStackEvents": self.describe_stack_events,
            "DescribeStackResource": self.describe_stack_resource,
            "DescribeStackResources": self.describe_stack_resources,
            "DescribeStacks": self.describe_stacks,
            "GetTemplate": self.get_template,
            "GetTemplateSummary": self.get_template_summary,
            "ListExports": self.list_exports,
            "ListImports": self.list_imports,
            "ListStackResources": self.list_stack_resources,
            "ListStacks": self.list_stacks,
            "UpdateStack": self.update_stack,
            "UpdateTerminationProtection": self.update_termination_protection,
            "ValidateTemplate": self.validate_template,
        }

    def __call__(self, call: Call, go_on: Next) -> Answer:
        if call.service != "cloudformation":
            return go_on(call)
        action = self._actions.get(call.action)
        if action is None:
            return call.failure(InvalidActionError(f"The simulator has no CloudFormation action {call.action}"))
        try:
            return call.success(action(call))
        except CloudFormationError as refusal:
            return call.failure(refusal)

    def create_stack(self, call: Call) -> Result:
        wanted = call.parameters
        if "OnFailure" in wanted and "DisableRollback" in wanted:
            raise ValidationError("You can specify either DisableRollback or OnFailure, but not both.")
        stack = self._engine.create(
            call.account,
            call.region,
            wanted["StackName"],
            template_text(wanted),
            given(wanted.get("Parameters", []), {}),
            token=wanted.get("ClientRequestToken"),
            tags=tags(wanted) or {},
            capabilities=wanted.get("Capabilities", []),
            notification_arns=wanted.get("NotificationARNs", []),
            role_arn=wanted.get("RoleARN"),
            timeout_minutes=wanted.get("TimeoutInMinutes"),
            on_failure=wanted.get("OnFailure", "DO_NOTHING" if wanted.get("DisableRollback") else "ROLLBACK"),
            protected=bool(wanted.get("EnableTerminationProtection")),
        )
        return {"StackId": stack.id}

    def update_stack(self, call: Call) -> Result:
        wanted = call.parameters
        stack = self._engine.update(
            call.account,
            call.region,
            wanted["StackName"],
            None if wanted.get("UsePreviousTemplate") else template_text(wanted),
            wanted.get("Parameters", []),
            token=wanted.get("ClientRequestToken"),
            tags=tags(wanted),
            capabilities=wanted.get("Capabilities", []),
        )
        return {"StackId": stack.id}

    def delete_stack(self, call: Call) -> Result:
        wanted = call.parameters
        self._engine.delete(
            call.account,
            call.region,
            wanted["StackName"],
            token=wanted.get("ClientRequestToken"),
            retain=wanted.get("RetainResources", []),
            force=wanted.get("DeletionMode") == "FORCE_DELETE_STACK",
        )
        return {}

    def continue_update_rollback(self, call: Call) -> Result:
        wanted = call.parameters
        self._engine.continue_rollback(call.account, call.region, wanted["StackName"], wanted.get("ClientRequestToken"))
        return {}

    def update_termination_protection(self, call: Call) -> Result:
        stack = self._find(call, "Stack [{}] does not exist")
        if stack.parent:
            raise ValidationError("Termination protection cannot be changed on a nested stack. "
                                  "Termination protection is inherited from the root stack.")  # fmt: skip
        stack.protected = bool(call.parameters["EnableTerminationProtection"])
        return {"StackId": stack.id}

    def describe_stacks(self, call: Call) -> Result:
        if call.parameters.get("StackName"):
            return {"Stacks": [shapes.stack_shape(self._find(call))]}
        living = [stack for stack in self._newest_first(call) if not stack.is_gone]
        return page(call, "Stacks", living, shapes.stack_shape)

    def list_stacks(self, call: Call) -> Result:
        wanted = call.parameters.get("StackStatusFilter")
        stacks = [stack for stack in self._newest_first(call) if not wanted or stack.status in wanted]
        return page(call, "StackSummaries", stacks, shapes.summary_shape)

    def describe_stack_events(self, call: Call) -> Result:
        stack = self._find(call, "Stack [{}] does not exist")
        return page(call, "StackEvents", stack.events[::-1], lambda event: shapes.event_shape(stack, event))

    def describe_stack_resources(self, call: Call) -> Result:
        physical_id, logical_id = call.parameters.get("PhysicalResourceId"), call.parameters.get("LogicalResourceId")
        if physical_id:
            stack = self._holding(call, physical_id)
        elif call.parameters.get("StackName"):
            stack = self._find(call)
        else:
            raise ValidationError("Stack name must be specified if no physical resource id is given")
        found = [r for r in stack.resources.values() if logical_id in (None, r.logical_id)]
        return {"StackResources": [shapes.resource_shape(stack, resource) for resource in found[:PAGE]]}

    def describe_stack_resource(self, call: Call) -> Result:
        stack, logical_id = self._find(call, "Stack '{}' does not exist"), call.parameters["LogicalResourceId"]
        if logical_id not in stack.resources:
            raise ValidationError(f"Resource {logical_id} does not exist for stack {stack.name}")
        return {"StackResourceDetail": shapes.resource_detail_shape(stack, stack.resources[logical_id])}

    def list_stack_resources(self, call: Call) -> Result:
        resources = list(self._find(call).resources.values())
        return page(call, "StackResourceSummaries", resources, shapes.resource_summary_shape, newest_first=False)

    def get_template(self, call: Call) -> Result:
        return {"TemplateBody": self._find(call).template.text, "StagesAvailable": ["Original", "Processed"]}

    def get_template_summary(self, call: Call) -> Result:
        if call.parameters.get("StackName"):
            template = self._find(call).template
        else:
            template = Template.parse(template_text(call.parameters))
        return {
            "Parameters": shapes.declaration_shapes(template),
            "Description": template.description,
            "ResourceTypes": [definition["Type"] for definition in template.resources.values()],
            "Version": template.document.get("AWSTemplateFormatVersion"),
            "Metadata": str(template.document["Metadata"]) if "Metadata" in template.document else None,
            "DeclaredTransforms": template.transforms,
            **shapes.capability_shape(template),
        }

    def validate_template(self, call: Call) -> Result:
        template = Template.parse(template_text(call.parameters))
        return {
            "Parameters": shapes.declaration_shapes(template),
            "Description": template.description,
            "DeclaredTransforms": template.transforms,
            **shapes.capability_shape(template),
        }

    def list_exports(self, call: Call) -> Result:
        exports = [
            {"ExportingStackId": stack.id, "Name": name, "Value": value}
            for stack in self._newest_first(call)
            if not stack.is_gone
            for name, value in stack.exports.items()
        ]
        return page(call, "Exports", exports, dict)

    def list_imports(self, call: Call) -> Result:
        name = call.parameters["ExportName"]
        importers = [stack.name for stack in self._shelf(call).importers(name)]
        if not importers:
            raise ValidationError(f"Export '{name}' is not imported by any stack.")
        return page(call, "Imports", importers, str)

    def _shelf(self, call: Call) -> Shelf:
        return self._engine.shelves.of(call.account, call.region)

    def _find(self, call: Call, otherwise: str = "Stack with id {} does not exist") -> Stack:
        return self._shelf(call).find(call.parameters["StackName"], otherwise)

    def _newest_first(self, call: Call) -> list[Stack]:
        return sorted(self._shelf(call).by_id.values(), key=lambda stack: stack.created, reverse=True)

    def _holding(self, call: Call, physical_id: str) -> Stack:
        for stack in self._newest_first(call):
            if any(resource.physical_id == physical_id for resource in stack.living_resources()):
                return stack
        raise ValidationError(f"Stack for {physical_id} does not exist")


class InvalidActionError(CloudFormationError):
    code = "InvalidAction"


def template_text(wanted: dict[str, Any]) -> str:
    """The template of a request, given as text or by URL."""
    body, url = wanted.get("TemplateBody"), wanted.get("TemplateURL")
    if bool(body) == bool(url):
        raise ValidationError("Either Template URL or Template Body must be specified.")
    if body and len(body.encode()) > 51200:
        raise ValidationError(
            "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have "
            "length less than or equal to 51200"
        )
    return str(body) if body else fetch(str(url))


def tags(wanted: dict[str, Any]) -> dict[str, str] | None:
    return {tag["Key"]: tag["Value"] for tag in wanted["Tags"]} if "Tags" in wanted else None


def page(call: Call, key: str, items: list[Any], shape: Callable[[Any], Any], *, newest_first: bool = True) -> Result:
    """One page of a list, and the token of the next.

    The token counts from the end at which nothing is added, so that what is added meanwhile moves no page.
    """
    token = call.parameters.get("NextToken")
    try:
        position = int(base64.urlsafe_b64decode(token)) if token else None
    except ValueError:
        raise ValidationError("Invalid NextToken") from None
    start = 0 if position is None else len(items) - position if newest_first else position
    end = start + PAGE
    result: Result = {key: [shape(item) for item in items[start:end]]}
    if end < len(items):
        following = len(items) - end if newest_first else end
        result["NextToken"] = base64.urlsafe_b64encode(str(following).encode()).decode()
    return result
