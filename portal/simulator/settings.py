"""What can be set while the simulator runs."""

from dataclasses import dataclass, field


@dataclass
class Settings:
    """How long things take, in seconds.

    `seconds`: the creation of a stack, all nested stacks included, of each stack and of some by name.
    `transition_seconds`: an EC2 instance, a database or an ECS service on its way from one state to the next.
    """

    seconds: float = 0.0
    seconds_by_stack: dict[str, float] = field(default_factory=dict)
    transition_seconds: float = 0.0

    def seconds_for(self, stack_name: str) -> float:
        return self.seconds_by_stack.get(stack_name, self.seconds)
