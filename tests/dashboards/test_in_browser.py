"""What people see: every dashboard in Chromium, by themselves and in a page of somebody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deploy.superset.install import datasets, guest_token
from deploy.superset.project import Dashboard
from scripts.browser import Page, browser_page
from tests.dashboards.conftest import Site
from tests.dashboards.people import ADMINISTRATOR, VIEWER

# How many charts have something drawn, and what any of them complains of.
_SEEN = """(() => {
  const charts = [...document.querySelectorAll('.slice_container')];
  const drawn = charts.filter(c => c.querySelector('canvas, table td, .header-line, svg'));
  const alerts = [...document.querySelectorAll('[role=alert], .ant-alert-error')];
  return [drawn.length, alerts.map(a => a.innerText).filter(Boolean)];
})()"""
_SECONDS = 240.0
# It counts its users at an address that is not reached here, and would store the colours of labels
# whoever looks, which who may not write is refused.
_OF_SUPERSET = ("scarf", "/colors?mark_updated=false")

# What Superset's SDK for embedding does, without it: hand the frame a port, and the token on it.
_HOST = """<!doctype html><title>A customer's page</title>
<iframe id=frame width=1300 height=2000></iframe><script>
const frame = document.getElementById('frame');
frame.onload = () => {
  const channel = new MessageChannel();
  const hello = {type: '__embedded_comms__', handshake: 'port transfer'};
  frame.contentWindow.postMessage(hello, 'SUPERSET', [channel.port2]);
  const give = {switchboardAction: 'emit', method: 'guestToken', args: {guestToken: 'TOKEN'}};
  channel.port1.postMessage(give);
};
frame.src = 'SUPERSET/embedded/UUID';
</script>"""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with browser_page(tmp_path) as opened:
        opened.resize(1400, 4000)
        yield opened


def charts_of(site: Site, dashboard: Dashboard) -> int:
    return sum(
        not only or dashboard.name in only
        for view in dashboard.views
        for _, only in site.project.datasets[view].charts
    )


def wait_for(page: Page, charts: int, frame: str | None = None) -> None:
    """Wait until so many charts are drawn; fails at a complaint."""
    until = time.monotonic() + _SECONDS
    seen: tuple[int, list[str]] = (0, [])
    while time.monotonic() < until:
        options: dict[str, int] = {}
        if frame:
            found = context(page, frame)
            if found is None:
                time.sleep(1)
                continue
            options = {"contextId": found}
        answer = page.call("Runtime.evaluate", expression=_SEEN, returnByValue=True, **options)
        seen = tuple(answer["result"]["value"])
        assert not seen[1], seen[1]
        if seen[0] == charts:
            return
        time.sleep(1)
    pytest.fail(f"{seen[0]} of {charts} charts were drawn: {page.console[-5:]}")


def context(page: Page, url: str) -> int | None:
    """Where the scripts of the page's frame run, once it is at the address."""
    tree = page.call("Page.getFrameTree")["frameTree"]
    [frame] = [child["frame"] for child in tree.get("childFrames", [])]
    if not frame["url"].startswith(url):
        return None
    world = page.call("Page.createIsolatedWorld", frameId=frame["id"])
    return int(world["executionContextId"])


@pytest.mark.parametrize("connection", ["events", "events_acme"])
def test_every_dashboard_draws_all_its_charts(site: Site, page: Page, connection: str) -> None:
    # the DuckDB file has no organisation, so nobody but the administrator has its role here
    prefix, person = ("acme-", VIEWER) if connection == "events_acme" else ("", ADMINISTRATOR)
    with site.log_in(person) as client:
        session = client.cookies["session"]
        page.call("Network.setCookie", name="session", value=session, url=site.url)
        for dashboard in site.project.dashboards:
            slug = prefix + dashboard.name.replace("_", "-")
            page.call("Page.navigate", url=f"{site.url}/superset/dashboard/{slug}/")
            time.sleep(2)
            wait_for(page, charts_of(site, dashboard))
    complaints = [said for said in page.console if "error" in said.lower()]
    assert [said for said in complaints if not any(one in said for one in _OF_SUPERSET)] == []


def test_a_page_of_somebody_else_shows_a_dashboard_to_a_guest(site: Site, page: Page) -> None:
    [dashboard] = [one for one in site.project.dashboards if one.name == "segment_comparison"]
    uuid = site.embedded["acme-segment-comparison"]
    with site.administer() as superset:
        number = datasets(superset)["events_acme", "user_segments"]
        token = guest_token(superset, uuid, "a customer", {number: "segment_value = 'phone'"})
    shown = _HOST.replace("SUPERSET", site.url).replace("TOKEN", token).replace("UUID", uuid)
    with served(site.host, shown):
        page.call("Page.navigate", url=f"{site.host}/")
        time.sleep(3)
        wait_for(page, charts_of(site, dashboard), f"{site.url}/embedded/")


@contextmanager
def served(address: str, content: str) -> Iterator[None]:
    """A server of one page."""

    class OnePage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    place = urlsplit(address)
    server = HTTPServer((str(place.hostname), int(place.port or 80)), OnePage)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
