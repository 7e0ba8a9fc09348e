"""A small identity provider on a loopback port: code flow, PKCE, a secret, signed tokens.

What it says can be bent, to see that it is not believed.
"""

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwk, jwt

CLIENT = "stillwell-test"
SECRET = "a-client-secret-of-a-test"


@dataclass
class Provider:
    """Who signs in there next, and what is wrong with what it says."""

    issuer: str = ""
    subject: str = "subject-1"
    email: str = "alice@example.org"
    is_verified: bool = True
    bent: dict[str, Any] = field(default_factory=dict)
    """Claims that replace those of the token."""
    is_forged: bool = False
    """Whether the token is signed with a key that is not published."""
    key: jwk.RSAKey = field(default_factory=lambda: jwk.RSAKey.generate_key(2048, {"kid": "one"}))
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser goes back to; everybody is signed in already."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.asked[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return the tokens of a code, once, to whoever knows secret and verifier."""
        asked = self.asked.pop(form.get("code", ""), None)
        if asked is None:
            self.refusals.append("code")
            return None
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if authorization != f"Basic {basic}":
            self.refusals.append("secret")
            return None
        if create_s256_code_challenge(form.get("code_verifier", "")) != asked["code_challenge"]:
            self.refusals.append("verifier")
            return None
        if form.get("redirect_uri") != asked["redirect_uri"]:
            self.refusals.append("redirect")
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": self.subject, "nonce": asked["nonce"],
            "iat": now, "exp": now + 300, "email": self.email, "email_verified": self.is_verified,
        }  # fmt: skip
        key = jwk.RSAKey.generate_key(2048, {"kid": "one"}) if self.is_forged else self.key
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, {**claims, **self.bent}, key)
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": signed}

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }


@contextmanager
def run_provider() -> Iterator[Provider]:
    """Serve a provider until the block ends."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif parts.path == "/keys":
                self.say(200, {"keys": [provider.key.as_dict(private=False)]})
            else:
                self.say(200, provider.metadata())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            told = provider.token(form, self.headers.get("Authorization", ""))
            self.say(200 if told else 400, told or {"error": "invalid_grant"})

        def say(self, status: int, body: object) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base's
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
