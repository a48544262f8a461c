"""What is asked of signatures: of everybody by a setting, of an organisation by its own choice."""

from __future__ import annotations

from typing import Literal, cast, get_args

SignaturePolicy = Literal["required", "checked", "ignored"]
"""required: absent or bad refuses the message. checked: absent is noted where the national form
asks for one, bad refuses. ignored: none is looked at."""
POLICIES: tuple[SignaturePolicy, ...] = get_args(SignaturePolicy)


def in_force(own: str, usual: str) -> SignaturePolicy:
    """What holds for an organisation that chose this, or "" for what is usual."""
    return cast(SignaturePolicy, own or usual)
