"""Resources made of moto's models, so that the service's own API shows them."""

from __future__ import annotations

import copy
import inspect
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.core.common_models import CloudFormationModel

from portal.simulator.cloudformation.errors import ResourceError
from portal.simulator.cloudformation.moto_deletions import DELETIONS
from portal.simulator.cloudformation.moto_deletions import delete as delete_for_moto
from portal.simulator.cloudformation.plain_backing import plain_attribute
from portal.simulator.cloudformation.requests import ResourceRequest
from portal.simulator.moto_modules import load
from portal.simulator.transitions.ecs import settle

if TYPE_CHECKING:
    from portal.simulator.cloudformation.backing import Backing

# The module of moto that holds a service's models, where it is not the service's name in lower case.
MODULES = {
    "ElasticLoadBalancing": "elb",
    "ElasticLoadBalancingV2": "elbv2",
    "Lambda": "awslambda",
}
SERVICES = {
    "ApiGateway", "AutoScaling", "Batch", "CloudWatch", "DataPipeline", "DynamoDB", "EC2", "ECR", "ECS", "EFS", "EMR",
    "ElasticLoadBalancing", "ElasticLoadBalancingV2", "Events", "IAM", "IoT", "KMS", "Kinesis", "Lambda", "Logs", "RDS",
    "Redshift", "Route53", "S3", "SNS", "SQS", "SSM", "SageMaker", "StepFunctions",
}  # fmt: skip
# Named by another property than moto says, or by none in moto though AWS makes a name up.
NAME_PROPERTIES = {"AWS::ECS::TaskDefinition": "Family"}
NAME_ATTRIBUTES = {"AWS::ECS::TaskDefinition": "family"}
# What AWS refuses for good reason, as opposed to what moto cannot do: error code -> CloudFormation's reason.
ALREADY_EXISTS = (
    "AlreadyExists",
    "AlreadyOwned",
    "Duplicate",
    "ResourceInUse",
    "ResourceExists",
    "EntityAlreadyExists",
)
CANNOT_DELETE = ("BucketNotEmpty", "DeleteConflict", "DependencyViolation", "NotEmpty", "ResourceInUse", "IsProtected",
                 "OperationNotPermitted", "DeletionProtection")  # fmt: skip
Model = type[CloudFormationModel]


def model_of(resource_type: str) -> Model | None:
    """Moto's model of a CloudFormation type, if it has one. Side effect: loads moto's module for the service."""
    parts = resource_type.split("::")
    if len(parts) != 3 or parts[1] not in SERVICES:
        return None
    load(f"{MODULES.get(parts[1], parts[1].lower())}.models")
    for model in CloudFormationModel.__subclasses__():
        if model.cloudformation_type() == resource_type:
            return model
    return None


def refusal(error: Exception, request: ResourceRequest) -> str | None:
    """The reason of a failure AWS would have, too; None where it is only moto that cannot."""
    code = str(getattr(error, "error_type", None) or getattr(error, "code", None) or type(error).__name__)
    if any(part in code for part in ALREADY_EXISTS):
        return f"{_message(error)} (Service: {request.service}, Status Code: 400, Error Code: {code})"
    return None


class MotoBacking:
    def __init__(self, model: Model, instance: Any, request: ResourceRequest) -> None:
        self._model = model
        self._instance = instance
        self._request = request
        self._physical_id = str(instance.physical_resource_id)

    @classmethod
    def make(cls, model: Model, request: ResourceRequest) -> MotoBacking:
        name, definition = _named(model, request)
        instance = model.create_from_cloudformation_json(
            name,
            definition,
            request.account,
            request.region,
            LogicalId=request.logical_id,
            StackId=request.stack_id,
            ResourceType=request.type,
        )
        instance.cf_resource_type = request.type
        instance.logical_resource_id = request.logical_id
        backing = cls(model, instance, request)
        backing._stabilise()
        backing._tag()
        return backing

    @property
    def physical_id(self) -> str:
        return self._physical_id

    def attribute(self, name: str) -> Any:
        try:
            value = self._instance.get_cfn_attribute(name)
        except Exception:  # noqa: BLE001 - moto knows few attributes, and says so in many ways
            value = None
        return plain_attribute(self._request, self._physical_id, name) if value is None else value

    def update(self, request: ResourceRequest) -> Backing:
        update = self._model.update_from_cloudformation_json
        if not getattr(update, "__isabstractmethod__", False):
            name, definition = _named(self._model, request, self._current_name())
            try:
                changed = update(self._instance, name, definition, request.account, request.region)
            except Exception as error:
                if reason := refusal(error, request):
                    raise ResourceError(reason) from error
            else:
                backing = MotoBacking(self._model, changed or self._instance, request)
                backing._stabilise()
                return backing
        # Moto cannot change it: what a describe shows stays as it was, what the template says is remembered.
        return MotoBacking(self._model, self._instance, request)

    def delete(self) -> None:
        request = self._request
        try:
            if request.type in DELETIONS:
                find: Any = get_backend  # overloaded for each service's name
                backends = find(MODULES.get(request.service, request.service.lower()))
                delete_for_moto(backends, request, self._physical_id)
            elif callable(delete := getattr(self._instance, "delete", None)) and _takes_two(delete):
                delete(request.account, request.region)
            elif not getattr(self._model.delete_from_cloudformation_json, "__isabstractmethod__", False):
                definition = {"Type": request.type, "Properties": copy.deepcopy(request.properties)}
                self._model.delete_from_cloudformation_json(
                    self._physical_id, definition, request.account, request.region
                )
        except ResourceError:
            raise
        except Exception as error:
            code = str(getattr(error, "error_type", None) or getattr(error, "code", None) or type(error).__name__)
            if any(part in code for part in CANNOT_DELETE):
                raise ResourceError(_message(error)) from error

    def _current_name(self) -> str:
        return str(getattr(self._instance, NAME_ATTRIBUTES.get(self._request.type, "name"), None) or self._physical_id)

    def _stabilise(self) -> None:
        """CloudFormation waits until a service's tasks run; here they run at once, and the resource takes its time."""
        if self._request.type == "AWS::ECS::Service":
            settle(self._instance, self._instance.desired_count)

    def _tag(self) -> None:
        """Give EC2 resources the stack's tags, and the three with which CloudFormation marks its own."""
        if not self._request.type.startswith("AWS::EC2::"):
            return
        ec2 = load("ec2.models")
        if isinstance(self._instance, load("ec2.models.core").TaggedEC2Resource):
            request = self._request
            backend = ec2.ec2_backends[request.account][request.region]
            backend.create_tags([self._physical_id], {**request.tags, **own_tags(request)})


def own_tags(request: ResourceRequest) -> dict[str, str]:
    return {
        "aws:cloudformation:stack-name": request.stack_name,
        "aws:cloudformation:stack-id": request.stack_id,
        "aws:cloudformation:logical-id": request.logical_id,
    }


def _named(model: Model, request: ResourceRequest, current: str | None = None) -> tuple[str, dict[str, Any]]:
    # Moto's models change what they are given.
    properties = copy.deepcopy(request.properties)
    name_property = model.cloudformation_name_type() or NAME_PROPERTIES.get(request.type)
    name = str(properties.get(name_property or "") or current or request.made_up_name())
    if request.type in NAME_PROPERTIES:
        properties.setdefault(NAME_PROPERTIES[request.type], name)
    return name, {"Type": request.type, "Properties": properties}


def _takes_two(function: Any) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return sum(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters) == 2


def _message(error: Exception) -> str:
    return str(getattr(error, "message", None) or getattr(error, "description", None) or error)
