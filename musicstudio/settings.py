"""Settings: every environment variable of the studio is read here, once, with a default that works for a fresh clone.

What a variable means is written in the README's configuration table; a test compares that table with this file.
"""

import json
import os
import re
import secrets
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import dj_database_url
import django
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


def env_segment(name: str) -> str:
    """The variable as the first part of an address: empty, or small letters, digits and hyphens."""
    text = env(name).strip("/")
    if text and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        raise ImproperlyConfigured(f"{name} must be small letters, digits and hyphens, like back-office; not {text!r}.")
    return text


def mail_server(url: str) -> dict[str, str | int | bool]:
    """Django's mail settings for `smtp://user:password@host:587` (STARTTLS), `smtps://…` (TLS at once) or `console:`.

    `?tls=0` behind smtp:// sends in the clear, for a relay on this machine.
    """
    said = urlsplit(url)
    backend = "django.core.mail.backends"
    if said.scheme == "console":
        return {"EMAIL_BACKEND": f"{backend}.console.EmailBackend"}
    if said.scheme not in {"smtp", "smtps"} or not said.hostname:
        raise ImproperlyConfigured("EMAIL_URL must look like smtp://user:password@host:587, smtps://… or console:.")
    safe = said.scheme == "smtps"
    return {
        "EMAIL_BACKEND": f"{backend}.smtp.EmailBackend",
        "EMAIL_HOST": said.hostname,
        "EMAIL_PORT": said.port or (465 if safe else 587),
        "EMAIL_HOST_USER": unquote(said.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(said.password or ""),
        "EMAIL_USE_SSL": safe,
        "EMAIL_USE_TLS": not safe and parse_qs(said.query).get("tls") != ["0"],
    }


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
if HTTPS:  # the prefix makes browsers refuse these cookies from another host or without TLS (RFC 6265bis, 4.1.3.2)
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_AGE = env_int("STUDIO_SESSION_DAYS", 14, 1) * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

ADMIN_PATH = env_segment("STUDIO_ADMIN_PATH")  # where the operator's pages are; empty: nowhere

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",  # without other apps' admin pages: ours are in web.admin_site
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
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
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
    "musicstudio.core.csp.PolicyMiddleware",  # outermost: redirects, static files and refused hosts carry the policy too
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
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
    "musicstudio.accounts.limits.LimitMiddleware",
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
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,50/h/key"}  # ours are stricter and say when, see accounts.limits
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # changing how one signs in asks for the password again
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_NOTIFICATIONS = True  # somebody else's change of a password or a factor does not stay unnoticed
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
MFA_ADAPTER = "musicstudio.accounts.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "musicstudio"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be half a minute off
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # http://localhost; browsers offer passkeys nowhere else without TLS
USERSESSIONS_ADAPTER = "allauth.usersessions.adapter.DefaultUserSessionsAdapter"

# Sign-in with an organisation's own account: any OpenID Connect provider
SSO_ISSUER = env("STUDIO_OIDC_ISSUER").rstrip("/")
SOCIALACCOUNT_ADAPTER = "musicstudio.accounts.adapter.SignOnAdapter"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "musicstudio.accounts.single_sign_on.SignOn",
        "OAUTH_PKCE_ENABLED": True,
        "EMAIL_AUTHENTICATION": True,  # by an address that the provider has verified, see SignOnAdapter
        "APPS": [
            {
                "provider_id": "sso",
                "name": env("STUDIO_OIDC_NAME", "your organisation"),
                "client_id": env("STUDIO_OIDC_CLIENT_ID"),
                "secret": env("STUDIO_OIDC_CLIENT_SECRET"),
                "settings": {"server_url": SSO_ISSUER},
            }
        ][: 1 if SSO_ISSUER else 0],
    }
}
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10

# Mail
_mail = env("EMAIL_URL", "console:")  # not a setting of its own: it may hold a password
for _name, _value in mail_server(_mail).items():
    globals()[_name] = _value
MAILED = not _mail.startswith("console:")  # without a server, pages show links to pass on, and say so
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "musicstudio <studio@localhost>")
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if MAILED else "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "musicstudio: "
MFA_ALLOW_UNVERIFIED_EMAIL = not MAILED

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
# shared by every process, for what allauth counts (codes tried, passkeys asked); our own limits count in accounts.limits
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "studio_cache"},
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},  # hints that may differ between processes
}
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

# How often, see accounts.limits
SIGN_INS_PER_MINUTE = env_int("STUDIO_SIGN_INS_PER_MINUTE", 30, 1)  # of one machine, with resets and invitations
TAKES_ASKED_PER_MINUTE = env_int("STUDIO_TAKES_ASKED_PER_MINUTE", 30, 1)  # of one person; a team has four times that

# The studio's own API and catalogue
PUBLIC_MODELS = env_bool("STUDIO_PUBLIC_MODELS", False)
API_REQUESTS_PER_MINUTE = env_int("STUDIO_API_REQUESTS_PER_MINUTE", 600, 1)  # of one token

# Files
MEDIA_ROOT = DATA_DIR / "media"
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [BASE_DIR / "static"]
if ADMIN_PATH:
    STATICFILES_DIRS.append(("admin", Path(django.__file__).parent / "contrib" / "admin" / "static" / "admin"))
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

DEFAULT_EXCEPTION_REPORTER_FILTER = "musicstudio.core.faults.SecretFilter"
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
