"""What a plainly ordinary row looks like, as regular expressions of RE2.

Narrower than `loader.contract` throughout: what they match, the contract accepts as it stands.
"""

from __future__ import annotations

_HEX = "[0-9a-fA-F]"
SPACE = "[ \\t\\r]*"
# Escapes that DuckDB and the contract write alike: none of control characters or surrogates.
_ESCAPE = (
    rf'\\(?:["\\/bfnrt]|u(?:00[2-9a-fA-F]|0[1-9a-fA-F]{_HEX}|[1-9a-cA-CeEfF]{_HEX}{{2}}'
    rf"|[dD][0-7]{_HEX}){_HEX})"
)
STRING = rf'"(?:[^"\\\x00-\x1f]|{_ESCAPE})*"'
_NUMBER = (
    r"(?:0|-?[1-9][0-9]{0,17}|-?[1-9][0-9]{0,9}\.[0-9]{1,17}"
    r"|0\.0+|-?0\.[0-9]{0,3}[1-9][0-9]{0,16})"
)
_SCALAR = f"(?:{STRING}|{_NUMBER}|true|false|null)"


def _separated(item: str) -> str:
    return f"(?:{item}{SPACE}(?:,{SPACE}{item}{SPACE})*)?"


VALUE = rf"(?:{_SCALAR}|\[{SPACE}{_separated(_SCALAR)}\])"
OBJECT = rf"\{{{SPACE}{_separated(f'{STRING}{SPACE}:{SPACE}{VALUE}')}\}}"
_UUID = f'"{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}"'
_TIME = (
    r'"[1-9][0-9]{3}-[01][0-9]-[0-3][0-9][T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]'
    r'(?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-4])(?::[0-5][0-9])?)"'
)
# Begins with a letter or a visible ASCII character, so it cannot be blank.
_NAME = r'"[!#-\[\]-~\p{L}][^"\\\x00-\x1f]*"'
_USER = rf"(?:{_NAME}|0|[1-9][0-9]{{0,17}})"
VALUES = {
    "event_id": f'(?:{_UUID}|null|"")',
    "event_name": _NAME,
    "event_time": _TIME,
    "user_id": _USER,
    "properties": f"(?:{OBJECT}|null)",
}
