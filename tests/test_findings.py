"""A finding's message is made from its kind."""

import pytest

from pytest_rtlgen.records import Diagnostic, Finding, FindingKind, Tool


@pytest.mark.parametrize("kind", FindingKind)
def test_every_kind_has_a_message(kind: FindingKind) -> None:
    message = Finding(kind=kind, name="{x} of the candidate", line=3).message
    assert message
    assert "{name}" not in message


def test_a_finding_becomes_a_diagnostic_that_keeps_its_kind() -> None:
    found = Diagnostic.of(Finding(kind=FindingKind.DRIVEN_INPUT, name="delay_in", line=3), tool=Tool.TESTBENCH)
    assert (found.kind, found.tool, found.line) == (FindingKind.DRIVEN_INPUT, "testbench", 3)
    assert found.message == "input delay_in is driven from inside the design"
