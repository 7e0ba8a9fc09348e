"""The language of a page: English is the source, Welsh comes from the catalogue.

Every text that people read on a page passes through ``_`` or ``_n``; ``N_`` marks one that is
looked up later. Placeholders are named: ``%(when)s``. The language belongs to the request that
is being answered, so that no function between a route and a word has to carry it.
"""

import gettext as gnu
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Final

from fastapi.responses import Response

LANGUAGES: Final = {"en": "English", "cy": "Cymraeg"}
"""Languages of pages, by code, each by its own name."""

COOKIE: Final = "stillwell-language"
"""Holds the code of a language; nothing of anybody."""

_YEAR_S: Final = 31_536_000

CATALOGUES: Final = Path(__file__).parent.parent / "locale"

_current: ContextVar[str] = ContextVar("language", default="en")


def current() -> str:
    """Return the language (code) of what is being answered."""
    return _current.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Answer in this language until the block ends; an unknown one is English."""
    token = _current.set(language if language in LANGUAGES else "en")
    try:
        yield
    finally:
        _current.reset(token)


def _(message: str, /, **values: object) -> str:
    text = look_up(message)
    return text % values if values else text


def _n(one: str, many: str, number: float, /, **values: object) -> str:
    """Return the form for this number, which fills ``%(n)s`` with its thousands apart."""
    return look_up_form(one, many, number) % {"n": f"{number:,}", **values}


def look_up(message: str) -> str:
    """Return the message in the language of the page, its placeholders not filled."""
    return message if current() == "en" else catalogue(current()).gettext(message)


def look_up_form(one: str, many: str, number: float) -> str:
    """Return the form that goes with this number, its placeholders not filled."""
    if current() == "en":
        return one if number == 1 else many
    return catalogue(current()).ngettext(one, many, int(number))


def N_(message: str) -> str:  # noqa: N802  # gettext's own name, which extractors know
    """Return the message itself, marked for the catalogue and looked up when it is shown."""
    return message


def keep(response: Response, language: str, *, is_secure: bool) -> None:
    """Have the browser ask for this language (code) from now on."""
    response.set_cookie(
        COOKIE,
        language,
        max_age=_YEAR_S,
        path="/",
        httponly=True,
        samesite="lax",
        secure=is_secure,
    )


@cache
def catalogue(language: str) -> gnu.NullTranslations:
    """Return the texts of this language; what the catalogue lacks reads in English.

    Texts that no speaker has read yet bear the mark *fuzzy* in the file, and are shown.
    """
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        known = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, known, use_fuzzy=True)
    compiled.seek(0)
    return gnu.GNUTranslations(compiled)
