"""Readings as the MQTT messages that gateways of every dialect would publish."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from config.enrol import STATUS_DIALECT
from config.homes import Enrolment
from sensors_sim.deliveries import Deliveries, at_once
from sensors_sim.dialects import chirpstack, others, senml, status, zigbee2mqtt
from sensors_sim.dialects.dialect import (
    CHIRPSTACK,
    NATIVE,
    SENML,
    ZIGBEE,
    Dialect,
    Outgoing,
    columns,
)
from sensors_sim.dialects.native import NativeDialect
from sensors_sim.readings import Readings

OF_HUBS: Final = (NATIVE, ZIGBEE, CHIRPSTACK, SENML, STATUS_DIALECT)
"""What the hubs of simulated homes speak."""

DIALECTS: Final = (*OF_HUBS, *others.ENCODERS)
"""By the topic level that names them."""


class Encoder:
    """Encodes readings whose ``sensor`` is a row of this roster's sensors.

    It numbers the native messages of each gateway from 1 within ``boot``.
    """

    def __init__(self, enrolment: Enrolment, boot: str) -> None:
        self.boot = boot
        self._roster = columns(enrolment)
        self._dialect = np.array([DIALECTS.index(s.dialect) for s in enrolment.sensors], np.int8)
        self._dialects: Mapping[str, Dialect] = {
            NATIVE: NativeDialect(boot, len(enrolment.gateways)),
            ZIGBEE: zigbee2mqtt.encode,
            CHIRPSTACK: chirpstack.encode,
            SENML: senml.encode,
            STATUS_DIALECT: status.encode,
            **others.ENCODERS,
        }

    def encode(self, made: Readings | Deliveries, *, gather_us: int = 0) -> list[Outgoing]:
        """Return these readings as messages, by gateway and then by when they are sent.

        They must be ordered by that. The native readings of a gateway, and the SenML ones of a
        device, share messages, those within ``gather_us`` where it is given; of its own status
        a gateway tells only the last.
        """
        said = made if isinstance(made, Deliveries) else at_once(made)
        dialect = self._dialect[said.sensor]
        sent: list[Outgoing] = []
        for code in np.unique(dialect).tolist():
            encode = self._dialects[DIALECTS[code]]
            sent += encode(said.take(dialect == code), self._roster, gather_us)
        sent.sort(key=lambda message: (message.gateway, message.time_us))
        return sent
