"""Each field of a place file is used, and the README says where and by which test it is held."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from pydantic import BaseModel

from config.places import Contacts, Fallback, GssCode, IdentityProvider, Limits, Place, Responsible

ROOT: Final = Path(__file__).parents[2]
README: Final = ROOT / "config" / "README.md"
PARTS: Final[dict[str, type[BaseModel]]] = {
    "contacts": Contacts, "manufacturer": Responsible, "safety_officer": Responsible,
    "fallback": Fallback, "gss_codes": GssCode, "identity_provider": IdentityProvider,
    "limits": Limits,
}  # fmt: skip
"""Tables of a place file whose fields count one by one."""

READ_AS: Final = {
    "gss_codes.from": "first", "gss_codes.to": "last", "kit": "kits",
    "audit_days": "kept_audit_days", "fallback.is_staffed_24h": "is_live_for_p1",
}  # fmt: skip
"""Fields that are read under another name: of the model, or what it makes of them."""


def fields() -> Iterator[str]:
    """Yield every field that a place file may have, with the table that it stands in."""
    for name in Place.model_fields:
        if name in PARTS:
            for inner, known in PARTS[name].model_fields.items():
                yield f"{name}.{known.alias or inner}"
        elif name != "key":  # of the file's own name
            yield name


def rows() -> dict[str, tuple[list[str], list[str]]]:
    """Return by field the files and the tests that the README names."""
    text = README.read_text("utf-8")
    table = text.partition("<!-- fields:begin -->")[2].partition("<!-- fields:end -->")[0]
    found = {}
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[0].startswith("`"):
            named = [re.findall(r"`([^`]+)`", cell) for cell in cells]
            found[named[0][0]] = named[1], named[2]
    return found


def test_the_readme_has_every_field_of_a_place_file_and_no_other() -> None:
    assert sorted(rows()) == sorted(fields())


@pytest.mark.parametrize("field", sorted(fields()))
def test_a_field_is_read_where_the_readme_says_and_not_by_config_alone(field: str) -> None:
    files, _ = rows()[field]
    name = READ_AS.get(field, field.rpartition(".")[2])
    assert files, f"{field} is used nowhere: use it, or delete it"
    for file in files:
        assert not file.startswith(("config/", "tests/")), file
        text = (ROOT / file).read_text("utf-8")
        assert re.search(rf"[.\"]{name}\b|\b{name}\(", text), f"{file} does not read {name}"


@pytest.mark.parametrize("field", sorted(fields()))
def test_a_field_is_held_by_a_test_that_there_is(field: str) -> None:
    _, tests = rows()[field]
    assert tests
    for named in tests:
        file, _, function = named.partition("::")
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        assert function in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
