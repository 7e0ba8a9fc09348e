"""How a wrong setting is told: where, what it is, what was expected."""

import codecs
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo


class ConfigProblem(Exception):
    """Something declared is wrong; the message is one or more readable lines."""


def encoding_of(data: bytes) -> str:
    """Return what text that is not UTF-8 seems to be, empty where nothing fits."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return "Windows-1252"


def read_text(path: Path, noun: str) -> str:
    """Return the UTF-8 text of a file that a person wrote; ConfigProblem when it is none."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise ConfigProblem(f"{noun}: {path} cannot be read: {problem.strerror}") from problem
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        said = f"{not_utf8(data, problem)}; save it as UTF-8"
        raise ConfigProblem(f"{noun}: {path.name} {said}") from problem


def not_utf8(data: bytes, problem: UnicodeDecodeError) -> str:
    """Return where text stops being UTF-8 and what it seems to be, as the end of a sentence."""
    line = data.count(b"\n", 0, problem.start) + 1
    seems = encoding_of(data)
    said = f"is not UTF-8 (byte {problem.start + 1}, line {line}"
    return f"{said}; it seems to be {seems})" if seems else f"{said})"


def describe(
    noun: str, model: type[BaseModel], error: ValidationError, source: Callable[[str], str]
) -> str:
    """Return one line per mistake: ``noun: key is VALUE, expected ... (source)``."""
    lines = []
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"]) or "(top level)"
        if item["type"] == "extra_forbidden":
            what = f"{key} is not a known key; remove it or check its spelling"
        elif item["type"] == "missing":
            what = f"{key} is missing"
        elif item["type"] == "value_error":
            what = f"{key} {item['ctx']['error']}"
        else:
            expected = _range(model, item["loc"]) or item["msg"].replace("Input should be ", "", 1)
            what = f"{key} is {_shown(item['input'])}, expected {expected}"
        lines.append(f"{noun}: {what} ({source(key)})")
    return "\n".join(lines)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _range(model: type[BaseModel], path: Sequence[int | str]) -> str:
    """Return "low..high" of a field that has both bounds, else nothing."""
    field = _field(model, path)
    bounds = {} if field is None else {type(m).__name__: m for m in field.metadata}
    low = getattr(bounds.get("Ge"), "ge", getattr(bounds.get("Gt"), "gt", None))
    high = getattr(bounds.get("Le"), "le", getattr(bounds.get("Lt"), "lt", None))
    return "" if low is None or high is None else f"{low}..{high}"


def _field(model: type[BaseModel], path: Sequence[int | str]) -> FieldInfo | None:
    field: FieldInfo | None = None
    section: object = model
    for part in path:
        if isinstance(part, int):
            section = (get_args(section) or (None,))[0]
            continue
        if not (isinstance(section, type) and issubclass(section, BaseModel)):
            return None
        field = section.model_fields.get(part)
        section = None if field is None else field.annotation
    return field
