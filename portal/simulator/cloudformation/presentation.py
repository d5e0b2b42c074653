"""Stacks in the shapes of CloudFormation's answers."""

from collections.abc import Mapping
from typing import Any

from portal.simulator.cloudformation.stacks import Event, Resource, Stack
from portal.simulator.cloudformation.template import Template

Shape = dict[str, Any]


def stack_shape(stack: Stack) -> Shape:
    shape = {
        **_identity(stack),
        "Description": stack.template.description,
        "Parameters": [parameter_shape(stack, name, text) for name, text in stack.parameters.items()],
        "DisableRollback": stack.on_failure == "DO_NOTHING" and stack.parent is None,
        "NotificationARNs": stack.notification_arns,
        "TimeoutInMinutes": stack.timeout_minutes,
        "Capabilities": stack.capabilities,
        "Outputs": stack.outputs,
        "RoleARN": stack.role_arn,
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
        "EnableTerminationProtection": stack.root.protected,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    return {key: value for key, value in shape.items() if value is not None}


def summary_shape(stack: Stack) -> Shape:
    return {
        **_identity(stack),
        "TemplateDescription": stack.template.description,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }


def _identity(stack: Stack) -> Shape:
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": stack.created,
        "LastUpdatedTime": stack.updated,
        "DeletionTime": stack.deleted,
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "ParentId": stack.parent.id if stack.parent else None,
        "RootId": stack.root.id if stack.parent else None,
    }


def parameter_shape(stack: Stack, name: str, text: str) -> Shape:
    definition = stack.template.parameters.get(name, {})
    if str(definition.get("NoEcho", "false")).lower() == "true":
        return {"ParameterKey": name, "ParameterValue": "****"}
    shape = {"ParameterKey": name, "ParameterValue": text}
    if str(definition.get("Type", "")).startswith("AWS::SSM::"):
        value = stack.values[name]
        shape["ResolvedValue"] = ",".join(value) if isinstance(value, list) else str(value)
    return shape


def event_shape(stack: Stack, event: Event) -> Shape:
    return {
        "StackId": stack.id,
        "EventId": event.id,
        "StackName": stack.name,
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.type,
        "Timestamp": event.at,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": event.properties,
        "ClientRequestToken": event.token,
    }


def resource_shape(stack: Stack, resource: Resource) -> Shape:
    return {
        "StackName": stack.name,
        "StackId": stack.id,
        **_resource(resource),
        "Timestamp": resource.at,
    }


def resource_detail_shape(stack: Stack, resource: Resource) -> Shape:
    return {
        "StackName": stack.name,
        "StackId": stack.id,
        **_resource(resource),
        "LastUpdatedTimestamp": resource.at,
    }


def resource_summary_shape(resource: Resource) -> Shape:
    return {**_resource(resource), "LastUpdatedTimestamp": resource.at}


def _resource(resource: Resource) -> Shape:
    return {
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id or None,
        "ResourceType": resource.type,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


def declaration_shapes(template: Template) -> list[Shape]:
    """The parameters a template declares, as GetTemplateSummary gives them."""
    return [_declaration(name, definition) for name, definition in template.parameters.items()]


def _declaration(name: str, definition: Mapping[str, Any]) -> Shape:
    shape: Shape = {
        "ParameterKey": name,
        "ParameterType": definition["Type"],
        "NoEcho": str(definition.get("NoEcho", "false")).lower() == "true",
        "Description": definition.get("Description"),
    }
    if "Default" in definition:
        shape["DefaultValue"] = str(definition["Default"])
    if "AllowedValues" in definition:
        shape["ParameterConstraints"] = {"AllowedValues": [str(value) for value in definition["AllowedValues"]]}
    return shape


def capability_shape(template: Template) -> Shape:
    if not template.capabilities:
        return {}
    if template.iam_resources:
        reason = f"The following resource(s) require capabilities: [{', '.join(iam_types(template))}]"
    else:
        reason = f"The following transform(s) require capabilities: [{', '.join(template.transforms)}]"
    return {"Capabilities": template.capabilities, "CapabilitiesReason": reason}


def iam_types(template: Template) -> list[str]:
    return sorted({template.resources[name]["Type"] for name in template.iam_resources})
