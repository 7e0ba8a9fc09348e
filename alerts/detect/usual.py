"""What is usual is told as the range of eight days in ten."""

from typing import Final

EIGHT_IN_TEN: Final = 1.2816
"""Standard deviations around the mean within which eight in ten values of a normal lie."""
