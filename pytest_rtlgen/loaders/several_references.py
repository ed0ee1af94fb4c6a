"""Further trusted designs for one problem: an answer is right that does the same as any one of them.

Source: CodeV-R1, ``verl/utils/reward_score/codev.py``: the reward is the largest over all designs of a row.
"""

from collections.abc import Iterable
from dataclasses import replace

from pytest_rtlgen.errors import BadReferenceError, RenameError
from pytest_rtlgen.openings import list_accepted
from pytest_rtlgen.records import Problem, SourceFile
from pytest_rtlgen.verilog.interface import find_top
from pytest_rtlgen.verilog.rename import rename_module


def add_references(problem: Problem, texts: Iterable[str]) -> Problem:
    """Return ``problem`` with the designs ``texts`` as variants of its reference; equal texts count once.

    Their top modules get the name of the reference's; their ports must be its ports.

    Raises:
        BadReferenceError: a text does not parse, has no single top module, or has other ports; the message names it.
    """
    known = {problem.reference.text, *(variant.text for variant in problem.openings.variants)}
    variants = list(problem.openings.variants)
    for number, text in enumerate(texts, start=2):
        source = SourceFile(name=f"{problem.reference.name} (reference {number})", text=text)
        renamed = _give_name(source, problem.reference_top)
        if renamed.text not in known:
            known.add(renamed.text)
            variants.append(renamed)
    found = replace(problem, openings=replace(problem.openings, variants=tuple(variants)))
    list_accepted(found)
    return found


def _give_name(source: SourceFile, top: str) -> SourceFile:
    found = find_top(source)
    if found == top:
        return source
    try:
        return replace(source, text=rename_module(source.text, found, top))
    except RenameError as error:
        raise BadReferenceError(f"{source.name}: {error}; call its top module {top}") from error
