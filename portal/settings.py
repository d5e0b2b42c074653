"""Django's settings. What differs between installations is read by `portal.options`; here is what follows from it."""

import warnings
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _

from portal.env import BASE_DIR, point_aws_at
from portal.logs import logging_config
from portal.options import (
    ADVICE_CPU_PERCENT,
    ADVICE_DAYS,
    ADVICE_NETWORK_MB,
    ALLOWED_HOSTS,
    API_REQUESTS_PER_MINUTE,
    ARRIVAL_DAYS,
    AWS_ENDPOINT_URL,
    BASE_URL,
    BEHIND_PROXY,
    BROKER_URL,
    CALENDAR_ALLOWED_NETWORKS,
    CHAT_ANSWER_SECONDS,
    CSRF_TRUSTED_ORIGINS,
    DATABASE_URL,
    DEBUG,
    DEMO,
    DEVICE_MASTER_KEY,
    DISCORD_WEBHOOK_URL,
    EMAIL_FROM,
    EMAIL_HOST,
    EMAIL_PASSWORD,
    EMAIL_PORT,
    EMAIL_SECURITY,
    EMAIL_TIMEOUT,
    EMAIL_USER,
    EMBEDDED,
    EVENT_DAYS,
    FIELD_ENCRYPTION_KEYS,
    HEALTH_ALLOWED_NETWORKS,
    HEALTH_SAMPLE_DAYS,
    HOST,
    HSTS_SECONDS,
    LANGUAGE_CODE,
    LOG_LEVEL,
    METRICS_TOKEN,
    PORT,
    SECRET_KEY,
    SIGN_IN_LOG_DAYS,
    SIMULATED_AWS,
    SIMULATOR_PORT,
    SIMULATOR_SECONDS,
    TIME_ZONE,
    VAR_DIR,
)

# `ModelAdmin[Environment]`, `TextField[str, str]`: types that Django's classes only know in their stubs.
django_stubs_ext.monkeypatch()

