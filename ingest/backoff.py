"""How long to wait before trying again."""

from numpy.random import Generator


def delay_s(attempt: int, rng: Generator, *, base_s: float, cap_s: float) -> float:
    """Return the pause in seconds before try number ``attempt`` (from 0).

    Doubles from ``base_s`` to at most ``cap_s``; between half and all of that is taken, at
    random, so that those who failed together do not return together.
    """
    full = min(cap_s, base_s * 2.0 ** min(attempt, 30))
    return full * float(rng.uniform(0.5, 1.0))
