"""Questions that people have of these views, to copy; tests ask each of them."""

from __future__ import annotations

#: By view: what is asked, and the parameters.
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "active_users": (
        (
            "Weekly active users, the last eight weeks that are over",
            "period=week&is_complete=true&sort=-period_start&limit=8",
        ),
    ),
    "churn_summary": (("How many users are active, slipping, churned", "sort=-users"),),
    "cohort_retention": (
        (
            "A retention triangle, of cells that are final",
            "is_complete=true&cohort_start__gte=2019-01-01&sort=cohort_start,period_number",
        ),
    ),
    "daily_active_users": (
        ("DAU, WAU, MAU and stickiness, the last 30 days", "sort=-activity_date&limit=30"),
        (
            "One month of them as CSV",
            "activity_date__gte=2019-03-01&activity_date__lt=2019-04-01&format=csv",
        ),
    ),
    "daily_active_users_by_segment": (
        ("Two segment values beside each other", "segment_value__in=pro,free&sort=-activity_date"),
    ),
    "funnel_conversion": (("Every funnel, step by step", "sort=funnel,step"),),
    "funnel_users": (
        (
            "Who got to the third step, the latest first",
            "step=3&sort=-reached_at&select=funnel,user_id,reached_at",
        ),
    ),
    "sessions": (
        ("The longest visits", "sort=-duration_seconds&limit=20"),
        ("All visits as Parquet, page by page", "format=parquet&limit=10000"),
    ),
    "user_churn": (
        (
            "Who is about to go, to write to them",
            "churn_status__ne=active&days_inactive__lte=60&sort=days_inactive&format=csv",
        ),
    ),
}
