"""What AutoETS expects of a metric on each date, by the dates before it alone.

Exponential smoothing with an additive error, chosen and estimated by statsforecast (Hyndman and
Athanasopoulos, Forecasting: Principles and Practice, chapter 8).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist
from typing import Any

from loader.errors import LoaderError

#: Dates that have to lie before the first one that is forecast, as with weekdays.
SETTLED = 42
#: A model is chosen anew after so many dates, and between that goes on with what it has estimated.
REFIT = 28
#: What is so many deviations away counts as no more than that for what follows.
FAR = 3.5
#: What was far on so many dates one after the other, and in one direction, is a change that lasts.
LASTING = 14
_SEASON = 7
_LEVEL = 90
_Z = NormalDist().inv_cdf(0.5 + _LEVEL / 200)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was expected of a date, and one standard deviation of that, as logarithms."""

    date: date
    expected: float
    deviation: float


def require_statsforecast() -> None:
    """LoaderError with what to install, where the extra is not there."""
    try:
        import statsforecast  # noqa: F401, PLC0415 - only who asks for forecasts has it
    except ImportError as error:
        raise LoaderError(
            "Forecasts need statsforecast. Install it with: "
            "pip install 'dbt-event-analytics[forecast]'"
        ) from error


def forecasts(values: Mapping[date, float]) -> Iterator[Forecast]:
    """One-step forecasts of the dates that have a value and enough dates before them.

    Args:
        values: Logarithms by date. A date without a value, as of a rate of nothing, is taken to
            have been what was expected.

    Yields:
        By date; no later value changes an earlier forecast.
    """
    follower = _Follower()
    day, last = min(values), max(values)
    while day <= last:
        found = follower.expect()
        value = values.get(day)
        if found is not None and value is not None:
            yield Forecast(day, *found)
        follower.take(value, found)
        day += timedelta(days=1)


class _Follower:
    """A series so far, with what was far off moved near, so that it does not blind the model."""

    def __init__(self) -> None:
        self._seen: list[float] = []
        self._near: list[float] = []
        self._model: Any = None
        self._age = 0
        # how many dates in a row were far off, negative where below
        self._far = 0

    def expect(self) -> tuple[float, float] | None:
        """Expected value and deviation of the next date; None while too little is known."""
        if len(self._near) < SETTLED:
            return None
        import numpy as np  # noqa: PLC0415 - only who asks for forecasts has it
        from statsforecast.models import AutoETS  # noqa: PLC0415 - as above

        history = np.array(self._near)
        if self._model is None or self._age >= REFIT:
            self._model = AutoETS(season_length=_SEASON, model="AZZ").fit(history)
            self._age = 0
        self._age += 1
        said = self._model.forward(y=history, h=1, level=[_LEVEL])
        width = float(said[f"hi-{_LEVEL}"][0] - said[f"lo-{_LEVEL}"][0])
        return float(said["mean"][0]), width / (2 * _Z)

    def take(self, value: float | None, found: tuple[float, float] | None) -> None:
        """Go on to the next date."""
        if found is None:
            before = self._near[-_SEASON] if len(self._near) >= _SEASON else None
            seen = next(one for one in (value, before, 0.0) if one is not None)
            self._seen.append(seen)
            self._near.append(seen)
            return
        expected, deviation = found
        seen = expected if value is None else value
        off = seen - expected
        most = FAR * deviation
        if abs(off) <= most:
            self._far = 0
        else:
            direction = 1 if off > 0 else -1
            self._far = direction + (self._far if self._far * direction > 0 else 0)
        self._seen.append(seen)
        self._near.append(expected + max(-most, min(most, off)))
        if abs(self._far) >= LASTING:
            self._near[-LASTING:] = self._seen[-LASTING:]
            self._model, self._far = None, 0
