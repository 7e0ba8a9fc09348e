"""Where settings come from: TOML files, then ``STILLWELL_`` variables; unknown keys are refused.

``STILLWELL_MQTT__PORT=1883`` sets ``mqtt.port``. A later source wins over an earlier one.
"""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from config.problems import ConfigProblem, describe, read_text
from config.settings import Settings

PREFIX: Final = "STILLWELL_"
NOT_SETTINGS: Final = frozenset({"STILLWELL_SETTINGS", "STILLWELL_SHARED_DATA"})
"""Variables with the prefix that name a file or a folder, and are no keys."""


def load_settings(files: Sequence[Path], environment: Mapping[str, str]) -> Settings:
    """Return the settings of these files and variables, later ones first in rank.

    ConfigProblem says which key is wrong, what it is, what was expected, and where it stands.
    """
    values: dict[str, Any] = {}
    source: dict[str, str] = {}
    for file in files:
        _merge(values, source, _read(file), file.name)
    for name, text in sorted(environment.items()):
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            path = name.removeprefix(PREFIX).lower().split("__")
            _merge(values, source, _nest(path, text), name)
    try:
        return Settings.model_validate(values)
    except ValidationError as problem:
        raise ConfigProblem(
            describe("settings", Settings, problem, lambda key: _where(source, key))
        ) from problem


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_text(file, "settings"))
    except tomllib.TOMLDecodeError as problem:
        raise ConfigProblem(f"settings: {file.name} is not TOML: {problem}") from problem


def _nest(path: Sequence[str], text: str) -> dict[str, Any]:
    value: Any = text
    for part in reversed(path):
        value = {part: value}
    nested: dict[str, Any] = value
    return nested


def _merge(
    values: dict[str, Any],
    source: dict[str, str],
    more: Mapping[str, Any],
    origin: str,
    at: str = "",
) -> None:
    for key, value in more.items():
        path = f"{at}{key}"
        source[path] = origin
        old = values.get(key)
        if isinstance(value, Mapping) and isinstance(old, dict):
            _merge(old, source, value, origin, f"{path}.")
        elif isinstance(value, Mapping):
            values[key] = {}
            _merge(values[key], source, value, origin, f"{path}.")
        else:
            values[key] = value


def _where(source: Mapping[str, str], key: str) -> str:
    while key and key not in source:
        key = key.rpartition(".")[0]
    return source.get(key, "no file")
