"""`python -m portal.simulator`: run the simulated AWS."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

# Moto reads its settings when it is imported: fake credentials, and no validation that needs more than it has.
os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}
# Any image will do: a thousand of Amazon's own, with a snapshot each, take a tenth of a second for each region.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "MOTO_ACCOUNT_ID"):
    os.environ.pop(name, None)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m portal.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--seconds", type=float, default=0.0, help="what the creation of a stack takes (default 0)")
    parser.add_argument("--journal", type=Path, help="a file to remember all changes in, over restarts")
    parser.add_argument("--seed", choices=["reference", "demo"], help="what to fill in at the start")
    parser.add_argument("--parent", type=int, metavar="PID", help="end when this parent process has ended")
    parser.add_argument("--hook", default="", metavar="URL", help="who is subscribed to the topic of the demo's seed")
    options = parser.parse_args(arguments)

    from portal.simulator.application import Application
    from portal.simulator.history import tell_again
    from portal.simulator.journal import Journal
    from portal.simulator.moto_state import make_backends_reproducible
    from portal.simulator.server import serve, stay_on_this_machine
    from portal.simulator.world import World

    stay_on_this_machine()
    make_backends_reproducible()
    world = World(seconds=options.seconds)
    journal = Journal(options.journal, world.clock) if options.journal else None
    application = Application(world, journal, options.hook)
    if journal:
        tell_again(application, journal)
    application.control.perform("POST", "settings", {"seconds": options.seconds})
    if options.seed:
        application.control.perform("POST", "seed", {"name": options.seed})
    serve(application, options.host, options.port, options.parent)


if __name__ == "__main__":
    main()
