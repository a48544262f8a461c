"""The portal of these tests."""

from __future__ import annotations

from tests.portal import fresh, portal

__all__ = ["fresh", "portal"]
