"""Councils merge and split: homes move with all that hangs on them, and every row is counted.

A home's place stands in few tables; what refers to the home or its alerts follows by itself. The
audit chains of the old places stay where they were written, and both sides note the move.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from alerts import switches, tables
from alerts.modes import Mode
from api import table_copy
from api.exits import CommandFailed
from config import (
    audit,
    declarations,
    gateway_tables,
    household_tables,
    ladders,
    moves,
    people,
    rotas,
)
from config import tables as registry
from config.audit import Entry
from config.problems import ConfigProblem, read_text
from config.roles import Role

MOVES: Final = frozenset(
    {"homes", "gateways", "alerts", "handovers", "unwatched", "unwatched_times", "welfare_calls",
     "shadow_findings", "cap_proposals", "drafts", "gone_subjects"}
)  # fmt: skip
"""Tables whose rows get the new place with their home."""

COPIED: Final = frozenset({"grants", "declarations", "webhooks", "detector_modes"})
"""Tables whose rows in force are given to the new place too, where it has none."""

STAYS: Final = frozenset(
    {"audit", "audit_heads", "changes", "calibrations", "gateway_topics",
     "break_glass", "provider_visits", "imports", "rehearsals", "audit_starts"}
)  # fmt: skip
"""Tables whose rows tell what happened at a place, or concern it only: they stay as they are."""

_ENDS: Final = "sessions"  # of accounts whose roles change


@dataclass(frozen=True, slots=True)
class Plan:
    """Which homes (numbers) go to which place; ``is_whole`` when all of the sources moves."""

    sources: Sequence[str]
    homes: Mapping[str, Sequence[int]]
    is_whole: bool


@dataclass(slots=True)
class Moved:
    """What a move came to: rows that changed their place, rows that were added, and warnings."""

    places: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    before: Mapping[str, int] = field(default_factory=dict)
    after: Mapping[str, int] = field(default_factory=dict)
    standing: int = 0
    homes: Mapping[str, Sequence[int]] = field(default_factory=dict)


def merging(connection: Connection, sources: Sequence[str], target: str) -> Plan:
    """Return the plan that moves every home of the sources; ConfigProblem when it has no sense."""
    if target in sources or len(set(sources)) != len(sources):
        raise ConfigProblem(f"merge: {target} is named twice; expected places that become another")
    h = registry.homes.c
    query = select(h.number).where(h.place.in_(sources)).order_by(h.number)
    return Plan(sources, {target: list(connection.execute(query).scalars())}, is_whole=True)


def splitting(connection: Connection, source: str, file: Path, places: Sequence[str]) -> Plan:
    """Return the plan of a CSV with columns home and place; ConfigProblem lists every mistake."""
    h = registry.homes.c
    rows = connection.execute(select(h.id, h.number).where(h.place == source)).all()
    known = {row.id: row.number for row in rows}
    homes: dict[str, list[int]] = {}
    seen: dict[str, int] = {}
    wrong = []
    for line, home, place in _rows(file):
        if home not in known:
            wrong.append(f"row {line}: {home[:40]!r} is no home of {source}")
        elif home in seen:
            wrong.append(f"row {line}: {home} stands in row {seen[home]} already")
        elif place not in places or place == source:
            wrong.append(f"row {line}: place is {place[:40]!r}, expected another place with a file")
        else:
            homes.setdefault(place, []).append(known[home])
        seen.setdefault(home, line)
    if wrong:
        raise ConfigProblem("\n".join(f"split: {line} ({file.name})" for line in wrong))
    return Plan([source], homes, is_whole=False)


def _rows(file: Path) -> Iterator[tuple[int, str, str]]:
    reader = csv.DictReader(io.StringIO(read_text(file, "split")))
    if not {"home", "place"} <= set(reader.fieldnames or ()):
        raise ConfigProblem(f"split: {file.name} has no columns home and place in its first row")
    for line, row in enumerate(reader, 2):
        yield line, (row["home"] or "").strip(), (row["place"] or "").strip()


def move(connection: Connection, plan: Plan, *, account: str, now_us: int) -> Moved:
    """Move in the caller's transaction; CommandFailed when one row would be lost or doubled."""
    done = Moved(before=dict(table_copy.counts(connection)), homes=plan.homes)
    per_place = _by_place(connection)
    for target, numbers in plan.homes.items():
        done.places["homes"] += len(numbers)
        done.places["gateways"] += moves.move(connection, numbers, target)
        if plan.is_whole:
            for source in plan.sources:
                done.places["gateways"] += moves.move_shared_gateways(connection, source, target)
            if drafts := _move_drafts(connection, plan.sources, target):
                done.places["drafts"] += drafts
        _move_ledger(connection, plan, target, done)
        _give(connection, plan.sources, target, account, now_us, done)
        _note(connection, plan, target, numbers, account, now_us)
    done.after = dict(table_copy.counts(connection))
    done.standing = _standing(connection, list(plan.homes))
    _expect_whole(done, per_place, _by_place(connection))
    return done


