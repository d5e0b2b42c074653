"""What CloudFormation answers when it refuses."""

from moto.core.exceptions import ServiceException


class CloudFormationError(ServiceException):
    """A refusal with CloudFormation's code and words. The serializer finds the HTTP status by the code."""

    code = "ValidationError"


class ValidationError(CloudFormationError):
    pass


class AlreadyExists(CloudFormationError):
    code = "AlreadyExistsException"


class InsufficientCapabilities(CloudFormationError):
    code = "InsufficientCapabilitiesException"


class TokenAlreadyExists(CloudFormationError):
    code = "TokenAlreadyExistsException"


class ResourceFailed(Exception):
    """A resource that could not be made, changed or removed; its text is the reason in the stack's events."""
