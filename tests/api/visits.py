"""Signed-in visitors of a world."""

from collections.abc import Mapping

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from tests.api.world import PASSWORD

URL = "http://testserver"


class Visit:
    """A browser of one person: sends Origin as browsers do, and follows no redirect."""

    def __init__(self, app: FastAPI, name: str = "") -> None:
        self.client = TestClient(
            app, base_url=URL, follow_redirects=False, raise_server_exceptions=False
        )
        if name:
            answer = self.sign_in(f"{name.lower()}@example.org", PASSWORD)
            assert answer.status_code == 303, answer.text

    def sign_in(self, email: str, password: str, next_: str = "") -> Response:
        return self.post("/sign-in", {"email": email, "password": password, "next": next_})

    def get(self, path: str) -> Response:
        return self.client.get(path)

    def post(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Response:
        return self.client.post(path, data=dict(form or {}), headers={"Origin": URL, **headers})

    def send(self, path: str, body: object = None, method: str = "POST") -> Response:
        return self.client.request(method, path, json=body, headers={"Origin": URL})
