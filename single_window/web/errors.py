"""An error as a page: what happened, what to do, and a way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template


def page(problem: Mapping[str, Any]) -> str:
    """The page of a problem as the API would publish it."""
    return render_template("error.html", problem=problem)
