"""Names and telephone numbers of contacts, and secrets of second factors, are sealed."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from config.problems import ConfigProblem

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

WORDS = {"name": 120, "relation": 60, "phone": 40}
"""What was in the clear of a contact, and how long it could be."""

INSTALLATION = "-"


def upgrade() -> None:
    """Seal what is there, then drop the columns in which it stood."""
    if _contacts("name") or _factors("secret"):
        _vault()  # refused before anything is changed: SQLite takes no new table back
    op.create_table(
        "keyring",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_keyring")),
    )
    for table in ("contacts", "second_factors"):
        column = sa.Column("sealed", sa.Text(), nullable=False, server_default="")
        op.add_column(table, column)
    for id_, place, row in _contacts("name, c.relation, c.phone"):
        words = {name: row[name] for name in WORDS}
        _save("contacts", "id", id_, _vault().seal_row(f"contact:{id_}", place, "contact", words))
    for account, row in _factors("secret"):
        words = {"secret": row["secret"]}
        sealed = _vault().seal_row(f"account:{account}", INSTALLATION, "factor", words)
        _save("second_factors", "account", account, sealed)
    for name in WORDS:
        op.drop_column("contacts", name)
    op.drop_column("second_factors", "secret")


def downgrade() -> None:
    """Put everything back in the clear; what was erased stays so."""
    for name, length in WORDS.items():
        column = sa.Column(name, sa.String(length=length), nullable=False, server_default="")
        op.add_column("contacts", column)
    column = sa.Column("secret", sa.String(length=64), nullable=False, server_default="")
    op.add_column("second_factors", column)
    for id_, _, row in _contacts("sealed"):
        words = _vault().open_row(f"contact:{id_}", "contact", row["sealed"]) or {}
        for name in WORDS:
            _save("contacts", "id", id_, words.get(name, ""), column=name)
    for account, row in _factors("sealed"):
        words = _vault().open_row(f"account:{account}", "factor", row["sealed"]) or {}
        _save("second_factors", "account", account, words.get("secret", ""), column="secret")
    for table in ("contacts", "second_factors"):
        op.drop_column(table, "sealed")
    op.drop_table("keyring")


def _contacts(columns: str) -> list[tuple[str, str, Any]]:
    query = f"SELECT c.id, h.place, c.{columns} FROM contacts c JOIN homes h ON h.number = c.home"  # noqa: S608  # ours
    return [
        (row["id"], row["place"], row) for row in op.get_bind().execute(sa.text(query)).mappings()
    ]


def _factors(column: str) -> list[tuple[str, Any]]:
    query = f"SELECT account, {column} FROM second_factors"  # noqa: S608  # ours
    return [(row["account"], row) for row in op.get_bind().execute(sa.text(query)).mappings()]


def _save(table: str, key: str, id_: str, value: str, *, column: str = "sealed") -> None:
    statement = f"UPDATE {table} SET {column} = :value WHERE {key} = :id"  # noqa: S608  # ours
    op.get_bind().execute(sa.text(statement), {"value": value, "id": id_})


def _vault() -> Any:  # noqa: ANN401  # the vault of this version, whatever it is then
    vault = context.config.attributes.get("vault")
    if vault is None:
        raise ConfigProblem(
            "migrate: contacts and second factors are to be sealed, which needs the keys: "
            "run `stillwell migrate`"
        )
    return vault
