"""The errors of App Runner's own model."""

from moto.core.exceptions import ServiceException


class InvalidRequestError(ServiceException):
    code = "InvalidRequestException"


class InvalidStateError(ServiceException):
    code = "InvalidStateException"


class ResourceNotFoundError(ServiceException):
    code = "ResourceNotFoundException"


class ServiceQuotaExceededError(ServiceException):
    code = "ServiceQuotaExceededException"
