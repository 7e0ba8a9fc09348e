"""The button in the header that changes the language of pages, for this browser."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.web.language import LANGUAGES, keep
from api.web.sign_in import own_path
from api.web.typed import Typed

router: Final = APIRouter(include_in_schema=False)


@router.post("/language")
def choose_language(
    request: Request,
    language: Annotated[str, Form(max_length=10)] = "",
    next: Typed = "",  # noqa: A002  # the field's name
) -> Response:
    """Go back to the page, in this language from now on; an unknown one changes nothing."""
    response = RedirectResponse(own_path(next), 303)
    if language in LANGUAGES:
        keep(response, language, is_secure=request.app.state.resources.is_secure)
    return response
