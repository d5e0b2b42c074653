"""The CloudFormation target against the simulated AWS: every status, every way it can go wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from environments.aws import ecr, template_guard
from environments.targets import stack_status
from environments.targets.base import (
    AccountRef,
    Done,
    Goal,
    ParameterRef,
    Seen,
    StepContext,
    TargetError,
    TargetRef,
    Wait,
)
from environments.targets.client import forget_clients, in_words
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


@pytest.fixture
def stack(aws: Any) -> Any:
    forget_clients()
    aws.freeze(datetime(2026, 11, 23, 0, 0, tzinfo=UTC))
    aws.set_seconds(20)
    yield Stack(aws)
    forget_clients()


def test_every_documented_status_has_a_meaning_and_an_unknown_one_is_left_to_people() -> None:
    assert len(stack_status.STATUSES) == 23
    for status, look in stack_status.STATUSES.items():
        moving = look in {stack_status.Look.MOVING, stack_status.Look.LEAVING}
        assert moving == (status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS")
    assert stack_status.look_at("SOMETHING_NEW") is stack_status.Look.BROKEN
    assert stack_status.look_at(None) is stack_status.Look.ABSENT


def test_it_is_created_waited_for_and_deleted(stack: Stack) -> None:
    started = stack.run("start")
    assert stack.status() == "CREATE_COMPLETE"
    assert stack.driver.state(REF) is Seen.RUNNING
    assert started[0] == "demo does not exist yet"
    assert started[-1].startswith("demo is up after")
    stack.run("stop")
    assert stack.driver.state(REF) is Seen.STOPPED


def test_one_that_is_up_already_needs_nothing(stack: Stack) -> None:
    stack.run("start")
    assert stack.run("start") == ["demo is up already (CREATE_COMPLETE)"]
    assert len(stack.aws.requests(action="CreateStack")) == 1


def test_one_that_does_not_exist_is_stopped(stack: Stack) -> None:
    assert stack.run("stop") == ["demo does not exist: nothing to stop"]


def test_progress_counts_resources_and_brings_aws_events(stack: Stack) -> None:
    for step in ("look", "clear", "resolve", "create"):
        stack.perform("start", step)
    stack.move(10)
    outcome = stack.perform("start", "wait")
    assert isinstance(outcome, Wait)
    assert outcome.progress["total"] == 2
    assert outcome.detail["en"] == f"{outcome.progress['done']} of 2 resources up"
    assert {line["status"] for line in outcome.progress["lines"]} >= {"CREATE_IN_PROGRESS"}


def test_a_second_try_of_a_create_whose_answer_was_lost_does_not_create_again(stack: Stack) -> None:
    for step in ("look", "clear", "resolve", "create"):
        stack.perform("start", step)
    first = stack.memo.pop("stack_id")
    stack.perform("start", "create", retried=True)
    assert stack.memo["stack_id"] == first
    assert len(stack.aws.requests(action="CreateStack")) == 1


def test_one_that_somebody_else_created_in_the_meantime_is_followed(stack: Stack) -> None:
    for step in ("look", "clear", "resolve"):
        stack.perform("start", step)
    stack.aws.client("cloudformation").create_stack(StackName="demo", TemplateBody=TEMPLATE)
    outcome = stack.perform("start", "create")
    assert "somebody else" in outcome.detail["en"]
    assert stack.memo["stack_id"].startswith("arn:")


def test_one_that_is_being_changed_is_waited_for_in_both_directions(stack: Stack) -> None:
    stack.aws.client("cloudformation").create_stack(StackName="demo", TemplateBody=TEMPLATE)
    for goal in ("start", "stop"):
        outcome = stack.perform(goal, "look")
        assert isinstance(outcome, Wait)
        assert "CREATE_IN_PROGRESS" in outcome.detail["en"]


def test_one_that_is_being_deleted_is_waited_for_and_then_created(stack: Stack) -> None:
    stack.run("start")
    stack.aws.client("cloudformation").delete_stack(StackName="demo")
    assert stack.run("start")[-1].startswith("demo is up after")


def test_a_failing_resource_ends_in_its_reason_once_aws_has_rolled_back(stack: Stack) -> None:
    stack.aws.fail_resource("Topic", reason="No capacity for topics.")
    with pytest.raises(TargetError) as failed:
        stack.run("start")
    assert stack.status() == "ROLLBACK_COMPLETE"
    assert "Topic (AWS::SNS::Topic): No capacity for topics." in failed.value.texts["en"]
    assert "No capacity for topics." in failed.value.texts["ko"]
    assert "demo / Topic" in failed.value.raw


def test_a_rolled_back_stack_is_deleted_first_and_then_created_anew(stack: Stack) -> None:
    stack.aws.fail_resource("Topic", reason="No capacity.")
    with pytest.raises(TargetError):
        stack.run("start")
    said = stack.run("start")
    assert said[1] == "The remains of an earlier try were deleted"
    assert stack.status() == "CREATE_COMPLETE"


def test_a_failure_inside_a_nested_stack_names_the_resource_in_it(aws: Any, stack: Stack) -> None:
    aws.seed_reference()
    aws.fail_resource("Redis", reason="No capacity for cache.t3.micro.", stack="ChatAppMasterStack")
    with pytest.raises(TargetError) as failed:
        Stack(aws, _chat(aws)).run("start")
    assert "No capacity for cache.t3.micro." in failed.value.texts["en"]
    assert "Embedded stack" not in failed.value.texts["en"]


def _chat(aws: Any) -> TargetRef:
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


def test_the_progress_of_the_reference_case_is_counted_in_its_five_stacks(aws: Any, stack: Stack) -> None:
    aws.seed_reference()
    chat = Stack(aws, _chat(aws))
    for step in ("look", "clear", "resolve", "create"):
        chat.perform("start", step)
    chat.move(12)
    outcome = chat.perform("start", "wait")
    assert isinstance(outcome, Wait)
    assert (outcome.progress["total"], outcome.progress["unit"]) == (5, "stacks")
    assert {line["stack"] for line in outcome.progress["lines"]} - {""}, "lines of nested stacks"


def test_a_delete_that_fails_names_what_holds_it(stack: Stack) -> None:
    stack.run("start")
    stack.aws.fail_resource("Topic", operation="delete", reason="It is in use by i-123.")
    with pytest.raises(TargetError) as failed:
        stack.run("stop")
    assert stack.status() == "DELETE_FAILED"
    assert "Topic (AWS::SNS::Topic): It is in use by i-123." in failed.value.texts["en"]
    assert stack.run("stop")[-1].startswith("demo is gone after")


def test_a_stack_whose_delete_failed_is_not_started_over_but_explained(stack: Stack) -> None:
    stack.run("start")
    stack.aws.fail_resource("Topic", operation="delete", reason="It is in use.")
    with pytest.raises(TargetError):
        stack.run("stop")
    with pytest.raises(TargetError, match="DELETE_FAILED, which AWS does not leave by itself"):
        stack.run("start")


def test_termination_protection_is_respected_with_what_to_do(aws: Any, stack: Stack) -> None:
    protected = Stack(aws, replace(REF, options=REF.options | {"termination_protection": True}))  # type: ignore[operator]
    protected.run("start")
    with pytest.raises(TargetError, match="Switch the protection off in AWS"):
        protected.run("stop")
    assert aws.requests(action="DeleteStack") == []


def test_a_template_that_does_not_validate_says_what_aws_says(aws: Any, stack: Stack) -> None:
    bad = Stack(
        aws, replace(REF, options={"template_body": "Resources: {A: {Type: 'AWS::SNS::Topic', DependsOn: Nobody}}"})
    )
    with pytest.raises(TargetError) as failed:
        bad.run("start")
    assert "AWS refused CreateStack" in failed.value.texts["en"]
    assert "Nobody" in failed.value.texts["en"]
    assert not failed.value.retryable


def test_a_role_that_cannot_be_assumed_says_which_and_what_to_check(aws: Any, stack: Stack) -> None:
    stranger = AccountRef("123456789012", "development", "arn:aws:iam::123456789012:role/Nobody", "daybreak")
    with pytest.raises(TargetError) as failed:
        Stack(aws, replace(REF, account=stranger)).run("start")
    assert "role/Nobody of account development (123456789012) cannot be assumed" in failed.value.texts["en"]
    assert not failed.value.retryable


def test_a_wrong_external_id_is_a_role_that_cannot_be_assumed(aws: Any, stack: Stack) -> None:
    aws.register_role("arn:aws:iam::123456789012:role/DaybreakPortal", "the right one")
    wrong = AccountRef("123456789012", "development", "arn:aws:iam::123456789012:role/DaybreakPortal", "the wrong one")
    with pytest.raises(TargetError, match="cannot be assumed"):
        Stack(aws, replace(REF, account=wrong)).run("start")
    Stack(aws, replace(REF, account=replace(wrong, external_id="the right one"))).run("start")


def test_an_aws_that_is_not_reachable_is_worth_another_try(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(TargetError, match="cannot be reached") as failed:
        stack.perform("start", "look")
    assert failed.value.retryable


def test_a_stack_is_made_with_its_parameters_tags_capabilities_and_a_token(aws: Any, stack: Stack) -> None:
    options = {"template_body": TEMPLATE, "tags": {"team": "chat"}, "capabilities": ["CAPABILITY_IAM"]}
    ref = replace(REF, options=options, parameters=(ParameterRef("Name", "fixed", "two"),))
    Stack(aws, ref).run("start")
    made = aws.client("cloudformation").describe_stacks(StackName="demo")["Stacks"][0]
    assert made["Parameters"] == [{"ParameterKey": "Name", "ParameterValue": "two"}]
    assert made["Tags"] == [{"Key": "team", "Value": "chat"}]
    assert made["Capabilities"] == ["CAPABILITY_IAM"]
    assert aws.requests(action="CreateStack")[0]["parameters"]["ClientRequestToken"] == "token-1-start-create"


# -- guard
# --------------------------------------------------------------------------------------------------------------


def test_the_guard_stops_a_delete_that_would_lose_data_and_lists_it(aws: Any, stack: Stack) -> None:
    guarded = Stack(aws, replace(REF, options={"template_body": STATEFUL}))
    guarded.run("start")
    with pytest.raises(TargetError) as refused:
        guarded.run("stop")
    assert [f["logical_id"] for f in refused.value.memo["findings"]] == ["Table"]
    assert "Table (AWS::DynamoDB::Table)" in refused.value.texts["en"]
    assert aws.requests(action="DeleteStack") == []


def test_once_accepted_the_same_template_is_deleted_and_a_changed_one_asks_again(aws: Any, stack: Stack) -> None:
    guarded = Stack(aws, replace(REF, options={"template_body": STATEFUL}))
    guarded.run("start")
    with pytest.raises(TargetError) as refused:
        guarded.run("stop")
    accepted = frozenset({refused.value.memo["fingerprint"]})
    changed = STATEFUL.replace("TableName: t", "TableName: u")
    aws.client("cloudformation").update_stack(StackName="demo", TemplateBody=changed)
    guarded.move(60)
    guarded.ref = replace(guarded.ref, accepted=accepted)
    with pytest.raises(TargetError) as again:
        guarded.run("stop")
    guarded.ref = replace(guarded.ref, accepted=frozenset({again.value.memo["fingerprint"]}))
    assert guarded.run("stop")[-1].startswith("demo is gone after")


def test_a_template_changed_between_the_guard_and_the_delete_is_judged_again(aws: Any, stack: Stack) -> None:
    stack.run("start")
    stack.memo = {}
    stack.perform("stop", "look")
    stack.perform("stop", "guard")
    aws.client("cloudformation").update_stack(StackName="demo", TemplateBody=STATEFUL)
    assert isinstance(stack.perform("stop", "delete"), Wait)
    stack.move(60)
    with pytest.raises(TargetError) as refused:
        stack.perform("stop", "delete")
    assert [f["logical_id"] for f in refused.value.memo["findings"]] == ["Table"]
    assert aws.requests(action="DeleteStack") == []


def test_the_reason_of_a_failure_is_found_however_late_another_worker_takes_over(aws: Any, stack: Stack) -> None:
    stack.aws.fail_resource("Topic", reason="No capacity for topics.")
    for step in ("look", "clear", "resolve", "create"):
        stack.perform("start", step)
    stack.move(1200)
    with pytest.raises(TargetError, match="No capacity for topics"):
        stack.perform("start", "wait")


def test_a_change_set_that_waits_for_approval_is_left_to_whoever_made_it() -> None:
    assert stack_status.look_at("REVIEW_IN_PROGRESS") is stack_status.Look.DRAFT


def test_an_sts_that_is_busy_is_worth_another_try_and_not_a_role_that_cannot_be_assumed() -> None:
    for code, status in (("Throttling", 400), ("InternalFailure", 500), ("ServiceUnavailable", 503)):
        answer = {"Error": {"Code": code, "Message": "-"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        with pytest.raises(TargetError) as busy, in_words("sts", "AssumeRole", ACCOUNT, "ap-northeast-2"):
            raise ClientError(answer, "AssumeRole")  # type: ignore[arg-type]
        assert busy.value.retryable


def test_signatures_pushed_beside_an_image_are_not_its_newest_tag() -> None:
    pushed = datetime(2026, 11, 23, tzinfo=UTC)
    image = ecr._newer(None, {"imageTags": ["1.2.3"], "imagePushedAt": pushed})
    signature = {"imageTags": [f"sha256-{'a' * 64}.sig"], "imagePushedAt": pushed + timedelta(seconds=3)}
    assert ecr._newer(image, signature) == image


def test_the_guard_reads_nested_stacks(aws: Any, stack: Stack) -> None:
    aws.seed_reference()
    chat = Stack(aws, _chat(aws))
    chat.run("start")
    verdict = template_guard.judge(aws.client("cloudformation"), "ChatAppMasterStack")
    assert verdict.findings == ()
    s3 = aws.client("s3")
    body = s3.get_object(Bucket="chat-app-templates", Key="chat-app/database.yaml")["Body"].read().decode()
    s3.put_object(
        Bucket="chat-app-templates", Key="chat-app/database.yaml", Body=body.replace("Snapshot", "Delete").encode()
    )
    chat.run("stop")
    chat.run("start")
    changed = template_guard.judge(aws.client("cloudformation"), "ChatAppMasterStack")
    assert changed.fingerprint != verdict.fingerprint
    assert {(f.path, f.type) for f in changed.findings} == {
        ("Database", "AWS::DocDB::DBCluster"),
        ("Database", "AWS::ElastiCache::CacheCluster"),
    }


@pytest.mark.parametrize(
    ("resource", "lost"),
    [
        ({"Type": "AWS::RDS::DBInstance"}, True),
        ({"Type": "AWS::RDS::DBInstance", "DeletionPolicy": "Snapshot"}, False),
        ({"Type": "AWS::RDS::DBInstance", "Properties": {"DBClusterIdentifier": "c"}}, False),
        ({"Type": "AWS::S3::Bucket", "DeletionPolicy": "Delete"}, True),
        ({"Type": "AWS::S3::Bucket", "DeletionPolicy": "RetainExceptOnCreate"}, False),
        ({"Type": "AWS::KMS::Key"}, True),
        ({"Type": "AWS::EFS::FileSystem"}, True),
        ({"Type": "AWS::Lambda::Function"}, False),
    ],
)
def test_what_counts_as_lost(resource: dict[str, Any], lost: bool) -> None:
    assert template_guard.is_lost(resource) is lost


# -- what operators enter
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
