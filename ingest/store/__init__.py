"""Stores keep readings for years, each behind the ``Store`` port of ``ingest.sink``."""
