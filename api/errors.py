"""What a caller is told when a request cannot be met: RFC 9457 problems, or a readable page."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from api.web.language import N_, _
from api.web.pages import render
from config.keyring import Locked

_MACHINE: Final = ("/api/", "/live", "/health", "/ready")
_TITLES: Final = {
    400: N_("Bad request"),
    401: N_("Sign in first"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Method not allowed"),
    409: N_("Somebody was first"),
    412: N_("Changed meanwhile"),
    413: N_("Too much was sent"),
    422: N_("There is a problem with what was sent"),
    428: N_("Say what the change is based on"),
    429: N_("Too many attempts"),
    500: N_("Sorry, there is a problem with the service"),
    503: N_("Not ready"),
}
_DETAILS: Final = {
    404: N_("Nothing with this address is here, or it belongs to a place that is not yours."),
    405: N_("This address does not answer to that method."),
}
UNREADABLE: Final = N_(
    "Names, addresses and telephone numbers can be neither read nor changed: their key is missing. "
    "Alerts are raised and shown as ever. Tell support, who see why by `stillwell check`."
)
_SHOWN: Final = 60
_LONGEST: Final = 2000


class Problem(Exception):
    """A request that cannot be met; ``detail`` says what to do instead."""

    def __init__(
        self, status: int, detail: str, *, title: str = "", extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.title = title or _TITLES.get(status, "Problem")
        self.extra = dict(extra or {})


def absent() -> Problem:
    """Return the one answer for what does not exist and for what is not the caller's."""
    return Problem(404, _DETAILS[404])


def is_machine(request: Request) -> bool:
    """Return whether the caller is a program, which reads problem+json."""
    return request.url.path.startswith(_MACHINE)


def sentences(errors: Sequence[Any]) -> list[str]:
    """Return one sentence per mistake that pydantic found, without echoing long input."""
    return [_sentence(error) for error in errors]


def _sentence(error: Mapping[str, Any]) -> str:
    where = [str(part) for part in error["loc"] if part not in ("body", "query", "path")]
    name = ".".join(where) or "the body"
    expected = str(error["msg"]).replace("Input should be", "expected", 1)
    expected = expected.removeprefix("Value error, ").replace("String should", "it should")
    if error["type"] == "missing":
        return f"{name} is missing; send it."
    if error["type"] == "extra_forbidden":
        return f"{name} is not a known field; leave it out."
    if error["type"] == "json_invalid":
        return "The body is not JSON; send an object in UTF-8."
    if isinstance(error["input"], str | int | float):
        return f"{name} is {str(error['input'])[:_SHOWN]!r}: {expected}."
    return f"{name}: {expected}."


def install(app: FastAPI) -> None:
    """Give every error of this application one of the two faces."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(Locked, _on_locked)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)


def answer(request: Request, problem: Problem) -> Response:
    """Return the problem as the caller reads it: problem+json, a page, or the way to sign in."""
    if is_machine(request):
        body = {"type": "about:blank", "title": problem.title, "status": problem.status}
        return JSONResponse(
            {**body, "detail": problem.detail, **problem.extra},
            problem.status,
            media_type="application/problem+json",
        )
    is_fragment = request.query_params.get("fragment") == "1"
    if problem.status == 401 and request.method in ("GET", "HEAD") and not is_fragment:
        return RedirectResponse(_sign_in_address(request), 303)
    page = {"title": _(problem.title), "detail": _(problem.detail), "reference": problem.extra}
    return render(request, "error.html", page, status=problem.status)


def _sign_in_address(request: Request) -> str:
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if asked == "/" or len(asked) > _LONGEST:
        return "/sign-in"
    return f"/sign-in?next={quote(asked, safe='')}"


async def _on_problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise error
    return answer(request, error)


async def _on_locked(request: Request, _error: Exception) -> Response:
    return answer(request, Problem(503, UNREADABLE))


async def _on_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    detail = _DETAILS.get(error.status_code, str(error.detail))
    if isinstance(error.__cause__, UnicodeDecodeError):  # the framework says only that it failed
        at = error.__cause__.start + 1
        detail = f"The body is not UTF-8 (byte {at}); send JSON in UTF-8."
    response = answer(request, Problem(error.status_code, detail))
    response.headers.update(error.headers or {})
    return response


async def _on_invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    wrong = error.errors()
    if any(item["loc"][0] == "path" for item in wrong) and not is_machine(request):
        return answer(request, absent())
    told = sentences(wrong)
    status = 400 if any(item["type"] == "json_invalid" for item in wrong) else 422
    return answer(request, Problem(status, " ".join(told), extra={"errors": told}))


def crashed(request: Request, error: Exception) -> Response:
    """Log what nobody foresaw and return its reference; nothing of the failure is shown."""
    reference = secrets.token_hex(4)
    structlog.get_logger().error(
        "request_failed", path=request.scope.get("route_path", ""), reference=reference,
        error=type(error).__name__, exc_info=error,
    )  # fmt: skip
    logged = N_("It has been logged under %(reference)s. Try again; if it goes on, tell support.")
    detail = _(logged, reference=reference)
    return answer(request, Problem(500, detail, extra={"reference": reference}))
