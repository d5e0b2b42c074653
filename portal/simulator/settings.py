"""What can be set while the simulator runs."""

from dataclasses import dataclass, field


@dataclass
class Settings:
    """Seconds a stack's creation takes, all nested stacks included: of each stack, and of some by name."""

    seconds: float = 0.0
    seconds_by_stack: dict[str, float] = field(default_factory=dict)

    def seconds_for(self, stack_name: str) -> float:
        return self.seconds_by_stack.get(stack_name, self.seconds)
