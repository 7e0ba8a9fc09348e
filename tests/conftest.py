"""Fixtures that every test may ask for."""

from tests.brokers import broker, mosquitto, nats
from tests.databases import each_database
from tests.postgres import postgres

__all__ = ["broker", "each_database", "mosquitto", "nats", "postgres"]
