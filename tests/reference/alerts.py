"""metric_anomalies and metric_alerts.

Logarithms are whole numbers of billionths, as in SQL: where medians and differences are taken of
these, every engine has the same.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

from .definitions import Alert
from .engagement import daily_active_users, signups
from .history import History
from .registry import Row, ratio, view
from .segments import daily_active_users_by_segment
from .sessions import sessions

_BILLION = 1_000_000_000
_MOST_ALERT_DAYS = 183

# Metric, segment and value of the segment.
_Key = tuple[str, str, str]
# What a metric is a rate of, by date: numerator and denominator, the latter 1 for a count.
_Series = dict[date, tuple[int, int]]

_USERS = {"dau": ("dau", None), "wau": ("wau", None), "mau": ("mau", None)}
_USERS_RATES = {"stickiness": ("dau", "mau")}


def _median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the middle two as databases take it."""
    ordered = sorted(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return low + 0.5 * (high - low)


def _first_date(history: History) -> date | None:
    """The first date that any alert looks at."""
    settings = history.settings
    if history.last_complete_date is None:
        return None
    back = settings.alert_report_days - 1 + 7 * settings.anomaly_weeks + settings.anomaly_days
    back = max(back, 2 * _MOST_ALERT_DAYS - 1)
    return max(history.calendar[0], history.last_complete_date - timedelta(days=back))


def _users(rows: Iterator[Row], metric: str, first: date) -> dict[tuple[str, str], _Series]:
    """A metric of a report on users, by segment and value."""
    part, whole = (_USERS | _USERS_RATES)[metric]
    found: dict[tuple[str, str], _Series] = {}
    for row in rows:
        day = row["activity_date"]
        assert isinstance(day, date)
        if day >= first:
            key = (str(row.get("segment", "")), str(row.get("segment_value", "")))
            pair = (int(str(row[part])), int(str(row[whole])) if whole else 1)
            found.setdefault(key, {})[day] = pair
    return found


def _filled(history: History, series: _Series, empty: tuple[int, int]) -> _Series:
    """A segment value's series without gaps, and as long after its end as medians look back."""
    assert history.as_of_date is not None
    last = min(max(series) + timedelta(weeks=history.settings.anomaly_weeks), history.as_of_date)
    days = range((last - min(series)).days + 1)
    dates = [min(series) + timedelta(days=n) for n in days]
    return {day: series.get(day, empty) for day in dates}


def _sessions_of_dates(history: History, first: date, metric: str) -> _Series:
    counts: dict[date, list[int]] = {day: [] for day in history.calendar if day >= first}
    for row in sessions(history):
        day = history.local_date(row["started_at"])  # type: ignore[arg-type]
        if day in counts:
            counts[day].append(int(str(row["events"])))
    if metric == "sessions":
        return {day: (len(events), 1) for day, events in counts.items()}
    return {day: (sum(events), len(events)) for day, events in counts.items()}


@lru_cache(maxsize=1)
def _watched(history: History) -> dict[_Key, _Series]:
    """Every series that an alert asks for."""
    first = _first_date(history)
    found: dict[_Key, _Series] = {}
    if first is None:
        return found
    for alert in history.definitions.alerts:
        metric, segment = alert.metric, alert.segment
        if metric in _USERS | _USERS_RATES and segment:
            empty = (0, 0 if metric in _USERS_RATES else 1)
            by_value = _users(daily_active_users_by_segment(history), metric, first)
            for (name, value), series in by_value.items():
                if name == segment:
                    found[metric, segment, value] = _filled(history, series, empty)
        elif metric in _USERS | _USERS_RATES:
            found[metric, "", ""] = _users(daily_active_users(history), metric, first)["", ""]
        elif metric == "signups":
            found[metric, "", ""] = {
                row["signup_date"]: (int(str(row["signups"])), 1)  # type: ignore[misc]
                for row in signups(history)
                if row["signup_date"] >= first  # type: ignore[operator]
            }
        else:
            found[metric, "", ""] = _sessions_of_dates(history, first, metric)
    return found


class _Likely:
    """What was likely of one series on each date that can be judged: expected log and spread."""

    def __init__(self, history: History, series: _Series) -> None:
        settings = history.settings
        self.series = {day: pair for day, pair in series.items() if history.is_over(day)}
        self.logs = {
            day: math.floor(_BILLION * math.log((1 + part) / whole) + 0.5)
            for day, (part, whole) in self.series.items()
            if whole > 0
        }
        usual = {}
        for day in self.logs:
            weeks = [day - timedelta(weeks=n) for n in range(1, settings.anomaly_weeks + 1)]
            before = [self.logs[earlier] for earlier in weeks if earlier in self.logs]
            if 2 * len(before) >= settings.anomaly_weeks:
                usual[day] = _median(before)
        residuals = {day: self.logs[day] - log for day, log in usual.items()}
        self.expected: dict[date, float] = {}
        self.spread: dict[date, float] = {}
        for day in residuals:
            days = [day - timedelta(days=n) for n in range(1, settings.anomaly_days + 1)]
            latest = [residuals[earlier] for earlier in days if earlier in residuals]
            if 2 * len(latest) < settings.anomaly_days:
                continue
            shift = _median(latest)
            deviation = _median([abs(residual - shift) for residual in latest])
            self.expected[day] = usual[day] + shift
            count = _exp(self.expected[day]) * self.series[day][1]
            self.spread[day] = max(
                1.4826 * deviation,
                math.floor(_BILLION / math.sqrt(max(count, 1)) + 0.5),
                settings.anomaly_least_percent * 10_000_000,
            )

    def score(self, day: date) -> float | None:
        """How far the date is from what was likely."""
        if day not in self.expected:
            return None
        return (self.logs[day] - self.expected[day]) / self.spread[day]

    def value_at(self, day: date, score: float) -> float | None:
        """The metric that would have this score."""
        if day not in self.expected:
            return None
        log = self.expected[day] + score * self.spread[day]
        rate = max(_exp(log) - 1 / self.series[day][1], 0)
        return math.floor(1_000_000 * rate + 0.5) / 1_000_000


def _exp(log: float) -> float:
    return math.exp(min(max(log, -40.0 * _BILLION), 40.0 * _BILLION) / _BILLION)


@view("metric", "segment", "segment_value", "date")
def metric_anomalies(history: History) -> Iterator[Row]:
    """Each of the last dates of what alerts of rule anomaly watch."""
    bounds: dict[tuple[str, str], float] = {}
    for alert in history.definitions.alerts:
        if alert.rule == "anomaly":
            key = (alert.metric, alert.segment)
            bounds[key] = min(alert.bound, bounds.get(key, alert.bound))
    for (metric, segment, value), series in _watched(history).items():
        bound = bounds.get((metric, segment))
        if bound is None or history.last_complete_date is None:
            continue
        likely = _Likely(history, series)
        days = history.settings.alert_report_days
        for day, (part, whole) in likely.series.items():
            if day <= history.last_complete_date - timedelta(days=days):
                continue
            score = likely.score(day)
            yield {
                "metric": metric,
                "segment": segment,
                "segment_value": value,
                "date": day,
                "value": ratio(part, whole),
                "expected": likely.value_at(day, 0),
                "lower": likely.value_at(day, -bound),
                "upper": likely.value_at(day, bound),
                "score": score,
                "is_anomaly": None if score is None else abs(score) >= bound,
            }


_Judged = tuple[float | None, float | None, bool | None]


def _of_bound(value: float | None, low: float, high: float, alert: Alert) -> _Judged:
    """Value, bound and whether it fires, of a rule with a value on each side."""
    if value is None:
        return None, None, None
    below, above = alert.direction != "above", alert.direction != "below"
    fires = (below and value < low) or (above and value > high)
    return value, low if alert.direction == "below" else high, fires


def _anomaly(likely: _Likely, day: date, alert: Alert) -> _Judged:
    value, score = ratio(*likely.series[day]), likely.score(day)
    if score is None:
        return value, None, None
    is_low = alert.direction == "below" or (alert.direction == "either" and score < 0)
    bound = likely.value_at(day, -alert.bound if is_low else alert.bound)
    below, above = alert.direction != "above", alert.direction != "below"
    fires = (below and score <= -alert.bound) or (above and score >= alert.bound)
    return value, bound, fires


def _change(series: _Series, day: date, alert: Alert) -> _Judged:
    assert alert.days is not None
    dates = [day - timedelta(days=n) for n in range(2 * alert.days)]
    latest = [series[d] for d in dates[: alert.days] if d in series]
    earlier = [series[d] for d in dates[alert.days :] if d in series]
    value = ratio(sum(part for part, _ in latest), sum(whole for _, whole in latest))
    before = ratio(sum(part for part, _ in earlier), sum(whole for _, whole in earlier))
    if value is None or not before or len(latest) + len(earlier) < len(dates):
        return value, None, None
    low, high = before * (1 - alert.bound / 100), before * (1 + alert.bound / 100)
    _, bound, fires = _of_bound(value, low, high, alert)
    return value, low if alert.direction == "either" and value < before else bound, fires


def _missing(series: _Series, day: date, alert: Alert) -> _Judged:
    active = [d for d, (part, _) in series.items() if part > 0]
    last = max(active) if active else min(series) - timedelta(days=1)
    value = float(max((day - last).days, 0))
    return value, alert.bound, value >= alert.bound


@view("alert", "segment", "segment_value")
def metric_alerts(history: History) -> Iterator[Row]:
    """Each alert, judged on the last date that is over."""
    day = history.last_complete_date
    for alert in history.definitions.alerts:
        for (metric, segment, segment_value), series in _watched(history).items():
            if (metric, segment) != (alert.metric, alert.segment) or day not in series:
                continue
            if alert.rule == "anomaly":
                value, bound, fires = _anomaly(_Likely(history, series), day, alert)
            elif alert.rule == "threshold":
                value, bound, fires = _of_bound(
                    ratio(*series[day]), alert.bound, alert.bound, alert
                )
            elif alert.rule == "change":
                value, bound, fires = _change(series, day, alert)
            else:
                value, bound, fires = _missing(series, day, alert)
            yield {
                "alert": alert.alert,
                "rule": alert.rule,
                "metric": metric,
                "segment": segment,
                "segment_value": segment_value,
                "date": day,
                "value": value,
                "bound": bound,
                "is_firing": fires,
                "severity": alert.severity,
                "description": alert.description,
            }
