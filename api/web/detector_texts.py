"""What supervisors read of each detector, whose words stand in ``alerts/modes.py``."""

from typing import Final

from api.web.language import N_

TEXTS: Final = (
    N_("No sign of the person"),
    N_("a silence that is long for this home and this hour, at home or after the door was used."),
    N_("Cold home"),
    N_("a home whose warmest room stays below a limit."),
    N_("Hot home"),
    N_("a home in which even the coolest room stays above a limit."),
    N_("Out at night"),
    N_(
        "an outside door between 01:00 and 05:00 with no movement inside after it, in a home "
        "where that is rare."
    ),
    N_("Long in one room"),
    N_("movement that stays in the bathroom or hall far longer than is usual in this home."),
    N_("Bathroom visits at night"),
    N_("more visits to the bathroom at night than this home usually has, over several nights."),
    N_("Slow change"),
    N_("days that have moved by hours, or that hold less and less movement."),
    N_("Bed left at night"),
    N_("a bed that was left at night and stays empty far longer than is usual in this home."),
    N_("Bed or chair not left"),
    N_(
        "a bed or chair that stays taken far longer than is usual in this home, with no movement "
        "elsewhere."
    ),
    N_("Missed dose"),
    N_(
        "a dose that the dispenser says was missed, or that was not taken by the time by which "
        "this home usually takes it."
    ),
    N_("Kitchen unused"),
    N_("kettle, cooker and fridge unused by the time by which this home usually uses one."),
    N_("Heating failed"),
    N_("a home that gets colder than its own day usually goes, with no door or window open."),
    N_("Carer expected and not seen"),
    N_("a booked visit of a carer in whose time no outside door was used."),
)
