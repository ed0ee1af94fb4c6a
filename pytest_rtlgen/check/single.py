"""One reference, one candidate, both as text: the shortest way to a Verdict."""

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.records import Candidate, Problem, SourceFile, Verdict
from pytest_rtlgen.verilog.interface import find_top


def make_problem(
    *, reference: str, top: str | None = None, name: str = "reference", given: tuple[SourceFile, ...] = ()
) -> Problem:
    """Return a problem for ``reference`` alone; ``top`` defaults to the module that no other one instantiates.

    ``given``: the files that the reference loads memories from.

    Raises:
        BadReferenceError: the reference does not parse, or its top module is not plain.
    """
    source = SourceFile(name=name, text=reference)
    module = top or find_top(source)
    return Problem(
        suite="single",
        problem_id=module,
        title=module,
        category="single",
        description="",
        top=module,
        given=given,
        reference=source,
        reference_top=module,
    )


def check_source(
    *,
    reference: str,
    candidate: str,
    top: str | None = None,
    settings: CheckSettings = CheckSettings(),  # noqa: B008
) -> Verdict:
    """Return the verdict on ``candidate``, Verilog text that must define the same module as ``reference``.

    >>> reference = "module inverter(input a, output y); assign y = ~a; endmodule"
    >>> verdict = check_source(reference=reference, candidate=reference.replace("~", ""))
    >>> verdict.status.value, verdict.signals[0].expected, verdict.signals[0].actual
    ('mismatch', '1', '0')

    Raises:
        BadReferenceError: the reference is no good.
        ToolError: the simulator is missing or broken.
    """
    with Checker(settings) as checker:
        return checker.check(Candidate(source=candidate, rule="given"), make_problem(reference=reference, top=top))
