"""The other commands: what they print, and the exit code that a script goes by."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from single_window import regimes, settings
from single_window.cli import main


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    "command",
    [
        [],
        ["check"],
        ["submit"],
        ["cases"],
        ["demo"],
        ["verify"],
        ["migrate"],
        ["keys"],
        ["sign"],
        ["policy"],
        ["reference"],
        ["statistics"],
    ],
)
def test_every_command_has_help(
    capsys: pytest.CaptureFixture[str], command: list[str], lang: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--lang", lang, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert bool(re.search("[\u4e00-\u9fff]", said)) is (lang == "zh")


def test_without_a_command_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LC_ALL": "en_GB", "LANG": "zh_CN"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"),
    ],
)
def test_it_speaks_the_language_of_the_terminal(environment: dict[str, str], lang: str) -> None:
    assert settings.language(environment) == lang


def test_cases_of_a_regime_pass(capsys: pytest.CaptureFixture[str]) -> None:
    table = regimes.load("ecommerce_import").cases_csv
    assert main(["cases", str(table)]) == 0
    assert re.fullmatch(r"\d+ passed, 0 failed", capsys.readouterr().out.splitlines()[-1])


def test_a_case_that_fails_is_printed_and_told_in_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "cases.csv"
    table.write_text(
        'case_id,regime,inputs,expected\nC1,x,"{""kind"": ""nobody\'s""}","{""total"": ""1.00""}"\n'
    )
    assert main(["cases", str(table)]) == 1
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("C1: ")
    assert last == "0 passed, 1 failed"


def test_a_table_that_is_not_there_is_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cases", str(tmp_path / "none.csv")]) == 2
    assert "none.csv" in capsys.readouterr().err


def test_demo_writes_messages_and_what_is_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "demo"
    asked = ["--trades", "12", "--bad", "5", "--seed", "3", "--day", "2026-11-24"]
    assert main(["demo", "--lang", "en", *asked, "--mark", "-T-HOLD", "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith("4 message files")
    expected = json.loads((out / "expected.json").read_text("utf-8"))
    assert (expected["seed"], expected["day"]) == (3, "2026-11-24")
    assert sum(trade["bad"] for trade in expected["trades"]) == 5
    assert all(trade["orderNo"].endswith("-T-HOLD") for trade in expected["trades"])


@pytest.mark.parametrize(
    "asked", [["--trades", "2", "--bad", "3"], ["--trades", "2", "--per-file", "0"]]
)
def test_demo_of_what_cannot_be_is_refused(tmp_path: Path, asked: list[str]) -> None:
    assert main(["demo", *asked, "--out", str(tmp_path)]) == 2


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the settings name, as a terminal would set it."""
    folder = tmp_path / "data"
    monkeypatch.setenv("DATA", str(folder))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return folder


def test_a_new_database_has_a_whole_history(
    data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["migrate"]) == 0
    assert main(["migrate"]) == 0
    assert main(["verify"]) == 0
    assert main(["books"]) == 0
    assert main(["statistics"]) == 0
    assert main(["statistics", "--rebuild"]) == 0
    assert (data_folder / "window.db").exists()


def test_without_a_database_there_is_nothing_to_verify(
    data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify"]) == 2
    assert main(["books"]) == 2
    assert main(["statistics"]) == 2
    assert capsys.readouterr().err


# --- submit -----------------------------------------------------------------------------------


class _Window(BaseHTTPRequestHandler):
    """A window that has checked two records, one of them bad."""

    received: ClassVar[list[tuple[str, str, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Authorization"] != "Bearer right":
            self._answer(401, {"title": "logged out", "detail": "give a key"})
            return
        self.received.append((self.headers["Content-Type"], self.headers["X-File-Name"], body))
        self._answer(202, {"id": 7, "repeated": False})

    def do_GET(self) -> None:
        if "/records" in self.path:
            finding = {
                "code": "SCH-EMPTY",
                "severity": "reject",
                "path": "OrderHead/orderNo",
                "text_zh": "空",
                "text_en": "empty",
            }
            note = finding | {"code": "ENV-UNSIGNED", "severity": "warn"}
            item = {"key": "1|2", "message": "CEB311Message", "findings": [note, finding]}
            self._answer(200, {"items": [item], "next": None})
            return
        counts = {"records": 2, "accepted": 1, "warned": 0, "held": 0, "rejected": 1}
        self._answer(200, {"id": 7, "state": "done", "counts": counts})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def window() -> Iterator[str]:
    _Window.received.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Window) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_submit_sends_the_bytes_and_says_the_number(
    tmp_path: Path, window: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "订单.xml"
    path.write_bytes(b"<a/>" * 1000)
    assert main(["submit", str(path), "--server", window, "--key", "right", "--lang", "en"]) == 0
    assert "submission 7" in capsys.readouterr().out
    ((kind, name, body),) = _Window.received
    assert (kind, name, body) == ("application/xml", "%E8%AE%A2%E5%8D%95.xml", b"<a/>" * 1000)


def test_submit_that_waits_lists_what_was_rejected(
    tmp_path: Path, window: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04")
    asked = ["--server", window + "/", "--key", "right", "--wait", "--lang", "en"]
    assert main(["submit", str(path), *asked]) == 1
    said = capsys.readouterr().out
    assert "[SCH-EMPTY] OrderHead/orderNo  empty" in said and "ENV-UNSIGNED" not in said
    assert "2 records: 1 accepted" in said
    assert _Window.received[0][0] == "application/zip"


def test_submit_with_a_wrong_key_says_what_the_window_said(
    tmp_path: Path, window: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(b"<a/>")
    assert main(["submit", str(path), "--server", window, "--key", "wrong"]) == 2
    assert "401 logged out give a key" in capsys.readouterr().err


@pytest.mark.parametrize("server", ["http://127.0.0.1:9", "nowhere"])
def test_submit_to_nobody_is_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], server: str
) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(b"<a/>")
    assert main(["submit", str(path), "--server", server, "--key", "k"]) == 2
    assert capsys.readouterr().err
