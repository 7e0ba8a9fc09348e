"""The limits of a place as rows: each with its unit, range, default and meaning.

They are fields of ``config.places.Limits``, which says the same ranges.
"""

from typing import Final

from alerts.detect.parameters import Parameter

LIMITS: Final = (
    Parameter(
        "silence_cap_h",
        "hours",
        4.0,
        12.0,
        12.0,
        "After how long without any sign a silence is told, whatever was learned.",
    ),
    Parameter(
        "silence_floor_h",
        "hours",
        1.0,
        12.0,
        3.75,
        "How long a silence must last at least before it is told; larger is quieter.",
    ),
    Parameter(
        "not_back_h",
        "hours",
        2.0,
        24.0,
        12.0,
        "How long somebody may be out before it is told; larger is quieter and slower.",
    ),
    Parameter(
        "cold_review_c",
        "°C",
        10.0,
        22.0,
        18.0,
        "Below what temperature of its warmest room a home is told for review.",
    ),
    Parameter(
        "cold_danger_c",
        "°C",
        5.0,
        18.0,
        14.0,
        "Below what temperature of its warmest room a home is told at once.",
    ),
    Parameter(
        "gateway_silent_min",
        "minutes",
        5.0,
        1440.0,
        45.0,
        "After how long without a word a gateway counts as silent; larger is slower.",
    ),
)
"""Limits of a place that can be tried; their ranges are those of ``config/places.py``."""
