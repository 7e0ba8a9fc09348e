"""Recorded readings as Parquet, the columns of a CSV; pyarrow is asked for when it is needed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from config.homes import Enrolment
from sensors_sim.deliveries import Deliveries
from sensors_sim.readings import Readings
from sensors_sim.recording import BadRecording, Recording
from sensors_sim.table import OPTIONAL, REQUIRED, assembled, recorded_sensor

_TEXTS: Final = ("home", "sensor", "kind", "room", "exit")


def arrow() -> ModuleType:
    """Return pyarrow; BadRecording says how to install it where it is missing."""
    try:
        import pyarrow as pa
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError as problem:
        raise BadRecording(
            "recording: Parquet needs pyarrow, which is not installed: "
            "python -m pip install 'stillwell[parquet]'"
        ) from problem
    module: ModuleType = pa
    return module


def read_parquet(path: Path) -> Recording:
    """Return the readings of a Parquet file with the columns of ``read_csv``.

    ``time`` (and ``arrived``) must be timestamps with a zone. BadRecording tells the row,
    counted from 1, and what was expected.
    """
    pa = arrow()
    try:
        table = pa.parquet.read_table(path)
    except (OSError, pa.ArrowException) as problem:
        raise BadRecording(f"recording: {path.name} cannot be read: {problem}") from problem
    columns = _columns(pa, table, path.name)
    said = {name: columns[name] for name in _TEXTS if name in columns}
    sensors, sensor = _sensors(pa, said, table.num_rows, path.name)
    value = columns["value"].to_numpy(zero_copy_only=False).astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(value))
    if len(bad):
        told = columns["value"][int(bad[0])].as_py()
        raise BadRecording(
            f"recording: {path.name} row {bad[0] + 1} has value {told}, expected a finite number"
        )
    made = Readings(sensor, _microseconds(columns["time"]), value)
    arrived = _microseconds(columns["arrived"]) if "arrived" in columns else None
    return assembled(sensors, made, arrived)


def _columns(pa: Any, table: Any, file: str) -> Mapping[str, Any]:  # noqa: ANN401 - pyarrow is untyped
    """Return the known columns, each one array without a hole and of the right type."""
    columns = {}
    for name in (*REQUIRED, *OPTIONAL):
        found = table.schema.get_all_field_indices(name)
        if len(found) != 1 and (found or name in REQUIRED):
            what = "has more than one" if found else "has no"
            raise BadRecording(
                f"recording: {file} {what} column {name!r}, expected {','.join(REQUIRED)}"
            )
        if found:
            column = table.column(found[0])
            _check_type(pa, column.type, name, file)
            columns[name] = column
    for name, column in columns.items():
        if column.null_count and name in (*REQUIRED, "arrived"):
            row = pa.compute.index(pa.compute.is_null(column), value=True).as_py()
            raise BadRecording(f"recording: {file} row {row + 1} has no {name}, expected a value")
    return columns


def _check_type(pa: Any, kind: Any, name: str, file: str) -> None:  # noqa: ANN401 - pyarrow is untyped
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    if name in ("time", "arrived"):
        is_good = pa.types.is_timestamp(plain) and plain.tz is not None
        expected = "timestamps with a zone, such as timestamp[us, tz=UTC]"
    elif name == "value":
        is_good, expected = (
            pa.types.is_floating(plain) or pa.types.is_integer(plain) or pa.types.is_boolean(plain),
            "numbers",
        )
    else:
        is_good = pa.types.is_string(plain) or pa.types.is_large_string(plain)
        is_good |= name == "exit" and pa.types.is_boolean(plain)
        expected = "text"
    if not is_good:
        raise BadRecording(f"recording: {file} has a column {name} of {kind}, expected {expected}")


def _microseconds(column: Any) -> NDArray[np.int64]:  # noqa: ANN401 - pyarrow is untyped
    moments: NDArray[np.datetime64] = column.to_numpy(zero_copy_only=False)
    return moments.astype("datetime64[us]").astype(np.int64)


def _sensors(
    pa: Any,  # noqa: ANN401 - pyarrow is untyped
    said: Mapping[str, Any],
    rows: int,
    file: str,
) -> tuple[tuple[Any, ...], NDArray[np.int32]]:
    """Return the sensors by their first row, and each row's sensor as int32[n]."""
    code = np.zeros(rows, np.int64)
    for name in ("home", "sensor"):
        if name in said:
            texts = said[name].cast(pa.string()).combine_chunks().dictionary_encode()
            index = pa.compute.fill_null(texts.indices, -1).to_numpy(zero_copy_only=False)
            code = code * (len(texts.dictionary) + 1) + index + 1
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    order = np.argsort(first)
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    made = tuple(_sensor(said, row, file) for row in first[order].tolist())
    return made, number[inverse.reshape(-1)]


def _sensor(said: Mapping[str, Any], row: int, file: str) -> Any:  # noqa: ANN401 - pyarrow is untyped
    texts = {name: column[row].as_py() for name, column in said.items()}
    plain = {name: "" if text is None else str(text) for name, text in texts.items()}
    return recorded_sensor(plain["sensor"].strip(), plain, f"{file} row {row + 1}")


class ParquetWriter:
    """Writes deliveries of one roster to a Parquet file, stretch by stretch; a context manager."""

    def __init__(self, path: Path, enrolment: Enrolment) -> None:
        self._pa = arrow()
        self._path = path
        home = {home.number: home.id for home in enrolment.homes}
        texts = {
            "home": [home.get(s.home or 0, "") for s in enrolment.sensors],
            "sensor": [s.id for s in enrolment.sensors],
            "kind": [s.kind.value for s in enrolment.sensors],
            "room": [s.room for s in enrolment.sensors],
            "exit": ["1" if s.is_exit else "" for s in enrolment.sensors],
        }
        self._texts = {
            name: np.unique(np.array(column, np.str_), return_inverse=True)
            for name, column in texts.items()
        }
        self._writer: Any = None

    def __enter__(self) -> Self:
        pa = self._pa
        moment, text = pa.timestamp("us", tz="UTC"), pa.string()
        fields = [("time", moment), ("arrived", moment)]
        fields += [(name, pa.dictionary(pa.int32(), text)) for name in self._texts]
        self._schema = pa.schema([*fields, ("value", pa.float64())])
        self._writer = pa.parquet.ParquetWriter(self._path, self._schema)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()

    def write(self, made: Deliveries) -> int:
        """Append these deliveries; return how many they are."""
        if len(made):
            self._writer.write_table(self._pa.table(list(self._arrays(made)), schema=self._schema))
        return len(made)

    def _arrays(self, made: Deliveries) -> Iterator[Any]:
        pa = self._pa
        for time_us in (made.time_us, made.sent_us):
            yield pa.array(time_us.view("datetime64[us]"), pa.timestamp("us", tz="UTC"))
        for words, word in self._texts.values():
            rows = word[made.sensor].astype(np.int32)
            yield pa.DictionaryArray.from_arrays(pa.array(rows), pa.array(words.tolist()))
        yield pa.array(made.value)
