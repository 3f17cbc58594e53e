"""What is wrong in alerting.yml is said, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from loader.errors import LoaderError
from query.alerts.config import read_config
from query.commands.alerts import alerts
from tests.alerts.watched import SECRET
from tests.support.databases import REPOSITORY
from tests.support.run import run_query

HOOK = f"{{type: webhook, url: 'https://a.example/', secret: {SECRET}}}"


def test_the_example_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALERTS_CHAT_URL", "slack://secret")
    monkeypatch.setenv("ALERTS_CRM_SECRET", SECRET)
    config = read_config(REPOSITORY / "alerting.example.yml")
    assert [receiver.kind for receiver in config.receivers] == [
        "apprise",
        "webhook",
        "alertmanager",
    ]
    assert config.receivers[0].url == "slack://secret"
    assert "secret" not in repr(config.receivers[0])
    assert SECRET not in repr(config)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "is no mapping"),
        ("receivers: {}", "names no receivers"),
        ("recievers: {}", "Did you mean 'receivers'?"),
        (f"receivers: {{a: {HOOK}}}\nclock: Mars", "clock is 'Mars'"),
        ("receivers: {a: {type: sms, url: 'x://'}}", "Use one of webhook, alertmanager, apprise"),
        ("receivers: {a: {type: webhook, url: 'https://x/'}}", "query alerts secret"),
        ("receivers: {a: {type: webhook, url: 'https://x/', secret: abc}}", "none of Standard"),
        ("receivers: {a: {type: webhook, url: 'ftp://x/', secret: abc}}", "begin with https://"),
        ("receivers: {a: {type: apprise, url: nowhere}}", "url is no address"),
        ("receivers: {a: {type: apprise, url: 'json://x', secret: a}}", "type webhook. Remove it"),
        (
            "receivers: {a: {type: apprise, url: 'json://x', remind_hours: -1}}",
            "a number above 0",
        ),
        (
            "receivers: {a: {type: apprise, url: 'json://x', user_events: [gone]}}",
            "'gone', which is not defined under user_events",
        ),
        (
            (
                "user_events: {gone: {churn_status: x}}\n"
                "receivers: {a: {type: alertmanager, url: 'http://x', user_events: [gone]}}"
            ),
            "is no alert. Remove user_events",
        ),
        ("user_events: {x: {funnel: a}}", "either funnel and step"),
        ("user_events: {x: {funnel: a, step: true}}", "either funnel and step"),
        ("receivers: {a: {url: \"{{ env_var('NOBODY_SETS_THIS') }}\"}}", "is not set"),
        ("receivers: [", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "alerting.yml"
    path.write_text(text)
    with pytest.raises(LoaderError) as found:
        read_config(path)
    assert message in found.value.message
    assert str(path) in found.value.message


def test_without_a_file_it_is_said_what_to_copy(tmp_path: Path) -> None:
    ran = run_query("alerts", "test", "--config", tmp_path / "alerting.yml")
    assert ran.exit_code == 1
    assert "Copy alerting.example.yml there" in ran.stderr


def test_an_address_that_apprise_does_not_know_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "alerting.yml"
    path.write_text("receivers: {chat: {type: apprise, url: 'nochat://secret'}}")
    ran = run_query("alerts", "test", "--config", path)
    assert ran.exit_code == 1
    assert "'chat' is none that apprise knows" in ran.stderr
    assert "secret" not in ran.stdout + ran.stderr


def test_a_new_secret_is_one(tmp_path: Path) -> None:
    made = {run_query("alerts", "secret", check=True).stdout.strip() for _ in range(2)}
    assert len(made) == 2
    path = tmp_path / "alerting.yml"
    path.write_text(f"receivers: {{a: {HOOK.replace(SECRET, made.pop())}}}")
    assert read_config(path).receivers[0].secrets


@pytest.mark.parametrize("command", sorted(alerts.commands))
def test_each_command_says_what_it_does(command: str) -> None:
    ran = run_query("alerts", command, "--help", check=True)
    assert f"query alerts {command}" in ran.stdout
    assert "Exit codes" in ran.stdout


def test_a_lake_keeps_no_alerts(tmp_path: Path) -> None:
    env = {"EVENTS_LAKE_PATH": str(tmp_path / "lake"), "DBT_PROFILES_DIR": str(REPOSITORY)}
    (tmp_path / "profiles.yml").write_bytes((REPOSITORY / "profiles.example.yml").read_bytes())
    env["DBT_PROFILES_DIR"] = str(tmp_path)
    ran = run_query("alerts", "list", "--target", "lake", env=env)
    assert ran.exit_code == 1
    assert "Name another target with --target" in ran.stderr
