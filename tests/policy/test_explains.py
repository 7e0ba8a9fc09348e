"""Every alert explains itself, and what leaves the house says nothing of anybody."""

import re

import pytest

from alerts.alert import PRIORITY, AlertKind, Priority, alert_id, short_text
from alerts.texts import LANGUAGES, text
from api.web.lines import kind_text

ID = alert_id("home-000001", AlertKind.NO_SIGN_OF_LIFE, 0)
TELLTALE = re.compile(
    r"\b(home|house|street|road|flat|door|bed|out|away|alone|empty|cartref|gartref|allan)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_has_a_priority_and_reads_as_words(kind: AlertKind) -> None:
    assert PRIORITY[kind] in Priority
    assert kind_text(kind).strip()


@pytest.mark.parametrize("kind", AlertKind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_short_text_says_nothing_of_person_place_or_occupancy(
    kind: AlertKind, language: str
) -> None:
    for said in (short_text(PRIORITY[kind], ID), text(PRIORITY[kind], ID, language)):
        assert len(said) <= 160
        assert not TELLTALE.search(said), said
        assert kind.value not in said
        assert set(re.findall(r"\d+", said.replace(ID[:4].upper(), ""))) <= {"1", "2", "3"}
