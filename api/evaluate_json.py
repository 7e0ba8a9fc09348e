"""What ``evaluation.json`` holds beside its rows: every figure with its interval."""

from collections.abc import Mapping, Sequence

from api.evaluate_figures import EngineFigures, Evaluation
from api.evaluate_judge import Judged
from sensors_sim.score import Delays, FalseRate, Figure


def beside_rows(result: Evaluation) -> dict[str, object]:
    """Return all that was found, as JSON values."""
    against = None if result.against is None else _engine(result.against)
    return {
        "homes": result.homes,
        "homes_tested": result.tested,
        "home_weeks": round(result.weeks, 2),
        "dirt": list(result.dirt),
        "settings": dict(result.settings),
        "engine": _engine(result.engine),
        "halves": {half: _engine(figures) for half, figures in result.halves.items()},
        "against_settings": dict(result.against_settings),
        "against": against,
        "differences": [
            {"name": one.name, "unit": one.unit, **_figure(one.figure)}
            for one in result.differences
        ],
        "curves": {name: _judged(curve) for name, curve in result.curves.items()},
        "budgets": [
            {
                "budget_per_100hw": one.budget,
                "load_per_100hw": one.load.per_100_homes,
                "fixed_per_100hw": one.fixed.per_100_homes,
                "found": _by_name(one.found),
                "threshold_by_week": list(one.chosen),
            }
            for one in result.budgets
        ],
        "steps": [
            {
                "name": one.step.name,
                "threshold": one.step.unit,
                "delay_day_median_h": one.delay_h,
                "line": _judged(one.line),
            }
            for one in result.steps
        ],
        "only_12h": _judged([result.only_12h])[0],
        "floors": _judged(result.floors),
        "peers": _judged(result.peers),
        "peer_notes": list(result.peer_notes),
        "night_false_per_hw": {name: _rate(rate) for name, rate in result.night.items()},
    }


def _engine(figures: EngineFigures) -> dict[str, object]:
    return {
        "silences": _judged([figures.silences])[0],
        "silences_without_proposals": _judged([figures.capped])[0],
        "kinds": [
            {
                "kind": one.kind,
                "false": _rate(one.raw),
                "false_by_day": _rate(one.by_day),
                "false_by_night": _rate(one.by_night),
                "note": one.note,
            }
            for one in figures.kinds
        ],
        "injections": [
            {
                "case": one.case,
                "window_h": one.window_h,
                "found": _by_name(one.by_time),
                "share_raised_anyway": one.anyway,
            }
            for one in figures.found
        ],
        "load_per_100hw": {name: rate.per_100_homes for name, rate in figures.load.items()},
        "failure": None
        if figures.failure is None
        else {
            "delay_min": figures.failure.delay_min,
            "person_alerts": figures.failure.person_alerts,
        },
        "added": [
            {
                "case": one.case,
                "copies": one.count,
                "share_by_kind": dict(one.share),
                "median_delay_h": dict(one.delay_h),
                "copies_with_person_alert": one.about_person,
            }
            for one in figures.added
        ],
        "verdicts": figures.verdicts,
        "fleet_silent": {
            "alerts": dict(figures.fleet.kinds),
            "delay_min": list(figures.fleet.delay_min),
        },
    }


def _judged(found: Sequence[Judged]) -> list[dict[str, object]]:
    return [
        {
            "name": judged.name,
            "raw_false": _rate(judged.raw),
            "home_false": _rate(judged.home),
            "raw_false_by_day": _rate(judged.by_day),
            "raw_false_by_night": _rate(judged.by_night),
            "found": _by_name(judged.found),
        }
        for judged in found
    ]


def _rate(rate: FalseRate) -> dict[str, object]:
    return {"per_hw": _figure(rate.mean), "per_hw_p90_home": _figure(rate.p90)}


def _by_name(found: Mapping[str, Delays]) -> dict[str, object]:
    return {
        name: {
            "draws": delays.count,
            "found_within_h": {str(h): _figure(f) for h, f in delays.within.items()},
            "median_h": _figure(delays.median_h),
            "p90_h": _figure(delays.p90_h),
        }
        for name, delays in found.items()
    }


def _figure(figure: Figure) -> dict[str, float]:
    return {"value": figure.value, "low": figure.low, "high": figure.high}
