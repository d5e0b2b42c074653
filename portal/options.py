"""Every option of an installation, typed, with its default and its help. `portal.settings` turns them into Django's.

Without any variable the portal is a demonstration: one process, SQLite, an in-memory broker and a simulated AWS.
"""

from urllib.parse import urlsplit

from portal.env import (
    BASE_DIR,
    BadOption,
    envbool,
    envint,
    envlist,
    envnetworks,
    envseconds,
    envsecret,
    envstr,
    envurl,
    envzone,
    section,
)

section("Web")
HOST = envstr("HOST", "127.0.0.1", help="Address that `make run` listens on; 0.0.0.0 lets other machines in.")
PORT = envint("PORT", 8000, help="Port of the web pages.", minimum=1, maximum=65535)
BASE_URL = envurl(
    "BASE_URL",
    f"http://127.0.0.1:{PORT}",
    help="Where people reach the portal: links in messages start with it. https:// makes the cookies secure.",
)
_BASE_HOST = urlsplit(BASE_URL).hostname or ""
ALLOWED_HOSTS = envlist(
    "ALLOWED_HOSTS",
    ",".join(dict.fromkeys(["127.0.0.1", "localhost", "[::1]", _BASE_HOST])),
    help="Host names that the portal answers to, with commas between. Unset: this machine and the host of BASE_URL.",
)
CSRF_TRUSTED_ORIGINS = envlist(
    "CSRF_TRUSTED_ORIGINS",
    BASE_URL,
    help="Origins whose forms are accepted, with commas between. Unset: BASE_URL.",
)
BEHIND_PROXY = envbool(
    "BEHIND_PROXY",
    False,
    help="On when a proxy that ends TLS stands in front, sets X-Forwarded-Proto itself and appends to X-Forwarded-For.",
)
HSTS_SECONDS = envint(
    "HSTS_SECONDS",
    0,
    help="Tell browsers to use nothing but https for so long (31536000 is a year). 0: do not tell them.",
    minimum=0,
    maximum=63_072_000,
)
DEBUG = envbool("DEBUG", False, help="Django's debug pages. Never on where others can reach the portal.")

section("Data and messages between processes")
VAR_DIR = BASE_DIR / envstr(
    "VAR_DIR",
    "var",
    help="Folder of what an installation keeps in files: its secret key, what the simulated AWS has done.",
)
DATABASE_URL = envurl(
    "DATABASE_URL",
    "sqlite:///var/daybreak.sqlite3",
    help="Unset: SQLite in var/ (three slashes: a path below the project, four: from the root). PostgreSQL: postgresql://user:password@host:5432/name",
    schemes=frozenset({"sqlite", "postgres", "postgresql"}),
    secret=True,
)
BROKER_URL = envurl(
    "BROKER_URL",
    "memory://",
    help="Unset: in memory, everything in one process. Bigger: redis://host:6379/0 or amqp://user:password@host:5672//",
    schemes=frozenset({"memory", "redis", "rediss", "amqp", "amqps"}),
    secret=True,
)
# Nothing but the process itself can read an in-memory broker: web, worker and beat live in one (`manage.py serve`).
EMBEDDED = BROKER_URL.startswith("memory:")

section("Secrets")
SECRET_KEY = envsecret(
    "SECRET_KEY",
    help="Signs sessions and links; 32 characters or more. Unset in one process: made once and kept in var/secret_key.",
    required=True,
    # Several processes, perhaps on several machines, must share it: there a file that one of them made will not do.
    generate=VAR_DIR / "secret_key" if EMBEDDED or DEBUG else None,
)
if len(SECRET_KEY) < 32:
    raise BadOption("SECRET_KEY is too short; expected 32 characters or more.")
FIELD_ENCRYPTION_KEYS = [
    key.strip()
    for key in envsecret(
        "FIELD_ENCRYPTION_KEYS",
        help="Fernet keys for secrets kept in the database, with commas between: the first writes, all of them read. "
        "Unset: a key that follows from SECRET_KEY.",
    ).split(",")
    if key.strip()
]

METRICS_TOKEN = envsecret(
    "METRICS_TOKEN",
    help="Prometheus reads /metrics with it, as its bearer token. Unset: only API tokens that may read the figures do.",
)

section("Signing in")
SIGN_IN_LOG_DAYS = envint(
    "SIGN_IN_LOG_DAYS",
    90,
    help="How many days the log of sign-ins is kept; who signed in from where, and which tries failed.",
    minimum=1,
    maximum=3650,
)

section("API")
API_REQUESTS_PER_MINUTE = envint(
    "API_REQUESTS_PER_MINUTE",
    300,
    help="How many requests a minute each token of the REST API may make, over all web processes.",
    minimum=1,
    maximum=1_000_000,
)

