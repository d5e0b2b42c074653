"""What else the sample's account holds: things of every kind, some with an environment, some that nobody looks after.

The chat application alone would show stacks only. These are made as their owners would have made them, by requests;
they are there from the beginning, so nothing of it takes simulated time.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from portal.simulator.calls import Answer, Call
from portal.simulator.randomness import seeded
from portal.simulator.reference import ACCOUNT, REGION

if TYPE_CHECKING:
    from portal.simulator.world import World

Ask = Callable[[Call], Answer]
Form = dict[str, str]
VERSIONS = {"ec2": "2016-11-15", "rds": "2014-10-31", "autoscaling": "2011-01-01"}
IMAGE = "ami-0e9bfdb247cc8de84"
PAYMENTS = {"environment": "payments-qa", "team": "payments"}


def seed_neighbours(world: World, ask: Ask) -> None:
    """Instances, databases, a group and App Runner services, unless they are there. `ask` answers as moto does.

    Raises RuntimeError when a request is refused.
    """
    if b"payments-qa-db" in _ask_form(ask, "rds", "DescribeDBInstances", {}).body:
        return
    with seeded("neighbours"):
        for service, action, form in _requests():
            _ask_form(ask, service, action, form)
        for name in ("search-dev", "search-preview"):
            _make_service(world, name)
        world.settle()


def _requests() -> Iterator[tuple[str, str, Form]]:
    yield "rds", "CreateDBInstance", _database("payments-qa-db", "postgres", "db.t4g.small", PAYMENTS)
    yield "rds", "CreateDBInstance", _database("reports-db", "mysql", "db.t3.medium", {"team": "data"})
    for name in ("payments-qa-api", "payments-qa-worker"):
        yield "ec2", "RunInstances", _instance(name, "t3.medium", PAYMENTS)
    # Known to AWS Instance Scheduler until now: the assistant offers to take it over.
    yield "ec2", "RunInstances", _instance("build-agent", "c6i.large", {"Schedule": "seoul-office-hours"})
    yield "ec2", "RunInstances", _instance("old-wiki", "t3.small", {"team": "data"})
    launch = {"LaunchConfigurationName": "load-test", "ImageId": IMAGE, "InstanceType": "c6i.xlarge"}
    yield "autoscaling", "CreateLaunchConfiguration", launch
    group = {"AutoScalingGroupName": "load-test", "LaunchConfigurationName": "load-test"}
    sizes = {"MinSize": "2", "MaxSize": "6", "DesiredCapacity": "3", "AvailabilityZones.member.1": f"{REGION}a"}
    yield "autoscaling", "CreateAutoScalingGroup", group | sizes


def _database(name: str, engine: str, size: str, tags: Form) -> Form:
    form = {"DBInstanceIdentifier": name, "Engine": engine, "DBInstanceClass": size, "AllocatedStorage": "50"}
    form |= {"MasterUsername": "owner", "MasterUserPassword": "simulated-only"}
    form |= {"PreferredMaintenanceWindow": "sun:17:00-sun:17:30"}
    for number, (key, value) in enumerate(tags.items(), 1):
        form |= {f"Tags.Tag.{number}.Key": key, f"Tags.Tag.{number}.Value": value}
    return form


def _instance(name: str, size: str, tags: Form) -> Form:
    form = {"ImageId": IMAGE, "InstanceType": size, "MinCount": "1", "MaxCount": "1"}
    form |= {"TagSpecification.1.ResourceType": "instance"}
    for number, (key, value) in enumerate(({"Name": name} | tags).items(), 1):
        form |= {f"TagSpecification.1.Tag.{number}.Key": key, f"TagSpecification.1.Tag.{number}.Value": value}
    return form


def _ask_form(ask: Ask, service: str, action: str, form: Form) -> Answer:
    body = urlencode({"Action": action, "Version": VERSIONS[service], **form}).encode()
    return _done(ask(_call(service, "application/x-www-form-urlencoded", body)), action)


def _make_service(world: World, name: str) -> None:
    image = {"ImageIdentifier": "public.ecr.aws/nginx/nginx:stable", "ImageRepositoryType": "ECR_PUBLIC"}
    wanted = {
        "ServiceName": name,
        "SourceConfiguration": {"ImageRepository": image},
        "Tags": [{"Key": "team", "Value": "search"}],
    }
    headers = {"HTTP_X_AMZ_TARGET": "AppRunner.CreateService"}
    call = _call("apprunner", "application/x-amz-json-1.0", json.dumps(wanted).encode(), headers)
    _done(world.app_runner(call, _nowhere), "CreateService")


def _nowhere(call: Call) -> Answer:
    raise RuntimeError(f"{call.service} {call.action} is not simulated")


def _call(service: str, content_type: str, body: bytes, headers: dict[str, str] | None = None) -> Call:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": f"{service}.{REGION}.amazonaws.com",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=AKIASEED/20260101/{REGION}/{service}/aws4_request",
        "HTTP_X_MOTO_ACCOUNT_ID": ACCOUNT,
    }
    return Call.read(environ | (headers or {}))


def _done(answer: Answer, action: str) -> Answer:
    if answer.status != 200:
        raise RuntimeError(f"{action} was refused: {answer.body[:300]!r}")
    return answer
