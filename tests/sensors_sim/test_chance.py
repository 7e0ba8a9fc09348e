import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sensors_sim import chance

_WORD = (1 << 64) - 1


def _naive_mix(x: int) -> int:
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _WORD
    return x ^ (x >> 31)


def test_a_draw_is_the_published_splitmix64() -> None:
    # The first three outputs for the seed 0, as in the reference implementation.
    drawn = chance.uniform(np.zeros(1, np.uint64), np.arange(3))
    published = (0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F)
    assert [int(u * 2.0**53) for u in drawn] == [word >> 11 for word in published]


@given(st.integers(0, _WORD), st.integers(0, 1 << 40))
def test_a_draw_equals_its_loop_twin(key: int, index: int) -> None:
    [drawn] = chance.uniform(np.array([key], np.uint64), index)
    word = _naive_mix((key + (index + 1) * 0x9E3779B97F4A7C15) & _WORD)
    assert drawn == (word >> 11) * 2.0**-53


@given(st.integers(0, 1 << 62), st.integers(-(1 << 62), 1 << 62), st.integers(0, 1 << 30))
def test_a_key_depends_on_each_of_its_names(seed: int, name: int, other: int) -> None:
    key = chance.key(seed, name, other)
    assert key != chance.key(seed + 1, name, other)
    assert key != chance.key(seed, name + 1, other)
    assert key != chance.key(seed, name, other + 1)


def test_draws_look_uniform_and_normal() -> None:
    keys = chance.key(7, np.arange(50_000))
    uniform, normal = chance.uniform(keys), chance.normal(keys)
    assert uniform.min() >= 0
    assert uniform.max() < 1
    assert abs(uniform.mean() - 0.5) < 0.01
    assert abs(uniform.std() - 12**-0.5) < 0.01
    assert abs(normal.mean()) < 0.02
    assert abs(normal.std() - 1) < 0.02
