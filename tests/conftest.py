"""Fixtures that every test may ask for."""

from tests.brokers import broker, mosquitto, nats

__all__ = ["broker", "mosquitto", "nats"]
