"""A file of invented households, as many as a test wants."""

from collections.abc import Iterator

from nhs_number import validate

from config.household_form import COLUMNS


def numbers() -> Iterator[str]:
    """Yield NHS numbers of the range for exercises."""
    digits = 999_000_000
    while True:
        digits += 1
        check = validate.calculate_checksum(str(digits))
        if check is not None and check < 10:
            yield f"{digits}{check}"


def rows(count: int) -> Iterator[dict[str, str]]:
    """Yield whole rows, each of another person."""
    for number, nhs_number in zip(range(1, count + 1), numbers(), strict=False):
        yield {
            **dict.fromkeys(COLUMNS, ""),
            "label": f"Round {number}",
            "name": f"Mx Invented Numberedperson{number}",
            "born": "28/02/1941",
            "nhs_number": nhs_number,
            "language": "en",
            "phone": "01632 960 001",
            "address_1": f"{number} Nowhere Lane",
            "town": "Fenbridge",
            "postcode": "ZZ1 2AB",
            "notes": "Ring twice.",
            "key_safe": "1234",
            "residents": "1",
            "goes_out": "alone",
            "risk_tier": "2",
            "contact_1_name": "A Relative",
            "contact_1_relation": "sibling",
            "contact_1_phone": "01632 960 002",
            "basis": "consent",
            "decided_by": "person",
            "decided_on": "2026-03-01",
            "review_on": "2026-09-01",
            "kit": "lean",
        }


def csv_of(count: int) -> bytes:
    """Return a file of so many households."""
    lines = [",".join(COLUMNS)]
    lines += [",".join(row[column] for column in COLUMNS) for row in rows(count)]
    return "\n".join(lines).encode()
