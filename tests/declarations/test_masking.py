"""Who did not file recognises what a finding speaks of, and reads no person's data in it."""

from __future__ import annotations

from single_window.declarations.masking import masked
from single_window.domain.findings import Finding

PATH = "OrderHead/buyerTelephone"


def _seen(finding: Finding) -> Finding:
    (found,) = masked([finding], "CEB311Message")
    return found


def test_what_a_schema_expects_stays_readable() -> None:
    seen = _seen(Finding("schema", "SCH-LENGTH", "reject", PATH, "12345678901", "1..30"))
    assert (seen.value, seen.expected) == ("123*****901", "1..30")


def test_what_a_rule_expects_may_be_of_another_paper_and_is_masked() -> None:
    args = (("paper", "CEB511Message"), ("other", "12345678901"))
    seen = _seen(Finding("rule", "TAX-CBEC-13", "hold", PATH, "-", "12345678901", args))
    assert seen.expected == "123*****901"
    assert seen.args == (("paper", "CEB511Message"), ("other", "123*****901"))
