"""What people may do for a place."""

from enum import StrEnum


class Role(StrEnum):
    """What somebody does for a place; several roles may be held in one place."""

    CARE_WORKER = "care-worker"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    OFFICER = "officer"
    ENGINEER = "engineer"
    INSTALLER = "installer"
    GOVERNANCE = "governance"
    COMMISSIONER = "commissioner"
    HUB_OPERATOR = "hub-operator"
