from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import alerts
from alerts.alert import LIFE_SAFETY, NOTICES, SILENCES, TECHNICAL, AlertKind, State
from alerts.lifecycle import TABLE, Event, Refusal, Standing, Transition, diagram, step

kinds = st.sampled_from(list(AlertKind))
events = st.lists(st.sampled_from(list(Event)), max_size=30)
PERSON = set(AlertKind) - TECHNICAL - NOTICES


@given(kinds, events)
def test_nothing_closes_a_person_alert_but_a_person_or_late_data(
    kind: AlertKind, happened: list[Event]
) -> None:
    standing = Standing(kind)
    for event in happened:
        result = step(standing, event)
        if isinstance(result, Refusal):
            continue
        after = result.after
        if after.state is State.CLOSED and kind in PERSON:
            assert event is Event.CONTRADICT
            assert kind not in LIFE_SAFETY
        if after.state is State.RESOLVED:
            assert event is Event.RESOLVE
        assert after.step >= standing.step
        assert after.repeats >= standing.repeats
        standing = after


@given(kinds, events)
def test_a_closed_alert_stays_closed_and_only_a_silence_comes_back(
    kind: AlertKind, happened: list[Event]
) -> None:
    standing = Standing(kind)
    for event in happened:
        result = step(standing, event)
        if isinstance(result, Transition):
            assert standing.state is not State.CLOSED
            if standing.state is State.RESOLVED:
                assert kind in SILENCES
                assert result.after.step == standing.step + 1
                assert not result.after.is_eased
            standing = result.after


def test_every_row_of_the_table_is_reached() -> None:
    reached = set()
    frontier = [Standing(kind) for kind in AlertKind]
    seen = set(frontier)
    while frontier:
        standing = frontier.pop()
        for event in Event:
            result = step(standing, event)
            if isinstance(result, Transition):
                reached.add((standing.state, event))
                after = result.after
                if after not in seen and after.step < 2 and after.repeats < 2:
                    seen.add(after)
                    frontier.append(after)
    assert reached == {(row.start, row.event) for row in TABLE}


@pytest.mark.parametrize("kind", AlertKind)
def test_movement_lowers_an_alert_and_never_ends_it(kind: AlertKind) -> None:
    result = step(Standing(kind, State.OPEN), Event.EASE)
    if kind in LIFE_SAFETY | TECHNICAL:
        assert isinstance(result, Refusal)
    else:
        assert isinstance(result, Transition)
        assert (result.after.state, result.after.is_eased) == (State.OPEN, True)


def test_a_refusal_says_what_stands_in_the_way() -> None:
    result = step(Standing(AlertKind.SMOKE, State.RESOLVED), Event.ACKNOWLEDGE)
    assert result == Refusal(Event.ACKNOWLEDGE, "cannot acknowledge an alert that is resolved")


def test_the_readme_shows_the_table() -> None:
    readme = (Path(alerts.__file__).parent / "README.md").read_text("utf-8")
    assert f"```mermaid\n{diagram()}\n```" in readme