section("AWS")
SIMULATED_AWS = envbool(
    "SIMULATED_AWS",
    True,
    help="On: a simulated AWS, no account and no costs. Off: the real one, with credentials as boto3 finds them.",
)
SIMULATOR_PORT = envint(
    "SIMULATOR_PORT",
    8001,
    help="Port of the simulated AWS; when it is taken, a free one is used.",
    minimum=1,
    maximum=65535,
)
SIMULATOR_SECONDS = envint(
    "SIMULATOR_SECONDS",
    20,
    help="How long a stack takes to come up in the simulated AWS.",
    minimum=0,
    maximum=3600,
)
AWS_ENDPOINT_URL = envurl(
    "AWS_ENDPOINT_URL",
    "",
    help="Another address to speak AWS with, for a simulator that runs elsewhere. Unset: AWS, or our own simulator.",
)
DEMO = envbool("DEMO", SIMULATED_AWS, help="Fill an empty database with the sample. Unset: as SIMULATED_AWS.")

section("Calendars")
CALENDAR_ALLOWED_NETWORKS = envnetworks(
    "CALENDAR_ALLOWED_NETWORKS",
    "",
    help="Networks besides the public ones that ICS calendars may be read from, with commas between: 10.1.0.0/16 for "
    "an intranet. Unset: addresses that lead to this machine or a private network are refused.",
)

section("Advice")
ADVICE_DAYS = envint(
    "ADVICE_DAYS",
    14,
    help="How many days environments are watched before a schedule is proposed.",
    minimum=7,
    maximum=56,
)
ADVICE_CPU_PERCENT = envint(
    "ADVICE_CPU_PERCENT",
    5,
    help="CPU in per cent below which an hour counts as idle, if the network is quiet as well.",
    minimum=1,
    maximum=100,
)
ADVICE_NETWORK_MB = envint(
    "ADVICE_NETWORK_MB",
    5,
    help="Megabytes sent and received in an hour, of all machines of an environment, below which it counts as idle.",
    minimum=1,
    maximum=1_000_000,
)

section("Health")
HEALTH_ALLOWED_NETWORKS = envnetworks(
    "HEALTH_ALLOWED_NETWORKS",
    "",
    help="Networks besides the public ones that checks may ask, with commas between: 10.0.0.0/8,172.16.0.0/12 for the "
    "portal's own VPC. Unset: addresses that lead to this machine or a private network are refused. Addresses of "
    "metadata services are always refused.",
)
HEALTH_SAMPLE_DAYS = envint(
    "HEALTH_SAMPLE_DAYS",
    7,
    help="Days that each single answer of a check is kept; their sums by hour and day are kept for good.",
    minimum=2,
    maximum=400,
)
ARRIVAL_DAYS = envint(
    "ARRIVAL_DAYS",
    30,
    help="Days that calls, reports, messages and pushes from outside are kept as they came, after they were judged.",
    minimum=1,
    maximum=400,
)
DEVICE_MASTER_KEY = envsecret(
    "DEVICE_MASTER_KEY",
    help="From which the keys of devices that report by SMS follow: 64 hexadecimal digits. Unset: no such devices.",
)

section("Notifications")
DISCORD_WEBHOOK_URL = envurl(
    "DISCORD_WEBHOOK_URL",
    "",
    help="Discord channel that the sample's messages go to. Unset: they are kept and not sent.",
    secret=True,
)

CHAT_ANSWER_SECONDS = envseconds(
    "CHAT_ANSWER_SECONDS",
    2.2,
    help="Seconds that an answer in a chat may take; what takes longer is said afterwards. Platforms wait for 3. 0: "
    "however long it takes.",
    maximum=10,
)
EVENT_DAYS = envint(
    "EVENT_DAYS",
    400,
    help="Days that events are kept, with what was sent of them to whom.",
    minimum=7,
    maximum=3650,
)

section("Mail")
EMAIL_HOST = envstr(
    "EMAIL_HOST", "", help="Mail server (SMTP) for all mail, alarms included: smtp.example.com. Unset: no mail."
)
EMAIL_PORT = envint("EMAIL_PORT", 587, help="Its port: 587 with starttls, 465 with tls.", minimum=1, maximum=65535)
EMAIL_SECURITY = envstr(
    "EMAIL_SECURITY",
    "starttls",
    help="How the connection is encrypted: starttls, tls (from the first byte on), or none (a server on this machine).",
    choices=frozenset({"starttls", "tls", "none"}),
)
EMAIL_USER = envstr("EMAIL_USER", "", help="Who signs in at the mail server. Unset: nobody does.")
EMAIL_PASSWORD = envsecret("EMAIL_PASSWORD", help="The password that goes with EMAIL_USER.")
EMAIL_FROM = envstr("EMAIL_FROM", "", help="Whom mails are from: Daybreak <daybreak@example.com>.")
EMAIL_TIMEOUT = envint(
    "EMAIL_TIMEOUT", 10, help="Seconds that each answer of the mail server is waited for.", minimum=1, maximum=20
)

section("Language, time and logs")
LANGUAGE_CODE = envstr("LANGUAGE_CODE", "en", help="Language of those who chose none.", choices=frozenset({"en", "ko"}))
TIME_ZONE = envzone("TIME_ZONE", "UTC", help="Time zone for those, and for schedules, that name none: Asia/Seoul.")
LOG_LEVEL = envstr(
    "LOG_LEVEL",
    "INFO",
    help="Least severity that is logged.",
    choices=frozenset({"DEBUG", "INFO", "WARNING", "ERROR"}),
)
