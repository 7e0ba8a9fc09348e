"""The table of settings in config/README.md, made from the settings themselves.

``python -m tests.policy.settings_table`` writes it.
"""

from pathlib import Path
from typing import Final, get_args, get_origin

from pydantic import BaseModel

from config.settings import Settings

README: Final = Path(__file__).resolve().parents[2] / "config" / "README.md"
BEGIN: Final = "<!-- settings:begin -->\n"
END: Final = "<!-- settings:end -->"


def rows(section: type[BaseModel], prefix: str = "") -> list[str]:
    """Return one table line a key, with its default and meaning."""
    lines = []
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            lines += rows(kind, f"{prefix}{name}.")
            continue
        shown = "the files that ship" if name == "places" else f"`{_shown(field.default)}`"
        bounds = [f"{k} {v}" for m in field.metadata for k, v in _bounds(m)]
        choices = get_args(kind) if get_origin(kind) is not None else ()
        limits = ", ".join(bounds) or " or ".join(c for c in choices if isinstance(c, str))
        meaning = " ".join((field.description or "").split())
        lines.append(f"| `{prefix}{name}` | {shown} | {limits} | {meaning} |")
    return lines


def _shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default) or '""'


def _bounds(constraint: object) -> list[tuple[str, object]]:
    names = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    return [(sign, getattr(constraint, n)) for n, sign in names.items() if hasattr(constraint, n)]


def table() -> str:
    """Return the whole table."""
    head = "| key | default | range | meaning |\n|---|---|---|---|\n"
    return head + "\n".join(rows(Settings)) + "\n"


def written() -> str:
    """Return the table as it stands in the README."""
    return README.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]


def write() -> None:
    """Put the present table into the README."""
    before, _, rest = README.read_text("utf-8").partition(BEGIN)
    README.write_text(before + BEGIN + table() + END + rest.partition(END)[2], "utf-8")


if __name__ == "__main__":
    write()
