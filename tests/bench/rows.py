"""The rows of a benchmark: those of the evaluation."""

from api.rows import Row, at_least, at_most, table, write

__all__ = ["Row", "at_least", "at_most", "table", "write"]
