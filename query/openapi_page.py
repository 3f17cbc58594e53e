"""The API as one page for people: no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Any

#: What browsers may load for it: its own style, and nothing else.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

_STYLE = """
:root { color-scheme: light dark; --line: #8886; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { line-height: 1.2; } h2 { margin-top: 3rem; } h3 { margin-bottom: .2rem; }
code, pre { font: 14px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { border: 1px solid var(--line); border-radius: 6px; padding: .6rem; white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top; }
details { margin: .5rem 0; } summary { cursor: pointer; }
nav { columns: 19rem; } nav a { display: block; }
"""  # noqa: E501 (CSS reads well so)


def render(description: Mapping[str, Any]) -> str:
    """The page of an OpenAPI description."""
    info = description["info"]
    operations = [
        (path, method.upper(), operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    tagged = sorted(operations, key=lambda one: _tag(one[2]))
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p>",
        "<p>The same for programs: <a href='/openapi.json'>openapi.json</a>.</p><nav>",
        *(
            f"<a href='#{escape(operation['operationId'])}'>{escape(path)}</a>"
            for path, _, operation in tagged
        ),
        "</nav>",
    ]
    for tag, members in groupby(tagged, key=lambda one: _tag(one[2])):
        parts.append(f"<h2>{escape(tag)}</h2>")
        for path, method, operation in members:
            parts += _operation(path, method, operation)
    parts.append("</body></html>")
    return "\n".join(parts)


def _tag(operation: Mapping[str, Any]) -> str:
    tags = operation.get("tags") or ["the server itself"]
    return str(tags[0])


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h3 id='{escape(operation['operationId'])}'><code>{method} {escape(path)}</code></h3>"
    yield f"<p><strong>{escape(operation['summary'])}</strong></p>"
    for example in operation.get("x-examples", ()):
        url = escape(f"$URL{example['path']}")
        yield f"<p>{escape(example['summary'])}:</p>"
        body = f" -d '{escape(example['body'])}'" if "body" in example else ""
        yield f'<pre>curl -H "Authorization: Bearer $TOKEN"{body} "{url}"</pre>'
    text = operation.get("description", "")
    if text:
        paragraphs = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
        yield f"<details><summary>What it is</summary>{paragraphs}</details>"
    parameters = operation.get("parameters", ())
    if parameters:
        rows = "".join(
            f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(_type(one['schema']))}</td>"
            f"<td>{escape(one['description'])}</td></tr>"
            for one in parameters
        )
        yield (
            f"<details><summary>{len(parameters)} parameters</summary><table><tr><th>name</th>"
            f"<th>type</th><th>meaning</th></tr>{rows}</table></details>"
        )


def _type(schema: Mapping[str, Any]) -> str:
    return str(schema.get("format") or schema.get("type") or "")
