"""Django's settings, all from the environment and the state folder.

| variable | meaning | default |
|---|---|---|
| TABIJI_HOME | state folder | ./var |
| DATABASE_URL | PostgreSQL, as the owner of the schema | the embedded one |
| CLICKHOUSE_URL | ClickHouse's HTTP interface | the embedded one |
| TABIJI_PUBLIC_URL | where people reach the console and public pages | http://127.0.0.1:8000 |
| TABIJI_COLLECTOR_URL | where sites reach the collector | http://127.0.0.1:8001 |
| TABIJI_ALLOWED_HOSTS | host names served, by comma | the host of TABIJI_PUBLIC_URL, localhost |
| TABIJI_BEHIND_PROXY | how many proxies of ours stand in front: so many entries of X-Forwarded-For are believed | 0 |
| TABIJI_SMTP_URL | server for mail to colleagues: smtp://user:password@host:587 (STARTTLS), smtps://…, smtp+plain://… | the practice one |
| TABIJI_STAFF_MAIL_FROM | sender of mail to colleagues | Tabiji <tabiji@ the host of TABIJI_PUBLIC_URL> |
| TABIJI_ARCHIVE_AFTER_DAYS | how long finished batches of events stay in PostgreSQL before they move to the archive | 7 |
| TABIJI_PRACTICE_SMTP | host:port of the practice mail server | the one of the running stack |
| TABIJI_DEBUG | 1 for development | 0 |
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from tabiji.runtime.home import Home

BASE = Path(__file__).resolve().parent.parent
HOME = Home.from_environment()
_engines = HOME.engines()

DEBUG = os.environ.get("TABIJI_DEBUG") == "1"
SECRET_KEY = os.environ.get("TABIJI_SECRET_KEY") or HOME.secrets.django
SEALING_KEYS = [key for key in os.environ.get("TABIJI_SEALING_KEYS", "").split(",") if key] or [
    HOME.secrets.sealing
]
SIGNING_KEY = os.environ.get("TABIJI_SIGNING_KEY") or HOME.secrets.signing

DATABASE_URL = (
    os.environ.get("DATABASE_URL")
    or (_engines.database_url if _engines else "")
    or "postgresql://tabiji@127.0.0.1:5432/tabiji"
)
CLICKHOUSE_URL = (
    os.environ.get("CLICKHOUSE_URL")
    or (_engines.clickhouse_url if _engines else "")
    or "http://default@127.0.0.1:8123/tabiji"
)
PUBLIC_URL = os.environ.get("TABIJI_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
COLLECTOR_URL = os.environ.get("TABIJI_COLLECTOR_URL", "http://127.0.0.1:8001").rstrip("/")
_HTTPS = PUBLIC_URL.startswith("https://")

STAFF_SMTP_URL = os.environ.get("TABIJI_SMTP_URL", "")
STAFF_MAIL_FROM = os.environ.get("TABIJI_STAFF_MAIL_FROM") or (
    f"Tabiji <tabiji@{urlsplit(PUBLIC_URL).hostname or 'localhost'}>"
)
PRACTICE_SMTP = os.environ.get("TABIJI_PRACTICE_SMTP") or (_engines.practice_smtp if _engines else "")

ALLOWED_HOSTS = [
    host
    for host in [*os.environ.get("TABIJI_ALLOWED_HOSTS", "").split(","), urlsplit(PUBLIC_URL).hostname or ""]
    if host
] + ["localhost", "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]


def _database(url: str, role: str = "") -> dict[str, Any]:
    parts = urlsplit(url)
    options: dict[str, Any] = {"prepare_threshold": 5}
    if role:
        options["options"] = f"-c role={role}"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or 5432),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
        "TEST": {"MIRROR": None},
    }


def _days(said: str) -> int:
    if not said.isdecimal() or len(said) > 5:
        raise ValueError(f"TABIJI_ARCHIVE_AFTER_DAYS is a whole number of days, 0 to 99999, not {said!r}")
    return int(said)


def _proxies(said: str) -> int:
    if said not in [str(number) for number in range(10)]:
        raise ValueError(f"TABIJI_BEHIND_PROXY is the number of proxies in front, 0 to 9, not {said!r}")
    return int(said)


APP_ROLE = "tabiji_app"
BEHIND_PROXY = _proxies(os.environ.get("TABIJI_BEHIND_PROXY") or "0")
DATABASES = {
    # Everything runs as a role without rights over the schema, under row-level security …
    "default": _database(DATABASE_URL, APP_ROLE),
    # … and only migrations run as the owner.
    "owner": _database(DATABASE_URL),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "tabiji.web.shell",  # before allauth: its sign-in pages are ours
    "tabiji.web.components",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "tabiji.workspaces",
    "tabiji.people",
    "tabiji.content",
    "tabiji.events",
    "tabiji.audiences",
    "tabiji.purpose",
    "tabiji.experiments",
    "tabiji.insights",
    "tabiji.scoring",
    "tabiji.messaging",
    "tabiji.sales",
    "tabiji.pages",
    "tabiji.web.public",
    "tabiji.journeys",
    "tabiji.web.customers",
    "tabiji.web.journeys",
    "tabiji.web.insights",
    "tabiji.web.initiatives",
    "tabiji.web.home",
    "tabiji.web.sales",
    "tabiji.web.content",
    "tabiji.web.audiences",
    "tabiji.web.imports",
    "tabiji.web.settings",
    "tabiji.practice",
    "tabiji.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tabiji.web.shell.security.ContentSecurityPolicy",
]

ROOT_URLCONF = "tabiji.runtime.urls"
WSGI_APPLICATION = "tabiji.runtime.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tabiji.web.shell.context.shell",
            ],
        },
    }
]

AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "tabiji.workspaces.accounts.ClosedSignup"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _HTTPS else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = BEHIND_PROXY  # its limits count the client's address, not the proxy's
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Tabiji"
MFA_ADAPTER = "tabiji.workspaces.accounts.SealedSecrets"
EMAIL_BACKEND = "tabiji.workspaces.staff_mail.OutboxBackend"

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
X_FRAME_OPTIONS = "SAMEORIGIN"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", _("Japanese")), ("en", _("English"))]
LOCALE_PATHS = [BASE / "runtime" / "locale"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE / "web" / "static"]
STATIC_ROOT = None  # files are served from where they are built
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = HOME.path / "assets"
ARCHIVE = HOME.path / "archive"
ARCHIVE_AFTER_DAYS = _days(os.environ.get("TABIJI_ARCHIVE_AFTER_DAYS") or "7")

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
LOGGING_CONFIG = None
SILENCED_SYSTEM_CHECKS: list[str] = []
