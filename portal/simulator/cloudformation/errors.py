"""What CloudFormation answers when it refuses."""

from moto.core.exceptions import ServiceException


class CloudFormationError(ServiceException):
    """A refusal with CloudFormation's code and words. The serializer finds the HTTP status by the code."""

    code = "ValidationError"


class ValidationError(CloudFormationError):
    pass


class AlreadyExistsError(CloudFormationError):
    code = "AlreadyExistsException"


class InsufficientCapabilitiesError(CloudFormationError):
    code = "InsufficientCapabilitiesException"


class TokenAlreadyExistsError(CloudFormationError):
    code = "TokenAlreadyExistsException"


class ResourceError(Exception):
    """A resource that could not be made, changed or removed; its text is the reason in the stack's events."""
