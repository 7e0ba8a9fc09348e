"""Whether a finding carries what decided, so that it can be recomputed, and speaks Welsh."""

from collections.abc import Mapping

from alerts.alert import AlertKind
from alerts.explained import explain, rule_of
from api.web import language
from api.web.sentences import translate

OPTIONAL = frozenset({"last_visit_us", "from_us", "until_us"})
"""Numbers that there need not be: a door that was never used, a pause without an end."""


def assert_explained(kind: AlertKind, evidence: Mapping[str, object]) -> None:
    """Fail where the evidence lacks what decided, or says that it did not decide so."""
    conditions = rule_of(kind, evidence)
    assert any(one.limit for one in conditions), f"{kind}: nothing tells what decided {evidence}"
    for one in conditions:
        for key in (one.seen, one.limit, one.low, one.high):
            if key and key not in OPTIONAL:
                assert evidence.get(key) is not None, f"{kind}: {key} is missing in {evidence}"
    for compared in explain(kind, evidence):
        assert compared.holds, f"{kind}: {compared} did not decide"
        if compared.low is not None and compared.high is not None:
            assert compared.low <= compared.high


def assert_spoken(sentence: str) -> None:
    """Fail where a sentence of the engine has no Welsh."""
    with language.speaking("cy"):
        told = str(translate(sentence))
    assert 'lang="en"' not in told, f"no form of api/web/sentences.py fits: {sentence}"
