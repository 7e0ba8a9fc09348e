"""The audit log of a place, for its information governance."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api.auth import Needs, Visitor
from api.errors import absent
from api.resources import Resources
from api.web import words
from api.web.pages import page, zone_of
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
    zone = zone_of(resources, resources.places[key])
    with resources.database.connect() as connection:
        rows = [row._mapping for row in audit.read(connection, key, before=before, limit=SHOWN + 1)]  # noqa: SLF001  # SQLAlchemy's public name
        named = people.names(connection, frozenset(str(row["actor"]) for row in rows))
    context = {
        "place": resources.places[key],
        "choices": [(one, resources.places[one].name) for one in own],
        "key": key,
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
    return page(request, visitor, "audit.html", context)
