"""Forecasts of one series: by what lies before each date, and not blinded by what is odd."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from random import Random

import pytest

from query.alerts.forecasts import FAR, LASTING, SETTLED, Forecast, forecasts

FIRST = date(2026, 1, 5)
DAYS = 140


def series(
    users: Callable[[int], float], noise: float = 0.05, days: int = DAYS
) -> dict[date, float]:
    """Logarithms of users by date, with quiet weekends; the same each time."""
    chance = Random(7)  # noqa: S311 (no secret)
    found = {}
    for day in range(days):
        weekly = 0.5 if day % 7 in (5, 6) else 1.0
        value = users(day) * weekly * math.exp(noise * chance.gauss(0, 1))
        found[FIRST + timedelta(days=day)] = math.log(1 + value)
    return found


def scores(values: dict[date, float]) -> dict[int, float]:
    """How many deviations each date is from what was expected, by the number of the day."""
    return {
        (one.date - FIRST).days: (values[one.date] - one.expected) / one.deviation
        for one in forecasts(values)
    }


def test_dates_are_forecast_once_enough_lie_before_them() -> None:
    assert list(scores(series(lambda _: 200))) == list(range(SETTLED, DAYS))
    assert list(forecasts(series(lambda _: 200, days=SETTLED))) == []


@pytest.mark.parametrize("factor", [0.35, 2.2])
def test_an_odd_date_is_far_and_those_around_it_are_not(factor: float) -> None:
    found = scores(series(lambda day: 200 * (factor if day == 100 else 1)))
    assert abs(found[100]) > 2 * FAR
    assert (found[100] > 0) == (factor > 1)
    near = [score for day, score in found.items() if day != 100]
    assert sum(abs(score) >= FAR for score in near) <= 1


def test_neither_weekends_nor_growth_are_odd() -> None:
    found = scores(series(lambda day: 200 * math.exp(0.01 * day)))
    assert sum(abs(score) >= FAR for score in found.values()) <= 1


def test_no_later_value_changes_a_forecast() -> None:
    values = series(lambda day: 200 * (3 if day in (60, 90) else 1))
    shorter = {day: value for day, value in values.items() if (day - FIRST).days < 100}
    assert list(forecasts(values))[: 100 - SETTLED] == list(forecasts(shorter))


def test_the_same_values_have_the_same_forecasts() -> None:
    values = series(lambda day: 200 * (3 if day == 60 else 1))
    assert list(forecasts(values)) == list(forecasts(dict(reversed(values.items()))))


def test_a_change_that_lasts_is_followed() -> None:
    found = scores(series(lambda day: 200 if day < 80 else 600))
    assert found[80] > FAR
    later = [score for day, score in found.items() if day >= 80 + 2 * LASTING]
    assert sum(abs(score) >= FAR for score in later) <= 2


def test_a_date_without_a_value_has_no_forecast_and_hides_nothing() -> None:
    values = series(lambda day: 200 * (0.35 if day == 100 else 1))
    for hole in (10, 70, 99):
        del values[FIRST + timedelta(days=hole)]
    found = scores(values)
    assert not {10, 70, 99} & set(found)
    assert found[100] < -FAR


def test_what_never_changes_has_no_deviation() -> None:
    values = {FIRST + timedelta(days=day): 0.0 for day in range(60)}
    found = list(forecasts(values))
    assert len(found) == 60 - SETTLED
    for one in found:
        assert one == Forecast(one.date, 0.0, 0.0)
