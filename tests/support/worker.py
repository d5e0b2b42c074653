"""A worker process that can be told where to die. Started by tests: `python -m tests.support.worker [STEP]`.

It reads lines "<operation id> <time>" and advances the operation once for each, answering "again <time>" or "end".
With a STEP it kills itself (SIGKILL, as a machine that goes away) in the middle of that step: after AWS has answered,
before anything of it is saved.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from typing import Any


def main() -> None:
    import django

    endpoint = os.environ["AWS_ENDPOINT_URL"]
    django.setup()
    # The test settings point boto3 at nobody; this process belongs to a test that has a simulator.
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    from environments.services import workflow

    if len(sys.argv) > 1:
        _die_in(workflow, sys.argv[1])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        pk, now = line.split()
        again = workflow.advance(operation_id=int(pk), now=datetime.fromisoformat(now))
        sys.stdout.write(f"again {again.isoformat()}\n" if again else "end\n")
        sys.stdout.flush()


def _die_in(workflow: Any, name: str) -> None:
    perform = workflow.perform

    def and_die(operation: Any, step: Any, *rest: Any) -> Any:
        outcome = perform(operation, step, *rest)
        if step.name == name:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome

    workflow.perform = and_die


if __name__ == "__main__":
    main()
