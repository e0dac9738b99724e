"""Settings: read once from the environment, passed down, never imported."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit


class UnsafeSettings(Exception):
    """The settings that are missing or unsafe, one sentence each."""


@dataclass(frozen=True)
class Settings:
    """All that the environment decides.

    `environment` is `production` unless said otherwise, so that forgetting it is the safe mistake.
    """

    environment: str
    database_url: str
    valkey_url: str
    s3_endpoint: str
    s3_access_key: str
    s3_secret_key: str
    s3_bucket: str
    oidc_issuer: str
    oidc_audience: str
    explorer_sign_in_url: str | None
    demo_patient_id: str | None
    sentry_dsn: str | None
    release: str | None
    smtp_url: str | None
    mail_from: str
    vapid_private_key: str | None
    vapid_contact: str
    reaches_private_addresses: bool
    jitsi_url: str | None
    jitsi_app_id: str
    jitsi_app_secret: str
    jitsi_audience: str

    @property
    def is_production(self) -> bool:
        return self.environment == "production"


REQUIRED = (
    "DATABASE_URL",
    "VALKEY_URL",
    "S3_ENDPOINT",
    "S3_ACCESS_KEY",
    "S3_SECRET_KEY",
    "OIDC_ISSUER",
)
# As long as the hash with which links to video rooms are signed.
SHORTEST_SECRET = 32


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in `environment`.

    Raises:
        UnsafeSettings: with every missing value and, in production, every plain-text connection.
    """
    problems = [f"{name} is not set." for name in REQUIRED if not environment.get(name)]
    kind = environment.get("ENVIRONMENT", "production")
    if kind not in {"production", "development", "test"}:
        problems.append("ENVIRONMENT is neither production, development nor test.")
    if kind == "production" and not problems:
        problems = _plain_text(environment)
    if environment.get("JITSI_URL") and len(environment.get("JITSI_APP_SECRET", "")) < SHORTEST_SECRET:
        problems.append(f"JITSI_APP_SECRET must have {SHORTEST_SECRET} characters where JITSI_URL is set.")
    problems += _unreachable(environment)
    if problems:
        raise UnsafeSettings("Cuore does not start: " + " ".join(problems))
    return Settings(
        environment=kind,
        database_url=environment["DATABASE_URL"],
        valkey_url=environment["VALKEY_URL"],
        s3_endpoint=environment["S3_ENDPOINT"],
        s3_access_key=environment["S3_ACCESS_KEY"],
        s3_secret_key=environment["S3_SECRET_KEY"],
        s3_bucket=environment.get("S3_BUCKET", "cuore"),
        oidc_issuer=environment["OIDC_ISSUER"],
        oidc_audience=environment.get("OIDC_AUDIENCE", "cuore"),
        explorer_sign_in_url=environment.get("EXPLORER_SIGN_IN_URL") if kind != "production" else None,
        demo_patient_id=environment.get("DEMO_PATIENT_ID") if kind != "production" else None,
        sentry_dsn=environment.get("SENTRY_DSN") or None,
        release=environment.get("RELEASE") or None,
        smtp_url=environment.get("SMTP_URL") or None,
        mail_from=environment.get("MAIL_FROM", ""),
        vapid_private_key=environment.get("VAPID_PRIVATE_KEY") or None,
        vapid_contact=environment.get("VAPID_CONTACT", ""),
        reaches_private_addresses=environment.get("REACHES_PRIVATE_ADDRESSES") == "yes",
        jitsi_url=environment.get("JITSI_URL") or None,
        jitsi_app_id=environment.get("JITSI_APP_ID", "cuore"),
        jitsi_app_secret=environment.get("JITSI_APP_SECRET", ""),
        jitsi_audience=environment.get("JITSI_AUDIENCE", "jitsi"),
    )


def _plain_text(environment: Mapping[str, str]) -> list[str]:
    problems = []
    mode = parse_qs(urlsplit(environment["DATABASE_URL"]).query).get("sslmode", [""])[0]
    if mode != "verify-full":
        problems.append("DATABASE_URL must say sslmode=verify-full in production.")
    if urlsplit(environment["VALKEY_URL"]).scheme != "rediss":
        problems.append("VALKEY_URL must begin with rediss:// in production.")
    if urlsplit(environment.get("SMTP_URL", "")).scheme == "smtp":
        problems.append("SMTP_URL must begin with smtps:// or smtp+starttls:// in production.")
    problems += [
        f"{name} must begin with https:// in production."
        for name in ("S3_ENDPOINT", "OIDC_ISSUER", "SENTRY_DSN", "JITSI_URL")
        if environment.get(name) and urlsplit(environment[name]).scheme != "https"
    ]
    return problems


def _unreachable(environment: Mapping[str, str]) -> list[str]:
    """What is wrong with how people are reached."""
    problems = []
    if environment.get("SMTP_URL"):
        if urlsplit(environment["SMTP_URL"]).scheme not in {"smtps", "smtp+starttls", "smtp"}:
            problems.append("SMTP_URL must begin with smtps://, smtp+starttls:// or smtp://.")
        if "@" not in environment.get("MAIL_FROM", ""):
            problems.append("MAIL_FROM must be a mail address where SMTP_URL is set.")
    if environment.get("VAPID_PRIVATE_KEY") and not environment.get("VAPID_CONTACT", "").startswith(
        ("mailto:", "https://")
    ):
        problems.append("VAPID_CONTACT must begin with mailto: or https:// where VAPID_PRIVATE_KEY is set.")
    return problems
