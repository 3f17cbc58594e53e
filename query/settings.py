"""The server's settings and their defaults."""

from __future__ import annotations

from dataclasses import dataclass

from loader.errors import UsageError


@dataclass(frozen=True)
class Settings:
    """Limits and habits of a server that answers; sizes in bytes, times in seconds."""

    #: Requests of one token in a second, on average; 0 for no limit.
    requests_per_second: float = 500.0
    #: How long a query may take, and how long it may wait for others before.
    query_timeout: float = 30.0
    #: Rows of an answer unless it asks for another number, and at most.
    default_rows: int = 1_000
    max_rows: int = 50_000
    #: The body of a request.
    max_body_bytes: int = 256 << 10
    #: Answers that are kept for whoever asks the same before the data change.
    cache_bytes: int = 64 << 20
    #: How long a client may use an answer without asking whether it still holds.
    max_age: int = 0
    #: What Retry-After asks for.
    retry_after: int = 1
    #: Whether the log has a line for each request.
    log_requests: bool = True

    def __post_init__(self) -> None:
        if self.default_rows > self.max_rows:
            raise UsageError(
                f"--default-rows {self.default_rows} is more than --max-rows {self.max_rows}."
            )
