"""What moto holds: how it comes to be, and how it is forgotten."""

from typing import Any

from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.core.model_instances import reset_model_data

from portal.simulator.randomness import seeded

# These hold files and threads, which their own reset lets go. All others are simply dropped: their resets would first
# build each backend anew, which for EC2 takes a hundred times as long.
HOLDING_MORE = {"s3", "batch", "lambda", "stepfunctions", "sqs"}


def make_backends_reproducible() -> None:
    """Let a backend's own first resources (the default VPC) have the same ids, whenever it is first asked for.

    Side effect: moto's lookup of backends is replaced, for the whole process.
    """
    look_up = AccountSpecificBackend.__getitem__

    def seeded_look_up(self: Any, region: str) -> Any:
        if region in self.keys():
            return look_up(self, region)
        with seeded(f"{self.service_name}/{self.account_id}/{region}"):
            return look_up(self, region)

    AccountSpecificBackend.__getitem__ = seeded_look_up  # type: ignore[method-assign]


def forget_everything() -> None:
    for backends in list(BackendDict._instances):  # type: ignore[misc]  # noqa: SLF001 - there is no other list
        if backends.service_name in HOLDING_MORE:
            for account in backends.values():
                account.reset()
        backends.clear()
    BackendDict._instances.clear()  # type: ignore[misc]  # noqa: SLF001
    reset_model_data()
