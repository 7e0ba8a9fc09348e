"""How a wrong setting is told: where, what it is, what was expected."""

from collections.abc import Callable

from pydantic import ValidationError


class ConfigProblem(Exception):
    """Something declared is wrong; the message is one or more readable lines."""


def describe(noun: str, error: ValidationError, source: Callable[[str], str]) -> str:
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
            what = f"{key} is {item['input']!r}, {_expected(item['type'], item['msg'])}"
        lines.append(f"{noun}: {what} ({source(key)})")
    return "\n".join(lines)


def _expected(kind: str, message: str) -> str:
    return message.replace("Input should be", "expected", 1) if kind else message
