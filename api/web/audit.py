"""The audit log of a place, for its information governance."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from api.auth import Needs, Visitor
from api.errors import absent
from api.resources import Resources
from api.web import audit_search, words
from api.web.pages import page
from config import audit, people
from config.roles import Role

router: Final = APIRouter(include_in_schema=False)
SHOWN: Final = 100


@router.get("/audit")
def show_audit(
    request: Request,
    visitor: Annotated[Visitor, Depends(Needs((Role.GOVERNANCE,)))],
    place: Annotated[str, Query(max_length=40)] = "",
    before: Annotated[int | None, Query(ge=1, le=1 << 31)] = None,
) -> Response:
    """Show what was done and seen at a place, the newest first: ids and codes only."""
    resources: Resources = request.app.state.resources
    own = visitor.places(Role.GOVERNANCE)
    key = place or own[0]
    if key not in own:
        raise absent()
    zone = resources.places[key].zone
    said = audit_search.typed(request.query_params)
    with resources.database.connect() as connection:
        wanted = audit_search.read(said, _actor(connection, said.get("who", "")), zone)
        errors = wanted if isinstance(wanted, dict) else {}
        rows = (
            []
            if isinstance(wanted, dict)
            else [
                row._mapping  # noqa: SLF001  # SQLAlchemy's public name
                for row in audit.read(
                    connection, key, before=before, limit=SHOWN + 1, wanted=wanted
                )
            ]
        )
        named = people.names(connection, frozenset(str(row["actor"]) for row in rows))
        acts = audit.acts(connection, key)
    context = {
        "place": resources.places[key],
        "choices": [(one, resources.places[one].name) for one in own],
        "key": key,
        "said": said,
        "errors": errors,
        "days": audit_search.fields(said, errors),
        "acts": [(one, words.label(one)) for one in acts],
        "address": audit_search.address(key, said),
        "rows": [
            {
                "seq": row["seq"],
                "when": words.moment(row["at_us"], zone),
                "who": named.get(row["actor"], row["actor"]),
                "what": words.label(row["what"]),
                "subject": row["subject"],
                "detail": "" if row["detail"] == "{}" else row["detail"],
            }
            for row in rows[:SHOWN]
        ],
        "older": rows[SHOWN - 1]["seq"] if len(rows) > SHOWN else None,
    }
    return page(request, visitor, "audit.html", context, status=422 if errors else 200)


def _actor(connection: Connection, who: str) -> str:
    """Return the account (id) that was typed; an address that nobody has fits no row.

    Whether an account of another place has the address is not told.
    """
    found = people.find_account(connection, who) if "@" in who else None
    return who if found is None else found.id
