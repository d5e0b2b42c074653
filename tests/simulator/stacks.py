"""Stacks as the specification speaks of them: made of few words, looked at in one."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

NESTED = "AWS::CloudFormation::Stack"


def template(resources: dict[str, Any], **sections: Any) -> str:
    """A template; a resource given as text is of that type, without properties."""
    whole = {name: {"Type": value} if isinstance(value, str) else value for name, value in resources.items()}
    return json.dumps({"Resources": whole, **sections})


def topic(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", "Properties": properties}


TOPIC = template({"Topic": topic()})
# Three resources, each needing the one before.
CHAIN = template(
    {
        "First": topic(),
        "Second": {"Type": "AWS::SNS::Topic", "DependsOn": "First"},
        "Third": {"Type": "AWS::SNS::Topic", "DependsOn": "Second"},
    }
)


BASE = "https://templates.s3.ap-northeast-2.amazonaws.com"


def nested(name: str, **values: Any) -> dict[str, Any]:
    """A nested stack of a template in the bucket `templates`."""
    return {"Type": NESTED, "Properties": {"TemplateURL": f"{BASE}/{name}", "Parameters": values}}


NETWORK = template(
    {"Network": topic(TopicName="network")}, Outputs={"Address": {"Value": {"Fn::GetAtt": ["Network", "TopicName"]}}}
)
SERVER = template(
    {"Server": topic(TopicName={"Fn::Sub": "server-on-${Address}"})},
    Parameters={"Address": {"Type": "String"}},
    Outputs={"Name": {"Value": {"Fn::GetAtt": "Server.TopicName"}}},
)
# Two nested stacks, the second of which needs an output of the first.
MASTER = template(
    {
        "Network": nested("network.json"),
        "Server": nested("server.json", Address={"Fn::GetAtt": "Network.Outputs.Address"}),
    },
    Outputs={"ServerName": {"Value": {"Fn::GetAtt": ["Server", "Outputs.Name"]}}},
)


def parameters(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


class Stacks:
    """A boto3 client of CloudFormation, in the words of a test."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def create(self, name: str, body: str = TOPIC, /, **more: Any) -> str:
        """Create a stack and give its id."""
        return str(self.client.create_stack(StackName=name, TemplateBody=body, **more)["StackId"])

    def describe(self, name: str) -> dict[str, Any]:
        return dict(self.client.describe_stacks(StackName=name)["Stacks"][0])

    def status(self, name: str) -> str:
        return str(self.describe(name)["StackStatus"])

    def outputs(self, name: str) -> dict[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self.describe(name).get("Outputs", [])}

    def resources(self, name: str) -> dict[str, str]:
        """The status of each resource by its logical id."""
        found = self.client.describe_stack_resources(StackName=name)["StackResources"]
        return {resource["LogicalResourceId"]: resource["ResourceStatus"] for resource in found}

    def physical_ids(self, name: str) -> dict[str, str]:
        found = self.client.describe_stack_resources(StackName=name)["StackResources"]
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in found}

    def events(self, name: str) -> list[tuple[str, str]]:
        """(logical id, status) of all events, oldest first, without the second one that says a creation has begun."""
        return [
            (event["LogicalResourceId"], event["ResourceStatus"])
            for event in self.full_events(name)
            if event.get("ResourceStatusReason") != "Resource creation Initiated"
        ]

    def full_events(self, name: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("describe_stack_events").paginate(StackName=name)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def reason(self, name: str, logical_id: str, status: str) -> str:
        """The reason in the event of a resource's status."""
        for event in self.full_events(name):
            if (event["LogicalResourceId"], event["ResourceStatus"]) == (logical_id, status):
                return str(event.get("ResourceStatusReason", ""))
        raise AssertionError(f"{logical_id} was never {status}: {self.events(name)}")

    def living(self) -> dict[str, str]:
        """The status of each stack by its name."""
        pages = self.client.get_paginator("describe_stacks").paginate()
        return {stack["StackName"]: stack["StackStatus"] for page in pages for stack in page["Stacks"]}


def refusal(error: ClientError) -> tuple[str, str]:
    """The code and the message of what AWS refused."""
    return error.response["Error"]["Code"], error.response["Error"]["Message"]
