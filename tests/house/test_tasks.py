"""Whoever is woken exists: the window knows tasks by name only, so a typing error stays silent."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.answering import ROOT
from tests.house import tree
from worker.waking import task_of

_TELL = """
import json
from worker import composition, tasks
app = composition.app
routes = app.conf.task_routes
print(json.dumps({
    "tasks": sorted(name for name in app.tasks if name.startswith("worker.")),
    "queues": {name: routes.get(name, {}).get("queue", app.conf.task_default_queue)
               for name in app.tasks if name.startswith("worker.")},
}))
"""


def _registered(data: Path) -> dict[str, dict[str, str]]:
    """What a worker knows, asked in a process of its own: it reads its settings at the import."""
    told = subprocess.run(
        [sys.executable, "-c", _TELL], cwd=ROOT, env={**os.environ, "DATA": str(data)},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return dict(json.loads(told.stdout))


def _woken() -> dict[str, str]:
    """Every name that is woken, with one place that does it."""
    return {
        str(node.args[0].value): f"{path}:{node.lineno}"
        for path in tree.modules()
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Call) and tree.dotted(node.func).rpartition(".")[2] == "wake"
        if node.args and isinstance(node.args[0], ast.Constant)
    }


def test_every_task_that_is_woken_is_registered(data: Path) -> None:
    woken, known = _woken(), _registered(data)["tasks"]
    assert woken, "nothing wakes anybody: has wake() got another name?"
    assert {n: at for n, at in woken.items() if task_of(n) not in known} == {}


def test_every_queue_has_a_worker_that_listens(data: Path) -> None:
    named = {
        target.id: node.value.value
        for node in tree.parsed("worker/app.py").body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    supervisor = ast.walk(tree.parsed("worker/run.py"))
    listened = {named[n.id] for n in supervisor if isinstance(n, ast.Name) and n.id in named}
    assert sorted({*_registered(data)["queues"].values()} - listened) == []
