"""App Runner: services that run, pause, resume and go, each in its time and with AWS's refusals."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.stacks import Stacks, refusal, template
from tests.support.simulator import Simulator

PUBLIC = {"ImageRepository": {"ImageIdentifier": "public.ecr.aws/nginx/nginx:1", "ImageRepositoryType": "ECR_PUBLIC"}}
ROLE = {"AccessRoleArn": "arn:aws:iam::123456789012:role/AppRunnerECR"}
REGISTRY = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com"
CODE = {
    "CodeRepository": {
        "RepositoryUrl": "https://github.com/example/chat",
        "SourceCodeVersion": {"Type": "BRANCH", "Value": "main"},
    }
}
CONNECTION = {"ConnectionArn": "arn:aws:apprunner:ap-northeast-2:123456789012:connection/github/0123"}


@pytest.fixture
def apprunner(aws: Simulator) -> Any:
    return aws.client("apprunner")


@pytest.fixture
def running(aws: Simulator, apprunner: Any) -> str:
    """The ARN of a running service; from here on, each change takes 30 seconds."""
    arn = str(apprunner.create_service(ServiceName="chat", SourceConfiguration=PUBLIC)["Service"]["ServiceArn"])
    aws.set_transition_seconds(30)
    return arn


def status(apprunner: Any, arn: str) -> str:
    return str(apprunner.describe_service(ServiceArn=arn)["Service"]["Status"])


def operations(apprunner: Any, arn: str) -> list[tuple[str, str]]:
    found = apprunner.list_operations(ServiceArn=arn)["OperationSummaryList"]
    return [(operation["Type"], operation["Status"]) for operation in found]


def private(image: str) -> dict[str, Any]:
    repository = {"ImageIdentifier": f"{REGISTRY}/{image}", "ImageRepositoryType": "ECR"}
    return {"ImageRepository": repository, "AuthenticationConfiguration": ROLE}


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return refusal(caught.value)[0]


def test_a_new_service_is_created_in_time_and_then_runs(aws: Simulator, apprunner: Any) -> None:
    aws.set_transition_seconds(30)
    made = apprunner.create_service(
        ServiceName="chat", SourceConfiguration=PUBLIC, Tags=[{"Key": "team", "Value": "chat"}]
    )
    service = made["Service"]

    assert service["Status"] == "OPERATION_IN_PROGRESS"
    assert service["ServiceArn"].startswith("arn:aws:apprunner:ap-northeast-2:123456789012:service/chat/")
    assert service["ServiceUrl"].endswith(".ap-northeast-2.awsapprunner.com")
    assert service["InstanceConfiguration"] == {"Cpu": "1024", "Memory": "2048"}
    assert service["AutoScalingConfigurationSummary"]["AutoScalingConfigurationName"] == "DefaultConfiguration"
    aws.advance(30)
    assert status(apprunner, service["ServiceArn"]) == "RUNNING"
    assert operations(apprunner, service["ServiceArn"]) == [("CREATE_SERVICE", "SUCCEEDED")]


def test_without_time_a_service_has_arrived_when_it_is_looked_at(apprunner: Any) -> None:
    made = apprunner.create_service(ServiceName="chat", SourceConfiguration=PUBLIC)["Service"]

    assert made["Status"] == "OPERATION_IN_PROGRESS"
    assert status(apprunner, made["ServiceArn"]) == "RUNNING"


def test_a_service_pauses_and_resumes_in_time(aws: Simulator, apprunner: Any, running: str) -> None:
    paused = apprunner.pause_service(ServiceArn=running)
    assert paused["Service"]["Status"] == status(apprunner, running) == "OPERATION_IN_PROGRESS"
    aws.advance(30)
    assert status(apprunner, running) == "PAUSED"
    apprunner.resume_service(ServiceArn=running)
    assert status(apprunner, running) == "OPERATION_IN_PROGRESS"
    aws.advance(30)
    assert status(apprunner, running) == "RUNNING"


def test_operations_are_listed_the_last_one_first_with_times(aws: Simulator, apprunner: Any, running: str) -> None:
    identifier = apprunner.pause_service(ServiceArn=running)["OperationId"]
    pausing = apprunner.list_operations(ServiceArn=running)["OperationSummaryList"][0]
    assert (pausing["Id"], pausing["Status"], "EndedAt" in pausing) == (identifier, "IN_PROGRESS", False)
    aws.advance(30)

    assert operations(apprunner, running) == [("PAUSE_SERVICE", "SUCCEEDED"), ("CREATE_SERVICE", "SUCCEEDED")]
    ended = apprunner.list_operations(ServiceArn=running, MaxResults=1)["OperationSummaryList"][0]
    assert ended["EndedAt"] - ended["StartedAt"] == timedelta(seconds=30)


@pytest.mark.parametrize("action", ["pause_service", "resume_service", "delete_service", "update_service"])
def test_nothing_else_can_be_asked_while_an_operation_is_in_progress(apprunner: Any, running: str, action: str) -> None:
    apprunner.pause_service(ServiceArn=running)

    assert refused(getattr(apprunner, action), ServiceArn=running) == "InvalidStateException"


def test_only_what_runs_is_paused_and_only_what_is_paused_resumed(aws: Simulator, apprunner: Any, running: str) -> None:
    assert refused(apprunner.resume_service, ServiceArn=running) == "InvalidStateException"
    apprunner.pause_service(ServiceArn=running)
    aws.advance(30)
    assert refused(apprunner.pause_service, ServiceArn=running) == "InvalidStateException"


def test_a_deleted_service_is_described_as_deleted_and_no_longer_listed(
    aws: Simulator, apprunner: Any, running: str
) -> None:
    apprunner.delete_service(ServiceArn=running)
    assert [found["Status"] for found in apprunner.list_services()["ServiceSummaryList"]] == ["OPERATION_IN_PROGRESS"]
    aws.advance(30)

    described = apprunner.describe_service(ServiceArn=running)["Service"]
    assert described["Status"] == "DELETED"
    assert abs(described["DeletedAt"] - aws.now()) < timedelta(seconds=1)
    assert apprunner.list_services()["ServiceSummaryList"] == []
    assert refused(apprunner.resume_service, ServiceArn=running) == "InvalidStateException"
    apprunner.create_service(ServiceName="chat", SourceConfiguration=PUBLIC)


def test_a_service_is_updated_in_part_and_stays_paused_if_it_was(aws: Simulator, apprunner: Any, running: str) -> None:
    apprunner.pause_service(ServiceArn=running)
    aws.advance(30)
    apprunner.update_service(ServiceArn=running, InstanceConfiguration={"Cpu": "2048"})
    aws.advance(30)

    service = apprunner.describe_service(ServiceArn=running)["Service"]
    assert (service["Status"], service["InstanceConfiguration"]) == ("PAUSED", {"Cpu": "2048", "Memory": "2048"})
    assert service["SourceConfiguration"] == PUBLIC


def test_a_service_deploys_its_image_anew_while_it_runs(aws: Simulator, apprunner: Any, running: str) -> None:
    apprunner.start_deployment(ServiceArn=running)
    assert status(apprunner, running) == "OPERATION_IN_PROGRESS"
    aws.advance(30)
    assert operations(apprunner, running)[0] == ("START_DEPLOYMENT", "SUCCEEDED")

    apprunner.pause_service(ServiceArn=running)
    aws.advance(30)
    assert refused(apprunner.start_deployment, ServiceArn=running) == "InvalidRequestException"


def test_a_service_whose_image_is_not_there_fails_to_be_created_and_can_be_repaired(
    aws: Simulator, apprunner: Any
) -> None:
    aws.seed_reference()
    aws.set_transition_seconds(30)
    made = apprunner.create_service(ServiceName="chat", SourceConfiguration=private("chat-chat-http:0.0.0"))
    arn = made["Service"]["ServiceArn"]
    aws.advance(30)
    assert (status(apprunner, arn), operations(apprunner, arn)) == ("CREATE_FAILED", [("CREATE_SERVICE", "FAILED")])

    apprunner.update_service(ServiceArn=arn, SourceConfiguration=private("chat-chat-http:2.14.3"))
    aws.advance(30)
    assert status(apprunner, arn) == "RUNNING"


def test_an_update_to_an_image_that_is_not_there_is_rolled_back(aws: Simulator, apprunner: Any, running: str) -> None:
    apprunner.update_service(ServiceArn=running, SourceConfiguration=private("nothing:1"))
    aws.advance(30)

    assert operations(apprunner, running)[0] == ("UPDATE_SERVICE", "ROLLBACK_SUCCEEDED")
    service = apprunner.describe_service(ServiceArn=running)["Service"]
    assert (service["Status"], service["SourceConfiguration"]) == ("RUNNING", PUBLIC)


def test_a_service_can_be_made_from_code(apprunner: Any) -> None:
    source = {**CODE, "AuthenticationConfiguration": CONNECTION}
    made = apprunner.create_service(ServiceName="from-code", SourceConfiguration=source)["Service"]

    assert apprunner.describe_service(ServiceArn=made["ServiceArn"])["Service"]["SourceConfiguration"] == source


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("-chat", PUBLIC),
        ("chat", {}),
        ("chat", {**PUBLIC, **CODE}),
        ("chat", CODE),
        ("chat", {"ImageRepository": {**private("chat:1")["ImageRepository"]}}),
        ("chat", {"ImageRepository": {"ImageIdentifier": "nginx", "ImageRepositoryType": "ECR"}}),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(apprunner: Any, name: str, source: dict[str, Any]) -> None:
    code = refused(apprunner.create_service, ServiceName=name, SourceConfiguration=source)

    assert code == "InvalidRequestException"
    assert apprunner.list_services()["ServiceSummaryList"] == []


def test_a_name_is_given_once_in_an_account_and_region(aws: Simulator, apprunner: Any, running: str) -> None:
    code = refused(apprunner.create_service, ServiceName="chat", SourceConfiguration=PUBLIC)
    assert code == "InvalidRequestException"
    elsewhere = aws.client("apprunner", "eu-west-1"), aws.client("apprunner", account="222222222222")
    for client in elsewhere:
        assert client.list_services()["ServiceSummaryList"] == []
        client.create_service(ServiceName="chat", SourceConfiguration=PUBLIC)
        assert refused(client.describe_service, ServiceArn=running) == "ResourceNotFoundException"


def test_services_are_listed_in_pages(apprunner: Any) -> None:
    for number in range(23):
        apprunner.create_service(ServiceName=f"chat-{number}", SourceConfiguration=PUBLIC)

    first = apprunner.list_services(MaxResults=20)
    rest = apprunner.list_services(MaxResults=20, NextToken=first["NextToken"])
    assert (len(first["ServiceSummaryList"]), len(rest["ServiceSummaryList"])) == (20, 3)
    assert "NextToken" not in rest
    assert len(apprunner.list_services()["ServiceSummaryList"]) == 23
    assert refused(apprunner.list_services, MaxResults=21) == "InvalidRequestException"
    assert refused(apprunner.list_services, NextToken="made-up") == "InvalidRequestException"


def test_tags_are_put_on_listed_and_taken_off(apprunner: Any, running: str) -> None:
    apprunner.tag_resource(ResourceArn=running, Tags=[{"Key": "team", "Value": "chat"}, {"Key": "env", "Value": "dev"}])
    apprunner.untag_resource(ResourceArn=running, TagKeys=["env"])

    assert apprunner.list_tags_for_resource(ResourceArn=running)["Tags"] == [{"Key": "team", "Value": "chat"}]
    nobody = running + "0"
    assert refused(apprunner.list_tags_for_resource, ResourceArn=nobody) == "ResourceNotFoundException"


def test_services_are_found_by_their_tags(aws: Simulator, apprunner: Any, running: str) -> None:
    tagging = aws.client("resourcegroupstaggingapi")

    def found(*values: str, kinds: list[str]) -> list[str]:
        filters = [{"Key": "team", "Values": list(values)}]
        answer = tagging.get_resources(TagFilters=filters, ResourceTypeFilters=kinds)
        return [one["ResourceARN"] for one in answer["ResourceTagMappingList"]]

    assert found(kinds=["apprunner:service"]) == []
    apprunner.tag_resource(ResourceArn=running, Tags=[{"Key": "team", "Value": "chat"}])
    assert found("chat", kinds=["apprunner:service"]) == found(kinds=["apprunner"]) == [running]
    assert found("shop", kinds=["apprunner:service"]) == found("chat", kinds=["rds:db"]) == []


def test_a_reset_forgets_the_services(aws: Simulator, apprunner: Any, running: str) -> None:
    aws.reset()

    assert refused(apprunner.describe_service, ServiceArn=running) == "ResourceNotFoundException"


def test_a_stack_can_hold_a_service(stacks: Stacks) -> None:
    service = {"Type": "AWS::AppRunner::Service", "Properties": {"SourceConfiguration": PUBLIC}}
    stacks.create("demo", template({"Service": service}))

    assert stacks.resources("demo") == {"Service": "CREATE_COMPLETE"}
    stacks.client.delete_stack(StackName="demo")
    assert stacks.living() == {}


def test_services_and_what_is_on_its_way_survive_a_restart(tmp_path: Path) -> None:
    journal = ("--journal", str(tmp_path / "journal.jsonl"))
    first = Simulator(*journal)
    client = first.client("apprunner")
    stays = client.create_service(ServiceName="stays", SourceConfiguration=PUBLIC)["Service"]["ServiceArn"]
    pauses = client.create_service(ServiceName="pauses", SourceConfiguration=PUBLIC)["Service"]["ServiceArn"]
    first.freeze()
    first.set_transition_seconds(30)
    client.pause_service(ServiceArn=pauses)
    before = client.describe_service(ServiceArn=pauses)["Service"], operations(client, pauses)
    first.stop()

    second = Simulator(*journal)
    client = second.client("apprunner")
    try:
        assert (client.describe_service(ServiceArn=pauses)["Service"], operations(client, pauses)) == before
        second.advance(30)
        assert (status(client, stays), status(client, pauses)) == ("RUNNING", "PAUSED")
    finally:
        second.stop()
