"""The port of every detector that a tick runs: fold what was read, decide, learn.

A detector is a module with these three functions. It keeps nothing itself: what it knows is in
the columns of the state that are its own.
"""

from typing import Protocol

from alerts.detect.roles import Role
from alerts.detect.streams import Signs
from alerts.scene import Scene


class Detector(Protocol):
    """Watches one thing in every home at once; each function changes the state in place."""

    @property
    def HEARS(self) -> Role:  # noqa: N802  # a constant of the module
        """The roles of the sensors whose signs it is told of in ``fold``; others change nothing."""

    def fold(self, scene: Scene, signs: Signs, start: int, stop: int) -> None:
        """Take the signs since the last time, rows ``start`` to ``stop``, before it decides.

        That is every five minutes, and at the end of a run of ticks: what is known then must
        not hang on how the signs were cut. ``tick.py`` names those that are told at every tick.
        """

    def fold_late(self, scene: Scene, signs: Signs) -> None:
        """Take signs whose moment was decided already."""

    def decide(self, scene: Scene) -> None:
        """Raise what is due now, and step what stands."""

    def learn(self, scene: Scene) -> None:
        """Learn from the day or night that has just ended, in every zone where one has.

        Called before the profile of a home follows the day.
        """
