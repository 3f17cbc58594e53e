"""The reason codes of ``raw.rejected_events``: what each means and how to mend such a row."""

from __future__ import annotations

from typing import NamedTuple


class Reason(NamedTuple):
    """What is wrong with a row of this reason, and what to do about it."""

    meaning: str
    remedy: str


REASONS = {
    "not_json": Reason("The row is not JSON.", "Write each event as one JSON object on a line."),
    "not_an_object": Reason("The row is JSON, but no object.", "Write each event as {…}."),
    "invalid_utf8": Reason(
        "The row is not UTF-8.", "Name the source's encoding, for instance --encoding latin-1."
    ),
    "too_large": Reason(
        "The row is too long; only its beginning was kept.",
        "Send less in properties, or raise --max-event-bytes and send the source again.",
    ),
    "too_deep": Reason("The JSON is nested too deep.", "Flatten the properties."),
    "duplicate_key": Reason(
        "An object has the same key twice, and engines differ on which one counts.",
        "Keep one of them.",
    ),
    "number_out_of_range": Reason(
        "A number is not finite, or no engine can keep it exactly.", "Send it as a text."
    ),
    "null_character": Reason(
        "A text holds the character U+0000, which PostgreSQL cannot store.", "Take it out."
    ),
    "lone_surrogate": Reason(
        "A text holds half of a surrogate pair, which is no character.",
        "Replace it; texts are often cut in the middle of an emoji.",
    ),
    "missing_event_name": Reason(
        "There is no event name.", "Add event_name, or name its column: --map event_name=COLUMN."
    ),
    "missing_event_time": Reason(
        "There is no event time.", "Add event_time, or name its column: --map event_time=COLUMN."
    ),
    "missing_user_id": Reason(
        "There is no user.", "Add user_id, or name its column: --map user_id=COLUMN."
    ),
    "invalid_event_name": Reason("The event name is not a text.", "Send it as a text."),
    "event_name_too_long": Reason(
        "The event name is too long.", "Shorten it; what varies belongs into properties."
    ),
    "invalid_user_id": Reason(
        "The user is neither a text nor a whole number, or too large a number to be exact.",
        "Send user_id as a text.",
    ),
    "user_id_too_long": Reason("The user id is too long.", "Send a shorter one, such as a hash."),
    "invalid_event_id": Reason(
        "The event id is blank, or neither a text nor a whole number.",
        "Send any text that no other event of this source has. Without one, the id is derived from "
        "the content, so events alike in everything become one: --map event_id= does that to all.",
    ),
    "invalid_event_time": Reason(
        "The event time is no date and time in ISO 8601.",
        "Write it as 2026-03-01T08:30:00Z, or say how it is written: --time-format epoch-ms, "
        "epoch-s, or a layout such as '%d.%m.%Y %H:%M'.",
    ),
    "event_time_without_offset": Reason(
        "The event time does not say how far it is from UTC.",
        "Append Z, or +01:00 and the like, or say where it was written: --time-zone Europe/Berlin.",
    ),
    "event_time_too_early": Reason(
        "The event time lies before --earliest.",
        "Correct the time, or set an earlier --earliest.",
    ),
    "event_time_in_future": Reason(
        "The event time lies further in the future than --future-tolerance.",
        "Correct the sender's clock, or send the row again once that time has come.",
    ),
    "properties_not_an_object": Reason(
        "The properties are not a JSON object.", 'Send them as {"key": value}.'
    ),
    "unknown_type": Reason(
        "The message has a type that the protocol of Segment does not know.",
        "Send track, identify, page, screen, group or alias.",
    ),
    "wrong_field_count": Reason(
        "A CSV record has another number of fields than the header.",
        "Quote fields that hold commas or line breaks.",
    ),
    "stray_quote": Reason(
        "A CSV field that is not quoted holds a quote, so nobody knows where it ends.",
        "Quote the field and double the quotes in it, or name the dialect: --quote none.",
    ),
    "conflicting_event_id": Reason(
        "The id is there already, for an event with other content; that first one stays.",
        "Give the row an id of its own, or drop it.",
    ),
}

#: For rows whose reason another version of the loader gave.
UNKNOWN = Reason("This version of the loader does not know the reason.", "Update the loader.")
