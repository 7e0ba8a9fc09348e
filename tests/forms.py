"""The forms of a page as a browser reads them, and what a page says of mistakes."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

TEXTS = frozenset(
    {"text", "email", "password", "date", "datetime-local", "number", "tel", "search"}
)
"""Types of inputs into which people type."""


@dataclass
class Field:
    """One name of a form: its kind, its ids, its choices and what stands in it."""

    name: str
    kind: str
    ids: list[str]
    value: str = ""
    choices: list[str] = field(default_factory=list)

    @property
    def is_text(self) -> bool:
        return self.kind in TEXTS or self.kind == "textarea"

    @property
    def is_filled_in(self) -> bool:
        """Whether a person fills it in, rather than the page."""
        return self.is_text or self.kind in ("radio", "checkbox", "select")


@dataclass
class Form:
    method: str
    action: str
    fields: dict[str, Field] = field(default_factory=dict)

    def body(self) -> dict[str, str]:
        """Return what a browser would send of it as it stands, the first choice of each."""
        return {
            one.name: one.value or (one.choices[0] if one.choices else "")
            for one in self.fields.values()
        }


class Sheet(HTMLParser):
    """A page: its forms, its ids and where its error summary leads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.ids: set[str] = set()
        self.summary: list[str] = []
        self.has_summary = False
        self.scripts = 0
        self.handlers: list[str] = []
        self._form: Form | None = None
        self._open: Field | None = None
        self._option: str | None = None
        self._in_summary = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.ids |= {has["id"]} if "id" in has else set()
        self.handlers += [name for name in has if name.startswith("on")]
        self.scripts += tag == "script" and "src" not in has and "nonce" not in has
        if tag == "div":
            if "govuk-error-summary" in has.get("class", "").split():
                self.has_summary = True
                self._in_summary = 1
            elif self._in_summary:
                self._in_summary += 1
        if tag == "a" and self._in_summary:
            self.summary.append(has.get("href", ""))
        if tag == "form":
            self._form = Form(has.get("method", "get").lower(), has.get("action", ""))
            self.forms.append(self._form)
        if self._form is not None:
            self._take(self._form, tag, has)

    def _take(self, form: Form, tag: str, has: dict[str, str]) -> None:
        name = has.get("name", "")
        if tag == "option" and self._open is not None:
            self._open.choices.append(has.get("value", ""))
            if "selected" in has:
                self._open.value = has.get("value", "")
        if not name or tag not in ("input", "textarea", "select", "button"):
            return
        kind = has.get("type", "text") if tag == "input" else tag
        one = form.fields.setdefault(name, Field(name, kind, []))
        one.ids += [has["id"]] if "id" in has else []
        if kind in ("radio", "checkbox"):
            one.choices.append(has.get("value", ""))
            one.value = has.get("value", "") if "checked" in has else one.value
        elif tag == "input":
            one.value = has.get("value", "")
        elif tag == "button":
            one.choices.append(has.get("value", ""))
        else:
            self._open = one

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._open.kind == "textarea":
            self._open.value += data

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "select"):
            self._open = None
        if tag == "form":
            self._form = None
        if tag == "div" and self._in_summary:
            self._in_summary -= 1
