"""One CloudFormation stack, driven step by step against the simulated AWS."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from environments.targets.base import AccountRef, Done, Goal, ParameterRef, StepContext, TargetRef, Wait
from environments.targets.cloudformation import CloudFormationStack

TEMPLATE = """
Parameters: {Name: {Type: String, Default: one}}
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Bucket: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}
"""
STATEFUL = """
Resources:
  Topic: {Type: AWS::SNS::Topic}
  Table: {Type: "AWS::DynamoDB::Table", Properties: {TableName: t}}
  Volume: {Type: "AWS::EC2::Volume", DeletionPolicy: Snapshot, Properties: {Size: 8, AvailabilityZone: ap-northeast-2a}}
"""
ACCOUNT = AccountRef("123456789012", "development")
REF = TargetRef("cloudformation", "demo", ACCOUNT, "ap-northeast-2", {"template_body": TEMPLATE})


class Stack:
    """One stack, driven step by step; time moves in the simulator and here alike."""

    def __init__(self, aws: Any, ref: TargetRef = REF) -> None:
        self.aws, self.ref, self.driver = aws, ref, CloudFormationStack()
        self.memo: dict[str, Any] = {}
        self.runs = 0
        self.now: datetime = aws.now()
        self.began = self.now

    def perform(self, goal: str, step: str, *, retried: bool = False) -> Done | Wait:
        since = self.now - timedelta(seconds=30)
        context = StepContext(self.now, f"token-{self.runs}-{goal}-{step}", self.memo, retried, since, self.began)
        outcome = self.driver.perform(Goal(goal), step, self.ref, context)
        self.memo |= outcome.memo
        return outcome

    def move(self, seconds: float) -> None:
        self.aws.advance(seconds)
        self.now += timedelta(seconds=seconds)

    def run(self, goal: str) -> list[str]:
        """All steps to the end, each repeated until it is done; what each said, in English."""
        said = []
        self.memo = {}
        self.runs += 1
        self.began = self.now
        for step in self.driver.steps(Goal(goal)):
            for _ in range(200):
                outcome = self.perform(goal, step.name)
                if isinstance(outcome, Done):
                    break
                self.move(outcome.delay.total_seconds())
            else:
                raise AssertionError(f"{step.name} does not end")
            said.append(outcome.detail["en"])
            if outcome.finished:
                break
        return said

    def status(self) -> str:
        return str(self.aws.client("cloudformation").describe_stacks(StackName="demo")["Stacks"][0]["StackStatus"])


def chat(aws: Any) -> TargetRef:
    url = "https://chat-app-templates.s3.ap-northeast-2.amazonaws.com/chat-app/master.yaml"
    tags = ("APIServerImageTag", "ChatServerImageTag", "NotificationServerImageTag")
    return TargetRef(
        "cloudformation",
        "ChatAppMasterStack",
        AccountRef("123456789012", "development", "arn:aws:iam::123456789012:role/DaybreakPortal", "daybreak-demo"),
        "ap-northeast-2",
        {"template_url": url, "capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]},
        tuple(ParameterRef(tag, "ecr", "chat-chat-http") for tag in tags),
    )