def _move_ledger(connection: Connection, plan: Plan, target: str, done: Moved) -> None:
    own = select(registry.homes.c.id).where(registry.homes.c.place == target)
    hubs = gateway_tables.ids_of(registry.gateways.c.place == target)
    for name in (
        *("alerts", "unwatched", "unwatched_times", "welfare_calls"),
        *("shadow_findings", "cap_proposals"),
    ):
        table = tables.metadata.tables[name]
        mine: ColumnElement[bool] = table.c.home.in_(own)
        if name == "alerts":
            mine = mine | (table.c.home.is_(None) & table.c.gateway.in_(hubs))
            if plan.is_whole:  # an outage is told of a place, without any home
                mine = mine | table.c.place.in_(plan.sources)
        statement = update(table).where(mine, table.c.place != target).values(place=target)
        done.places[name] += connection.execute(statement).rowcount
    gone = registry.gone_subjects
    theirs = gone.c.home.in_(own) & (gone.c.place != target)
    done.places[gone.name] += connection.execute(
        update(gone).where(theirs).values(place=target)
    ).rowcount
    table = tables.metadata.tables["handovers"]
    moved = select(tables.alerts.c.id).where(tables.alerts.c.place == target)
    theirs = table.c.alert.in_(moved) & (table.c.place != target)
    done.places["handovers"] += connection.execute(
        update(table).where(theirs).values(place=target)
    ).rowcount


def _move_drafts(connection: Connection, sources: Sequence[str], target: str) -> int:
    d = household_tables.drafts
    statement = update(d).where(d.c.place.in_(sources)).values(place=target)
    return connection.execute(statement).rowcount


def _give(
    connection: Connection,
    sources: Sequence[str],
    target: str,
    account: str,
    now_us: int,
    done: Moved,
) -> None:
    """Let the people, ladders, webhook and switches of the old places hold at the new one."""
    g = registry.grants.c
    held = connection.execute(select(g.account, g.role).where(g.place.in_(sources))).all()
    has = set(connection.execute(select(g.account, g.role).where(g.place == target)).all())
    for one in sorted(set(held) - has):
        people.grant(connection, one.account, target, Role(one.role))
        done.added["grants"] += 1
    if len(sources) > 1 and done.added["grants"]:
        done.warnings.append(
            f"{len({one.account for one in held})} people of {' and '.join(sources)} will see "
            f"every home of {target}: take roles back where that is not meant"
        )
    for source in sources:
        for subject in ("rota", *(f"ladder-{p}" for p in ("P1", "P2", "P3", "T"))):
            _give_declaration(connection, source, target, subject, account, now_us, done)
    _give_webhook(connection, sources, target, account, now_us, done)
    _give_modes(connection, sources, target, account, now_us, done)


def _give_declaration(
    connection: Connection,
    source: str,
    target: str,
    subject: str,
    account: str,
    now_us: int,
    done: Moved,
) -> None:
    found = declarations.newest(connection, source, subject)
    if found is None:
        return
    if declarations.newest(connection, target, subject) is not None:
        return
    if subject != "rota":
        rota = rotas.find(connection, target)
        teams = {team.key for team in rota.team} if rota else set()
        if strange := ladders.teams_of(ladders.Ladder.model_validate(found.content)) - teams:
            done.warnings.append(
                f"{subject} of {source} tells the team {min(strange)}, which {target} has not: "
                "save a ladder there"
            )
            return
    declarations.save(connection, target, subject, found.content, account, now_us)
    done.added["declarations"] += 1


