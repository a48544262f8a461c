"""What is installed is pinned, hashed, and explained."""

from __future__ import annotations

import configparser
import re
import sys

import pytest

from tests.house import tree

_LOCKS = ("requirements.lock", "requirements-test.lock")
_DECISION = "docs/decisions/0001-packages.md"


def _pins(lock: str) -> dict[str, str]:
    pins = re.findall(r"^([a-z0-9.-]+)(?:\[[\w,]+\])?==(\S+)(.*)$", tree.text(lock), re.MULTILINE)
    return {f"{name}{rest.strip(chr(92) + ' ')}": version for name, version, rest in pins}


def _asked() -> dict[str, set[str]]:
    setup = configparser.ConfigParser()
    setup.read_string(tree.text("setup.cfg"))
    lists = {"run": setup["options"]["install_requires"], **setup["options.extras_require"]}
    return {name: _names(text) for name, text in lists.items()}


def _names(requirements: str) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", line)[0] for line in requirements.split("\n") if line}


@pytest.mark.parametrize("lock", _LOCKS)
def test_every_line_of_a_lock_is_one_version_with_hashes(lock: str) -> None:
    logical = re.sub(r"\\\n\s*", "", re.sub(r"^\s*#.*\n", "", tree.text(lock), flags=re.MULTILINE))
    wrong = [line for line in logical.splitlines() if not re.search(r"==\S+.*--hash=sha256:", line)]
    assert wrong == []


def test_what_runs_is_tested_in_the_very_same_versions() -> None:
    tested = _pins("requirements-test.lock")
    assert {k: v for k, v in _pins("requirements.lock").items() if tested.get(k) != v} == {}


@pytest.mark.parametrize(
    ("lists", "lock"), [(("run", "postgres", "redis", "build"), _LOCKS[0]), (("test",), _LOCKS[1])]
)
def test_whatever_is_asked_for_is_in_the_lock(lists: tuple[str, ...], lock: str) -> None:
    wanted = set().union(*(_asked()[name] for name in lists))
    assert sorted(wanted - {name.split(" ")[0] for name in _pins(lock)}) == []


def test_each_package_that_is_asked_for_has_its_reason_on_the_page() -> None:
    page = tree.text(_DECISION).lower()
    wanted = set().union(*_asked().values())
    assert sorted(name for name in wanted if name.lower() not in page) == []


# Packages that come with one that was asked for, and are part of its published face.
_PART_OF = {
    "kombu": "celery",
    "urllib3": "requests",
    "werkzeug": "flask",
    "jinja2": "flask",
    "markupsafe": "flask",
}
_MODULE = {
    "argon2-cffi": "argon2",
    "bootstrap-wrapper": "bootstrap_wrapper",
    "markdown-it-py": "markdown_it",
}


def test_nothing_is_imported_that_was_not_asked_for() -> None:
    asked = set().union(*(_asked()[name] for name in ("run", "postgres")))
    known = {*tree.PACKAGES, *sys.stdlib_module_names, *(_MODULE.get(n, n) for n in asked)}
    known |= {part for part, whole in _PART_OF.items() if whole in asked}
    strays = {
        f"{path}: {name}"
        for path in tree.modules()
        for _, name in tree.imports(tree.parsed(path))
        if name.split(".")[0] not in known
    }
    assert sorted(strays) == []