INSTALLED_APPS = [
    "portal",
    "environments",
    "notifications",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "axes",
    "csp",
    "ninja",  # the files of the API's page of documentation
]
MIDDLEWARE = [
    "portal.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "environments.public.heartbeat.PingMiddleware",
    "portal.static.GZipStatic",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.preferences.PreferencesMiddleware",
    "portal.origin.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",  # the last: it answers in place of the view
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
from portal.unfold import UNFOLD  # noqa: E402

# --- Database -------------------------------------------------------------------------------------------------------


def database(url: str) -> dict[str, Any]:
    """Django's description of the database at `url`; relative SQLite files are below the project, wherever we start."""
    config: dict[str, Any] = dict(dj_database_url.parse(url))
    options = config.setdefault("OPTIONS", {})
    if config["ENGINE"].endswith("sqlite3"):
        if config["NAME"] != ":memory:":
            config["NAME"] = BASE_DIR / config["NAME"]
            config["NAME"].parent.mkdir(parents=True, exist_ok=True)
        # Measured: with Django's defaults, writers side by side get "database is locked"; with these they queue.
        options |= {
            "timeout": 60,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA busy_timeout=60000;"
            "PRAGMA mmap_size=1073741824;PRAGMA cache_size=-16000;",
        }
    else:
        options.setdefault("connect_timeout", 5)
        # Compiling a query takes longer here than running it. The locks of a machine that vanished, or of a process
        # that hangs amid a transaction, are free within minutes instead of hours.
        alive = {"tcp_keepalives_idle": 60, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}
        server = {"jit": "off", "idle_in_transaction_session_timeout": "5min"} | alive
        options.setdefault("options", " ".join(f"-c {name}={value}" for name, value in server.items()))
        config["CONN_HEALTH_CHECKS"] = True
    # Opening and closing one for each request took longer than most requests, on SQLite, too.
    return config | {"CONN_MAX_AGE": 60}


DATABASES = {"default": database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Tasks ----------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = "memory://localhost/" if EMBEDDED else BROKER_URL  # without a host, kombu warns
_TRANSPORTS: dict[str, dict[str, object]] = {
    "memory": {"polling_interval": 0.05},
    "redis": {
        # A dead worker's messages come back after this; a task that runs longer runs twice, so tasks are short.
        "visibility_timeout": 3600,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 3,
        "socket_timeout": 30,
        "socket_keepalive": True,
    },
    "amqp": {"confirm_publish": True},
}
CELERY_BROKER_TRANSPORT_OPTIONS = _TRANSPORTS[
    urlsplit(BROKER_URL).scheme.replace("rediss", "redis").replace("amqps", "amqp")
]
if not EMBEDDED:
    # Publishing while the broker is away took 6 s with the defaults, whatever `retry=False` says; so it takes 0.05 s.
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
    }
CELERY_BROKER_CONNECTION_TIMEOUT = 3
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # workers and beat wait for a broker that is away, however long
# Who publishes does not wait: the database holds the work, and the next sweep finds it.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}
CELERY_TASK_DEFAULT_QUEUE = "daybreak"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_RESULT_EXPIRES = None
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = not EMBEDDED
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BEAT_SCHEDULER = "portal.beat:Scheduler"
CELERY_TIMEZONE = "UTC"

# --- AWS ------------------------------------------------------------------------------------------------------------

AWS_ENDPOINT_GIVEN = bool(AWS_ENDPOINT_URL)
if SIMULATED_AWS:
    AWS_ENDPOINT_URL = AWS_ENDPOINT_URL or f"http://127.0.0.1:{SIMULATOR_PORT}"
    point_aws_at(AWS_ENDPOINT_URL)

# The simulated AWS answers for the applications of its stacks, on this machine.
if SIMULATED_AWS:
    HEALTH_ALLOWED_NETWORKS = [*HEALTH_ALLOWED_NETWORKS, ip_network("127.0.0.0/8"), ip_network("::1/128")]

# A receiver on this machine may be told over plain http only where nothing real is at stake.
NOTIFICATIONS_ALLOW_LOOPBACK_HTTP = SIMULATED_AWS

# --- Mail -----------------------------------------------------------------------------------------------------------

EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL_USER, EMAIL_PASSWORD
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_SECURITY == "starttls", EMAIL_SECURITY == "tls"
DEFAULT_FROM_EMAIL = EMAIL_FROM

# --- Security -------------------------------------------------------------------------------------------------------

HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = HTTPS and BEHIND_PROXY
SECURE_HSTS_SECONDS = HSTS_SECONDS
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, UNSAFE_EVAL],  # the admin's Alpine evaluates its attributes
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
# Who signs in without having asked for a page sees the board.
LOGIN_REDIRECT_URL = "admin:index"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "portal.preferences.Backend"]
# What counts and for how long is decided in `portal.signin`; these lead there.
AXES_HANDLER = "portal.signin.Handler"
AXES_CLIENT_IP_CALLABLE = "portal.signin.address_of"
AXES_LOCKOUT_CALLABLE = "portal.signin_page.locked"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_ENABLE_ADMIN = False  # `portal.admin_signins` has the pages
AXES_VERBOSE = False

# --- Static files, language, logs -----------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [("guide", BASE_DIR / "docs" / "images" / "guide")]  # the pictures of the user's guide
# Bigger installations run `collectstatic`; one process serves the files from where they are.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED
        else "portal.static.HashedWhenCollected"
    },
}
WHITENOISE_USE_FINDERS = EMBEDDED or not (STATIC_ROOT / "staticfiles.json").exists()
WHITENOISE_AUTOREFRESH = DEBUG
warnings.filterwarnings("ignore", "No directory at", UserWarning)  # STATIC_ROOT, before `collectstatic`

USE_TZ = True
USE_I18N = True
LANGUAGES = [("en", _("English")), ("ko", _("Korean"))]
LOCALE_PATHS = [BASE_DIR / app / "locale" for app in ("portal", "environments", "notifications")]
FORMAT_MODULE_PATH = "portal.formats"
LOGGING = logging_config(LOG_LEVEL)
