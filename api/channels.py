"""The channels that the settings name become objects here."""

from pathlib import Path

from sqlalchemy import Engine

from alerts.notify.console import Console
from alerts.notify.email import Email, Server
from alerts.notify.nobody import Nobody
from alerts.notify.outbox import Channel
from alerts.notify.webhook import Hook, Webhook
from alerts.record import PROOF
from config import webhooks
from config.problems import ConfigProblem
from config.settings import Settings, Smtp


def channels(settings: Settings, database: Engine) -> dict[str, Channel]:
    """Return what messages can go out by; ConfigProblem when a secret cannot be read."""
    made: dict[str, Channel] = {"console": Console(), PROOF: Nobody()}
    made["webhook"] = Webhook(
        lambda place: find_hook(database, place),
        is_private_allowed=settings.outbox.allow_private_webhooks,
    )
    made |= _notify(settings)
    if settings.smtp.host:
        made["email"] = Email(mail_server(settings.smtp, "smtp"))
    if settings.outbox.use_apprise:
        made["apprise"] = _apprise()
    return made


def find_hook(database: Engine, place: str) -> Hook | None:
    """Return the webhook of a place as it stands, or None."""
    with database.connect() as connection:
        found = webhooks.find(connection, place)
    return None if found is None else Hook(*found)


def mail_server(smtp: Smtp, section: str) -> Server:
    """Return where mail is handed in; ConfigProblem when the password cannot be read."""
    password = _secret(f"{section}.password_file", smtp.password_file)
    return Server(smtp.host, smtp.port, smtp.sender, smtp.security, smtp.username, password)


def _notify(settings: Settings) -> dict[str, Channel]:
    notify, made = settings.notify, dict[str, Channel]()
    if notify.api_key_file is None:
        return made
    from alerts.notify.govuk_notify import Account, Notify

    key = _secret("notify.api_key_file", notify.api_key_file)
    for kind, template in (("sms", notify.sms_template), ("email", notify.email_template)):
        if template:
            account = Account(notify.base_url, key, template, notify.is_dry_run)
            made[kind] = Notify(account, kind)
    return made


def _apprise() -> Channel:
    from alerts.notify.apprise import Apprise

    try:
        return Apprise()
    except ModuleNotFoundError:
        raise ConfigProblem(
            "settings: outbox.use_apprise is true, but Apprise is not installed: "
            "pip install stillwell[apprise]"
        ) from None


def _secret(key: str, path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8").strip()
    except OSError as problem:
        raise ConfigProblem(
            f"settings: {key} is {path}, which cannot be read: {problem.strerror}"
        ) from problem
