"""What may be tuned, for the catalogue of texts: sentences of ``alerts/detect/parameters.py``."""

from typing import Final

from api.web.language import N_

TEXTS: Final = (
    N_(
        "How far beyond a home's usual longest silences a silence must be before it is told; "
        "larger is quieter and slower."
    ),
    N_(
        "How far several nights' bathroom visits must fit more visits better than the usual "
        "before they are told; larger is quieter and needs more nights."
    ),
    N_(
        "How long nothing may move inside after an outside door was used between 01:00 and "
        "05:00; larger is quieter and slower."
    ),
    N_(
        "In how many of its nights a home may use its door so before it is no longer told; "
        "larger tells more of homes that often do."
    ),
    N_(
        "How far beyond a home's usual longest stays in the bathroom or hall a stay must be "
        "before it is told; larger is quieter and slower."
    ),
    N_(
        "How long movement must have stayed in the bathroom or hall, whatever was learned; "
        "larger is quieter and slower."
    ),
    N_(
        "How far the days of a home must have moved by hours before it is told; larger is "
        "quieter and needs more days."
    ),
    N_(
        "How far the signs of movement a day must have fallen below the usual before it is "
        "told; larger is quieter and needs more days."
    ),
    N_(
        "Above what temperature of its coolest room, for three hours, a home is told for "
        "review; larger is quieter."
    ),
    N_(
        "Above what temperature of its coolest room, for half an hour, a home is told at "
        "once; larger is quieter."
    ),
    N_(
        "How much colder than its own day usually goes a home must get before its heating is "
        "told to have failed; larger is quieter and slower."
    ),
    N_(
        "Below what temperature of its warmest room a failed heating is told at all; larger "
        "tells it sooner, and of more homes."
    ),
    N_(
        "How far beyond a home's usual longest time out of bed at night such a time must be "
        "before it is told; larger is quieter and slower."
    ),
    N_(
        "How long a bed must be empty at night, whatever was learned; larger is quieter and slower."
    ),
    N_(
        "How far beyond a home's usual longest time in the bed or chair such a time must be "
        "before it is told; larger is quieter and slower."
    ),
    N_(
        "How long a bed must be taken with no movement elsewhere, whatever was learned; "
        "larger is quieter and slower."
    ),
    N_(
        "How long a chair must be taken with no movement elsewhere, whatever was learned; "
        "larger is quieter and slower."
    ),
    N_(
        "How far past the usual time of a dose, or of the first use of the kitchen, it must "
        "be before it is told as missed; larger is quieter and slower."
    ),
    N_(
        "How long past the usual time of a dose, or of the first use of the kitchen, it must "
        "be at least; larger is quieter and slower."
    ),
    N_(
        "On how many of its days a home must take a dose in the part of the day before it is "
        "told that none was; larger is quieter and says nothing of more homes."
    ),
    N_(
        "On how many of its days a home must use its kitchen in each half of the day before "
        "it is told that it did so in neither; larger is quieter and says nothing of more "
        "homes."
    ),
    N_(
        "How long before its booked time a visitor may come; larger takes more doors and "
        "movement for a visitor's."
    ),
    N_(
        "How long after its booked time a visitor may still come or be there, and after which"
        " a carer who was not seen is told; larger is quieter and slower."
    ),
    N_(
        "How many times a sensor should have seen somebody since it last did before it counts as "
        "broken; larger is quieter and slower."
    ),
    N_(
        "How long a sensor must see nobody while the home is in use, whatever it missed; larger "
        "is quieter and slower."
    ),
    N_(
        "How long a sensor must tell of movement without three minutes of pause before it counts "
        "as broken, and no longer as the person; larger is slower."
    ),
    N_(
        "An outage of the place is told when fewer than this share of the homes that should "
        "be heard in an hour are; larger tells it sooner, and wrongly more often."
    ),
    N_(
        "An outage is told by silent homes only while at least so many should be heard in an "
        "hour; smaller finds it at night and in small places, and wrongly more often."
    ),
    N_("standard deviations"),
    N_("log likelihood ratio"),
    N_("minutes"),
    N_("share of nights"),
    N_("standard deviations, summed"),
    N_("°C"),
    N_("hours"),
    N_("share of days"),
    N_("times missed"),
    N_("share"),
    N_("homes"),
    N_("After how long without any sign a silence is told, whatever was learned."),
    N_("How long a silence must last at least before it is told; larger is quieter."),
    N_("How long somebody may be out before it is told; larger is quieter and slower."),
    N_("Below what temperature of its warmest room a home is told for review."),
    N_("Below what temperature of its warmest room a home is told at once."),
    N_("After how long without a word a gateway counts as silent; larger is slower."),
)
"""Sentences and units of every parameter and limit."""
