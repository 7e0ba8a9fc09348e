"""Tables that people write in a spreadsheet: CSV as rows of text, every mistake named."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from config.problems import ConfigProblem, encoding_of, not_utf8

Row = Mapping[str, str]
Mistake = tuple[str, str]
"""(column, what is wrong with it and what was expected)."""

_T = TypeVar("_T")
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Form:
    """What a file holds: ``noun`` begins each message, ``needed`` columns may not be left out."""

    noun: str
    columns: Sequence[str]
    needed: Sequence[str]
    most: int = 200_000


def read_csv(data: bytes, file: str, form: Form) -> list[tuple[str, Row]]:
    """Return (where, row) of a CSV file; ConfigProblem when it is none, or its columns are."""
    noun = form.noun
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        said = f"{not_utf8(data, problem)}; save it as CSV UTF-8{_how(data)}"
        raise ConfigProblem(f"{noun}: {file} {said}") from problem
    # A cell of megabytes is a mistake of its column, told there, and not one of the file.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = [(reader.line_num, line) for line in reader]
    except csv.Error as problem:
        raise ConfigProblem(
            f"{noun}: line {reader.line_num} of {file} is not CSV: {problem}"
        ) from problem
    if not lines:
        raise ConfigProblem(f"{noun}: {file} is empty, expected a header: {','.join(form.columns)}")
    header = [cell.strip().lower() for cell in lines[0][1]]
    _expect_columns(header, file, form)
    filled = [(number, line) for number, line in lines[1:] if any(cell.strip() for cell in line)]
    if len(filled) > form.most:
        said = f"has {len(filled):,} rows, expected up to {form.most:,}"
        raise ConfigProblem(f"{noun}: {file} {said}")
    long = [
        f"{noun}: row {n} has more cells than the header" for n, x in filled if len(x) > len(header)
    ]
    if long:
        raise ConfigProblem("\n".join(long))
    return [(f"row {number}", dict(zip(header, line, strict=False))) for number, line in filled]


def take(row: Row, column: str, read: Callable[[str], _T], wrong: list[Mistake]) -> _T | None:
    """Return what ``read`` makes of a cell; what its ValueError expected becomes a mistake."""
    text = (row.get(column) or "").strip()
    try:
        return read(text)
    except ValueError as problem:
        wrong.append((column, f"is {shown(text)}, expected {problem}"))
        return None


def shown(text: str) -> str:
    """Return what was written, quoted and no longer than a message bears."""
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "...")


def _how(data: bytes) -> str:
    """Return how such a file came about, and what to choose instead."""
    made = {
        "Windows-1252": "as Excel writes by 'CSV (Comma delimited)'",
        "UTF-16": "as Excel writes by 'Unicode Text'",
    }.get(encoding_of(data))
    return f", {made}: choose 'CSV UTF-8 (Comma delimited)' there" if made else ""


def _expect_columns(header: Sequence[str], file: str, form: Form) -> None:
    wrong = [f"has no column {name!r}" for name in form.needed if name not in header]
    wrong += [f"has the column {shown(name)} twice" for name in {*header} if header.count(name) > 1]
    wrong += [
        f"has a column {shown(name)}, expected {', '.join(form.columns)}"
        for name in header
        if name not in form.columns
    ]
    if wrong:
        raise ConfigProblem("\n".join(f"{form.noun}: {file} {said}" for said in wrong))
