"""The portal, beside the windows that all tests share."""

from tests.portal import fresh, portal

__all__ = ["fresh", "portal"]
