"""A payload's shape tells keys and types, and no value, however it is cut or broken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.payload_shape import shape


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"", ""),
        (b'{"t": 17, "v": [1.5, -2e3]}', '{"t": number, "v": [number, number]}'),
        (b'{"ok": true, "who": "Mx Teasel", "no": null}',
         '{"ok": true or false, "who": text, "no": nothing}'),
        (b'{"sensor": {"id": "door", "battery": 81',
         '{"sensor": {"id": text, "battery": number ..., cut off'),
        (b'{"who": "Mx Tea', '{"who": ..., cut off'),
        (b'{"Mx Teasel": 1}', "{a key of 9 characters: number}"),
        (b'{"t": oops}', '{"t": ..., not JSON from here'),
        (b"motion in the bathroom", "text, 22 characters"),
        (b"\xff\xfe\x00\x01\x02", "bytes, 5"),
    ],
)  # fmt: skip
def test_examples(payload: bytes, told: str) -> None:
    assert shape(payload) == told


VALUES = st.recursive(
    st.sampled_from(["SECRETWORD", 918273645, -918273645.5, True, None]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["t", "v", "battery"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(VALUES, st.integers(0, 300))
def test_no_value_is_told_wherever_the_payload_is_cut(value: object, kept: int) -> None:
    told = shape(json.dumps({"r": value}).encode()[:kept])
    assert "SECRET" not in told
    assert not any(character.isdigit() for character in told.split("text, ")[0])