def _give_webhook(
    connection: Connection,
    sources: Sequence[str],
    target: str,
    account: str,
    now_us: int,
    done: Moved,
) -> None:
    w = registry.webhooks
    if connection.execute(select(w.c.place).where(w.c.place == target)).first():
        return
    query = select(w).where(w.c.place.in_(sources)).order_by(w.c.place)
    row = connection.execute(query).mappings().first()
    if row is not None:
        values = {**row, "place": target, "account": account, "since_us": now_us}
        connection.execute(insert(w).values(values))
        done.added["webhooks"] += 1


def _give_modes(
    connection: Connection,
    sources: Sequence[str],
    target: str,
    account: str,
    now_us: int,
    done: Moved,
) -> None:
    """What was live at an old place is live at the new one: a move must not silence anything."""
    known = {one.detector: one for one in switches.in_force(connection, [target])}
    wanted: dict[str, switches.Switch] = {}
    for one in switches.in_force(connection, sources):
        if one.detector not in wanted or one.mode is Mode.LIVE:
            wanted[one.detector] = one
    for detector, one in sorted(wanted.items()):
        if detector not in known:
            evidence = f"As at {one.place} before its homes moved. {one.evidence}"
            switches.switch(
                connection,
                replace(
                    one,
                    place=target,
                    since_us=now_us,
                    account=account,
                    evidence=evidence[: switches.LONGEST],
                ),
            )
            done.added["detector_modes"] += 1
        elif one.mode is Mode.LIVE and known[detector].mode is not Mode.LIVE:
            done.warnings.append(
                f"{detector} is live at {one.place} and {known[detector].mode.value} at {target}: "
                "what it finds in the homes that move will not be sent"
            )


def _note(
    connection: Connection,
    plan: Plan,
    target: str,
    numbers: Sequence[int],
    account: str,
    now_us: int,
) -> None:
    for source in plan.sources:
        entry = Entry(source, now_us, account, "moved-out", f"place:{target}", {"by": account})
        head = audit.append(connection, entry)
        detail = {"from": source, "seq": head.seq, "hash": head.hash, "homes": len(numbers)}
        audit.append(
            connection, Entry(target, now_us, account, "moved-in", f"place:{source}", detail)
        )
    h = registry.homes.c
    for start in range(0, len(numbers), 500):
        query = select(h.id).where(h.number.in_(numbers[start : start + 500])).order_by(h.number)
        homes = connection.execute(query).scalars()
        rows = [Entry(target, now_us, account, "moved-in", f"home:{home}", {}) for home in homes]
        audit.append_all(connection, target, rows)


def _by_place(connection: Connection) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for table in table_copy.every_table():
        if table.name in MOVES:
            query = select(table.c.place, func.count()).group_by(table.c.place)
            found[table.name] = Counter(dict(connection.execute(query).all()))
    return found


def _standing(connection: Connection, places: Sequence[str]) -> int:
    a = tables.alerts.c
    query = select(func.count()).where(
        a.place.in_(places), a.state.in_(["open", "acknowledged", "attending"])
    )
    return int(connection.execute(query).scalar_one())


def _expect_whole(
    done: Moved, before: Mapping[str, Counter[str]], after: Mapping[str, Counter[str]]
) -> None:
    grows = {"audit", "audit_heads", "gateway_topics", _ENDS}
    wrong = [
        f"{name} had {count} rows and {done.added[name]} added, and has {done.after[name]}"
        for name, count in done.before.items()
        if name not in grows and done.after[name] != count + done.added[name]
    ]
    wrong += [
        f"{name} had {before[name].total()} rows at all places, and has {after[name].total()}"
        for name in before
        if before[name].total() != after[name].total()
    ]
    if wrong:
        raise CommandFailed("nothing was moved: " + "; ".join(wrong))


def tell_of(done: Moved, *, tell: Callable[[str], None], is_dry_run: bool) -> None:
    """Tell what moved, what was added, every count before and after, and what to look at."""
    for name, count in sorted(done.places.items()):
        tell(f"{count:>8,} {name} {'would move' if is_dry_run else 'moved'}")
    for name, count in sorted(done.added.items()):
        tell(f"{count:>8,} {name} {'would be' if is_dry_run else 'were'} given to the new place")
    for name, count in done.before.items():
        tell(f"{name:20} {count:>10,} rows before {done.after[name]:>10,} after")
    tell(f"{done.standing:,} alerts stand there")
    for line in done.warnings:
        tell(f"look at this: {line}")
    if is_dry_run:
        tell("dry run: nothing was changed")
