"""The portal's settings under test: the same, from a fixed environment instead of the machine's or somebody's `.env`.

`TEST_DATABASE_URL` and `TEST_BROKER_URL` choose other servers; `.ci/run` runs the suite on PostgreSQL and Redis too.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from portal import env

# A file, not SQLite in memory: threads and killed processes see the database as they do in a real installation.
# One directory a process: test workers, and people who share a machine, do not meet.
_directory = Path(tempfile.mkdtemp(prefix="daybreak-test-"))
atexit.register(shutil.rmtree, _directory, ignore_errors=True)

env.use(
    {
        "SECRET_KEY": "tests-only-tests-only-tests-only-tests-only",
        "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", f"sqlite:///{_directory}/daybreak.sqlite3"),
        "BROKER_URL": os.environ.get("TEST_BROKER_URL", "memory://"),
        # Nobody listens there: a test that forgets the `aws` fixture is told so by a refused connection.
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "SIMULATOR_SECONDS": "20",
        "LOG_LEVEL": "INFO",
        # A test that wants answers in threads of their own says so.
        "CHAT_ANSWER_SECONDS": "0",
        "DEVICE_MASTER_KEY": "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    }
)

from portal.options import ALLOWED_HOSTS, EMBEDDED  # noqa: E402
from portal.settings import *  # noqa: E402, F403
from portal.settings import DATABASES  # noqa: E402

ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver"]
if "TEST_DATABASE_URL" not in os.environ:
    DATABASES["default"]["TEST"] = {"NAME": str(_directory / "test.sqlite3")}
    # What was written is lost with the machine's power alone, and with it the tests.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # As above.
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"
if not EMBEDDED:
    CELERY_TASK_DEFAULT_QUEUE = f"daybreak-test-{os.getpid()}"
# A slow hash is what passwords need and tests do not.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Each client of a test loads the middleware anew: files are found when they are asked for, not all listed each time.
# `tests.portal.test_static` lists them, as installations do.
WHITENOISE_AUTOREFRESH = True
