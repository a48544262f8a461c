"""The steps of a verification: their order, their words, their national codes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def _load() -> dict[str, Mapping[str, Any]]:
    with Path(__file__).with_suffix(".toml").open("rb") as file:
        return {row["name"]: row for row in tomllib.load(file)["step"]}


STEPS: Mapping[str, Mapping[str, Any]] = _load()


def code_of(step: str, message: str) -> str:
    """The national error code of a failing step in a message."""
    row = STEPS[step]
    return str(row.get("codes", {}).get(message, row["code"]))


def words_of(step: str) -> dict[str, str]:
    """What a step is called, by language."""
    return {"zh": str(STEPS[step]["zh"]), "en": str(STEPS[step]["en"])}


def told(report: Mapping[str, Any]) -> dict[str, Any]:
    """A kept report as shown and published: each step with its words."""
    steps = [
        step | {f"text_{lang}": text for lang, text in words_of(step["step"]).items()}
        for step in report["steps"]
    ]
    return {**report, "steps": steps}
