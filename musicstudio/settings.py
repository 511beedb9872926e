"""Settings: every environment variable of the studio is read here, once, with a default that works for a fresh clone.

What a variable means is written in the README's configuration table; a test compares that table with this file.
"""

import json
import os
import secrets
from pathlib import Path

import dj_database_url
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    """The variable's text without surrounding blanks; `default` when unset or empty."""
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, default: bool) -> bool:
    """1/true/yes/on or 0/false/no/off; anything else is refused, because a typo must not switch protection off."""
    text = env(name).lower()
    if not text:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {text!r}.")


def env_int(name: str, default: int, minimum: int) -> int:
    """A whole number of at least `minimum`."""
    text = env(name, str(default))
    if not text.isdigit() or int(text) < minimum:
        raise ImproperlyConfigured(f"{name} must be a whole number of at least {minimum}, not {text!r}.")
    return int(text)


def env_list(name: str, default: str = "") -> list[str]:
    """Comma-separated items."""
    return [item.strip() for item in env(name, default).split(",") if item.strip()]


def laptop_secrets(folder: Path) -> dict[str, str]:
    """The secrets of an install that sets none: made once, kept in the data folder, readable by its owner only (0600)."""
    path = folder / "secret.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = {"secret_key": secrets.token_urlsafe(50), "key_encryption_key": Fernet.generate_key().decode()}
        draft = folder / f".secret-{os.getpid()}-{secrets.token_hex(4)}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(fresh, file)
        try:
            os.link(draft, path)  # web and worker may start at once: the first one wins, the other reads
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    found: dict[str, str] = json.loads(path.read_text())
    return found


# Where things live
DATA_DIR = (BASE_DIR / env("STUDIO_DATA_DIR", "data")).resolve()
PUBLIC_URL = env("STUDIO_PUBLIC_URL").rstrip("/")  # https://studio.example.com; empty on a laptop

# Secrets
SECRET_KEY = env("SECRET_KEY")
KEY_ENCRYPTION_KEYS = env_list("STUDIO_KEY_ENCRYPTION_KEYS")
SECRETS_FROM_FILE = [
    name for name, value in (("SECRET_KEY", SECRET_KEY), ("STUDIO_KEY_ENCRYPTION_KEYS", KEY_ENCRYPTION_KEYS)) if not value
]
if SECRETS_FROM_FILE:
    _laptop = laptop_secrets(DATA_DIR)
    SECRET_KEY = SECRET_KEY or _laptop["secret_key"]
    KEY_ENCRYPTION_KEYS = KEY_ENCRYPTION_KEYS or [_laptop["key_encryption_key"]]

# The web
DEBUG = env_bool("DEBUG", False)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
HTTPS = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if HTTPS else []
TRUST_PROXY = env_bool("STUDIO_TRUST_PROXY", False)
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "template_partials",
    "django_htmx",
    "allauth",
    "allauth.account",
    "django_q",
    "musicstudio.core",
    "musicstudio.accounts",
    "musicstudio.notify",
    "musicstudio.projects",
    "musicstudio.providers",
    "musicstudio.budgets",
    "musicstudio.library",
    "musicstudio.review",
    "musicstudio.generation",
    "musicstudio.web",
    "musicstudio.api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "musicstudio.core.csp.PolicyMiddleware",
    "musicstudio.core.request_id.RequestIdMiddleware",
    "musicstudio.core.origin.OriginMiddleware",
    "musicstudio.api.envelope.EnvelopeMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "musicstudio.urls"
WSGI_APPLICATION = "musicstudio.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "musicstudio.web.context.shell",
            ],
        },
    }
]

# People
AUTH_USER_MODEL = "accounts.User"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # e-mail addresses are unique whatever their case: constraint user_email_once
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "musicstudio.accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
EMAIL_HOST = env("EMAIL_HOST")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = env_int("EMAIL_PORT", 587, 1)
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", True)
EMAIL_HOST_USER = env("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "musicstudio <studio@localhost>")

# Database: SQLite on a laptop, PostgreSQL when DATABASE_URL says so
DATABASES = {
    "default": dj_database_url.parse(
        env("DATABASE_URL", f"sqlite:///{DATA_DIR / 'studio.sqlite3'}"), conn_max_age=60, conn_health_checks=True
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)  # SQLite makes the file only
    # IMMEDIATE takes the write lock at BEGIN, so a transaction never fails half-way with "database is locked";
    # FULL, not NORMAL: a power cut must not forget that a paid request was sent.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000",
    }
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # a file: tests use several connections
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Queue: at-least-once delivery of an id; the job row is the truth
WORKERS = env_int("STUDIO_WORKERS", max(2, os.cpu_count() or 2), 2)
Q_CLUSTER = {
    "name": "musicstudio",
    "orm": "default",
    "workers": WORKERS,
    "queue_limit": WORKERS,  # more would let a task's redelivery clock run while it waits inside the cluster
    "bulk": 1,
    "timeout": 600,
    "retry": 660,
    "ack_failures": True,
    "max_attempts": 1,
    "catch_up": False,
    "save_limit": 50,
    "poll": 0.2,
    "recycle": 200,
    "label": "Queue",
}

# Providers
AIGATEWAY_BASE_URL = env("AIGATEWAY_BASE_URL", "https://api.aigateway.sh").rstrip("/")
AIGATEWAY_MEDIA_HOSTS = env_list("AIGATEWAY_MEDIA_HOSTS", "media.aigateway.sh")
GATEWAY_ANSWER_SECONDS = 60.0  # of one call; a submit that takes longer is uncertain
ALLOW_LOOPBACK_GATEWAY = env_bool("STUDIO_ALLOW_LOOPBACK_GATEWAY", False)
ALLOW_LOOPBACK_WEBHOOKS = env_bool("STUDIO_ALLOW_LOOPBACK_WEBHOOKS", False)

# The studio's own API
API_REQUESTS_PER_MINUTE = env_int("STUDIO_API_REQUESTS_PER_MINUTE", 600, 1)  # of one token

# Files
MEDIA_ROOT = DATA_DIR / "media"
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# only what lies in static/: packages bring scripts that the pages do not use
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "musicstudio.core.static.Storage"},
}
BIN_DAYS = env_int("STUDIO_BIN_DAYS", 30, 1)  # what was deleted can be restored for so long
DERIVATIVE_DAYS = env_int("STUDIO_DERIVATIVE_DAYS", 30, 1)  # files made on demand go when nobody used them for so long
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# Language and time: pages use the team's time zone, the database holds UTC
LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"request": {"()": "musicstudio.core.request_id.RequestIdFilter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", "WARNING").upper()},
    "loggers": {
        "django.request": {"level": "ERROR"},  # a 404 or a 422 is an answer, not an event
        "httpx": {"level": "WARNING"},  # at INFO it would print signed links
    },
}
