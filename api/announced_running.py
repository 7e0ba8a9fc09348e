"""What ``stillwell gateway announced`` does, in somebody's name."""

from collections.abc import Sequence

from api import console, gateway_running, proposing, wiring
from api.gateway_running import Tell
from api.proposing import Hub
from config.problems import ConfigProblem
from config.proposals import WHY, Choice, Proposal, Use
from config.settings import Settings
from ingest.clock import instant, microseconds


def list_announced(settings: Settings, home_id: str, *, tell: Tell) -> None:
    """Tell what each gateway of a home announces; ConfigProblem where there is no such home."""
    database = wiring.open_database(settings)
    with database.begin() as connection:
        home = gateway_running.find_home(connection, home_id)
        console.note(connection, home.place, "read", f"home:{home.id}")
        hubs = proposing.of_home(connection, home)
    for hub in hubs:
        _tell_hub(hub, tell)
    if not hubs:
        tell(f"home {home.id} has no gateway of its own")


def accept(
    settings: Settings, home_id: str, by: str, devices: Sequence[str], *, tell: Tell
) -> None:
    """Make these devices sensors of a home; ConfigProblem lists every mistake."""
    choices = [read_choice(text) for text in devices]
    database = wiring.open_database(settings)
    now_us = microseconds(wiring.web_clock(settings, database)())
    with database.begin() as connection:
        account, home = gateway_running.asked_of(connection, settings, home_id, by, now_us)
        made = proposing.accept(connection, home, choices, account.id, now_us)
    tell(f"home {home.id}: {len(made)} sensors of {len(choices)} devices, watched from now on")
    for sensor in made:
        tell(f"  {sensor.room or '-':<16} {sensor.kind.value:<18} {sensor.address}")


def read_choice(text: str) -> Choice:
    """Return what ``ADDRESS=ROOM[:USE]`` says; ConfigProblem when it is written otherwise."""
    ieee, equals, rest = text.partition("=")
    room, colon, use = rest.partition(":")
    if not equals or not ieee:
        raise ConfigProblem(
            f"sensors: --device is {text[:60]!r}, expected an address and a room such as "
            "0x00158d0001a2b3c4=hall"
        )
    return Choice(ieee.strip(), room, use.strip() if colon else Use.AS_SAID.value)


def _tell_hub(hub: Hub, tell: Tell) -> None:
    if hub.at_us is None:
        tell(f"gateway {hub.id} has announced nothing yet")
        return
    tell(f"gateway {hub.id}: {len(hub.proposals)} devices, last announced "
         f"{instant(hub.at_us)} UTC")  # fmt: skip
    for one in hub.proposals:
        _tell_proposal(one, tell)
    if hub.left_out:
        tell(f"  {hub.left_out:,} more are not kept: there is no room for them")
    for sensor in hub.silent:
        tell(f"  {sensor.address} ({sensor.room or '-'}) is enrolled, and not announced")


def _tell_proposal(one: Proposal, tell: Tell) -> None:
    device = one.seen.device
    kinds = ", ".join(kind.value for kind in one.kinds or device.kinds) or "nothing we read"
    room = f", {one.room}" if one.room else ""
    tell(f"  {device.ieee}  {device.name or '(name not kept)'}: {kinds}{room}")
    if one.may_be_accepted:
        uses = [use.value for use in one.uses if use is not Use.AS_SAID]
        told = f"can be accepted{', also as ' + ', '.join(uses) if uses else ''}"
        left = f"; left out without a purpose: {', '.join(one.left_out)}" if one.left_out else ""
        late = f"; came later, {instant(one.seen.first_us)} UTC" if one.is_late else ""
        tell(f"    {told}{left}{late}")
    else:
        since = one.seen.gone_us
        tell(f"    {WHY[one.state]}{f', since {instant(since)} UTC' if since else ''}")
