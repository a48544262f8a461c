"""Every regime's folder holds together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from schemas import registry
from single_window import regimes
from single_window.domain import cases, general
from single_window.domain.lifecycle import Verdict
from single_window.domain.plans import due, ordered, reached
from single_window.domain.regime import Regime
from single_window.domain.wording import Wording

REGIMES = list(regimes.all().values())
CASES = [
    case
    for path in (
        *(regime.cases_csv for regime in REGIMES),
        next(iter(REGIMES)).folder.parents[1] / "domain" / "cases.csv",
    )
    for case in cases.read(path)
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.case_id)
def test_a_worked_case_comes_out_as_computed(case: cases.Case) -> None:
    assert cases.judge(case, regimes.kinds()) == []


def test_every_kind_has_a_worked_case() -> None:
    worked = {case.inputs["kind"] for case in CASES}
    assert worked == set(regimes.kinds())
    assert set(general.KINDS) <= worked


@pytest.mark.parametrize("regime", REGIMES, ids=lambda r: r.name)
class TestRegime:
    def test_it_lists_exactly_the_codes_that_it_emits(self, regime: Regime) -> None:
        assert Wording.load(regime.findings_csv).codes() == regime.codes()

    def test_its_parameters_hold_on_every_day_on_which_one_changes(self, regime: Regime) -> None:
        for day in regime.parameters.change_days():
            values = regime.parameters.on(day)
            assert all(values.cite(key).source for key in values)

    def test_its_parameters_have_no_gap_from_the_first_day(self, regime: Regime) -> None:
        first = regime.parameters.first_day()
        for days in (0, 1, 366, 3650, 36500):
            values = regime.parameters.on(first + timedelta(days=days))
            assert all(values.cite(key).first <= values.day for key in values)

    def test_every_message_exists_and_names_the_regime(self, regime: Regime) -> None:
        for name in regime.messages:
            assert registry.message(name).regime in (None, regime.name)
            assert regime in regimes.owners(name)

    def test_it_owns_every_declaration_whose_schema_names_it(self, regime: Regime) -> None:
        named = {
            name
            for name, message in registry.messages().items()
            if message.regime == regime.name and message.role == "declaration"
        }
        assert named - set(regime.messages) == set(), "to be listed in regime.toml"

    def test_its_conditions_and_facts_name_existing_fields(self, regime: Regime) -> None:
        for name, owned in regime.owned.items():
            message = registry.message(name)
            paths = [f"{row.group}/{row.name}" for row in regime.conditions(name)]
            paths += [f"{owned.head}/{fact}" for fact in owned.facts]
            paths += [f"{owned.lines}/{fact}" for fact in owned.line_facts]
            paths += [path for path in (owned.day, owned.switch, *owned.when) if path]
            for path in (path.removeprefix("/") for path in paths):
                assert message.field(path).path == path

    def test_its_plan_leads_every_message_to_its_end(self, regime: Regime) -> None:
        verdicts: dict[str, Verdict] = {}
        for _ in regime.plan:
            for message in regime.messages:
                for step in due(regime.plan, message, verdicts):
                    verdicts[step.name] = Verdict(step.goal)
        assert set(verdicts) == {step.name for step in ordered(regime.plan)}
        assert all(reached(step, verdicts[step.name]) for step in regime.plan)

    def test_every_formula_is_worded(self, regime: Regime) -> None:
        for name, words in regime.formulas.items():
            assert _complete(words), name


def _complete(words: Mapping[str, str]) -> bool:
    return all(words.get(key) for key in ("label_zh", "label_en", "rule", "source", "certainty"))
