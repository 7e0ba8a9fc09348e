"""Delivery: the outbox, and one file per channel."""
