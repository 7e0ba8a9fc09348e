"""Talks to the identity provider of a place (OpenID Connect: code flow with PKCE and nonce)."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from config.identities import ProviderVisit
from config.places import IdentityProvider
from ingest.clock import Instant, microseconds

TIMEOUT_S: Final = 10.0
_ALGORITHMS: Final = ["RS256", "ES256", "PS256"]
_LEEWAY_S: Final = 60
_LONGEST: Final = 1 << 20


class ProviderFailed(Exception):
    """The provider did not say who it is in a way that we believe; the message says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """Whom the provider says it is; the address is empty unless it says that it is verified."""

    subject: str
    verified_email: str


def address_to_go(
    provider: IdentityProvider, visit: ProviderVisit, state: str, redirect: str
) -> str:
    """Return where the browser is sent."""
    session = _session(provider, redirect)
    url, _ = session.create_authorization_url(
        _endpoint(_metadata(provider), "authorization_endpoint"),
        state=state,
        nonce=visit.nonce,
        code_verifier=visit.verifier,
    )
    return str(url)


def who_is_it(
    provider: IdentityProvider, visit: ProviderVisit, code: str, redirect: str, now: Instant
) -> Told:
    """Exchange the code; return what the signed token says. ProviderFailed says what is wrong."""
    metadata = _metadata(provider)
    try:
        token = _session(provider, redirect).fetch_token(
            _endpoint(metadata, "token_endpoint"),
            code=code,
            code_verifier=visit.verifier,
            grant_type="authorization_code",
            timeout=TIMEOUT_S,
        )
        keys = jwk.KeySet.import_key_set(_read(_endpoint(metadata, "jwks_uri")))  # type: ignore[arg-type]  # checked there
        decoded = jwt.decode(str(token.get("id_token", "")), keys, algorithms=_ALGORITHMS)
        jwt.JWTClaimsRegistry(
            now=microseconds(now) // 1_000_000,
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": provider.client_id},
            nonce={"essential": True, "value": visit.nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(decoded.claims)
    except (OAuthError, JoseError, requests.RequestException, ValueError, KeyError) as problem:
        raise ProviderFailed(type(problem).__name__) from problem
    claims = decoded.claims
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != provider.client_id:
        raise ProviderFailed("the token was made for others too")
    is_verified = claims.get("email_verified") is True
    return Told(str(claims["sub"])[:255], str(claims.get("email", ""))[:254] if is_verified else "")


def _session(provider: IdentityProvider, redirect: str) -> OAuth2Session:
    secret = None
    if provider.client_secret_file is not None:
        try:
            secret = provider.client_secret_file.read_text("utf-8").strip()
        except OSError as problem:
            raise ProviderFailed("the file of the client's secret cannot be read") from problem
    return OAuth2Session(
        provider.client_id,
        secret,
        scope="openid email",
        redirect_uri=redirect,
        code_challenge_method="S256",
    )


def _metadata(provider: IdentityProvider) -> dict[str, Any]:
    found = _read(provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
    if found.get("issuer") != provider.issuer:
        raise ProviderFailed("the provider calls itself otherwise than the place does")
    return found


def _read(url: str) -> dict[str, Any]:
    try:
        _expect_private(url)
        answer = requests.get(url, timeout=TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        if len(answer.content) > _LONGEST:
            raise ProviderFailed("the provider's answer is too long")
        found = answer.json()
    except (requests.RequestException, ValueError) as problem:
        raise ProviderFailed(type(problem).__name__) from problem
    if not isinstance(found, dict):
        raise ProviderFailed("the provider's answer is no object")
    return found


def _endpoint(metadata: dict[str, Any], name: str) -> str:
    url = str(metadata.get(name, ""))
    _expect_private(url)
    return url


def _expect_private(url: str) -> None:
    """Refuse what others could read or change on the way: only https, or our own machine."""
    parts = urlsplit(url)
    try:
        is_own = ip_address(parts.hostname or "").is_loopback
    except ValueError:
        is_own = False
    if parts.scheme != "https" and not (parts.scheme == "http" and is_own):
        raise ProviderFailed("the provider is not reached by https")
