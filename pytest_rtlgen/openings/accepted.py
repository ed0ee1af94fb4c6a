"""The designs that a problem accepts, each as a problem of its own: a candidate must match one of them whole."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.openings.verify import verify_openings
from pytest_rtlgen.records import Interface, Problem, ResetKind, SourceFile
from pytest_rtlgen.verilog.interface import read_interface
from pytest_rtlgen.verilog.reset_kind import change_reset_kind

_KEPT = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """One design that is right."""

    problem: Problem
    """The problem with this design as its only reference."""
    name: str
    """What tells it from the reference, for people; empty: it is the reference."""


@lru_cache(_KEPT)
def list_accepted(problem: Problem) -> tuple[Accepted, ...]:
    """Return what ``problem`` accepts: its reference first, then its variants, then all of them with resets changed.

    Raises:
        BadReferenceError: a text does not parse, a variant has other ports, or a reset cannot be changed.
    """
    openings = problem.openings
    if not openings.variants and not openings.reset_kind:
        return (Accepted(problem=problem, name=""),)
    interface = _read_interface(problem, problem.reference)
    verify_openings(openings, interface)
    plain = replace(problem, openings=replace(openings, variants=(), reset_kind=()))
    texts = {problem.reference.text}
    found = [Accepted(problem=plain, name="")]
    for number, variant in enumerate(openings.variants, start=1):
        _require_ports(problem, interface, variant)
        if variant.text in texts:
            raise BadReferenceError(f"{variant.name}: is the same text as a reference before it; remove the variant")
        texts.add(variant.text)
        found.append(Accepted(problem=replace(plain, reference=variant), name=f"variant {number} ({variant.name})"))
    if openings.reset_kind:
        found += [other for one in tuple(found) for other in _change_resets(one, problem)]
        if len(found) == 1 + len(openings.variants):
            names = ", ".join(openings.reset_kind)
            raise BadReferenceError(
                f"{openings.place}: reset_kind: no block of the reference tests {names} first, so its kind cannot be "
                "changed; give the other design under variants"
            )
    return tuple(found)


def _change_resets(accepted: Accepted, problem: Problem) -> Iterator[Accepted]:
    one = accepted.problem
    names = problem.openings.reset_kind
    interface = _read_interface(one, one.reference)
    for kind in ResetKind:
        text = change_reset_kind(one.reference, interface, names, kind)
        if text == one.reference.text:
            continue
        resets = one.resets and tuple(
            replace(reset, kind=kind) if reset.port in names else reset for reset in one.resets
        )
        name = f"{accepted.name or 'the reference'} with {', '.join(names)} {kind}"
        source = SourceFile(name=f"{one.reference.name} ({kind} reset)", text=text)
        yield Accepted(problem=replace(one, reference=source, resets=resets), name=name)


def _read_interface(problem: Problem, source: SourceFile) -> Interface:
    interface = read_interface(source, problem.reference_top)
    return interface if problem.resets is None else replace(interface, resets=problem.resets)


def _require_ports(problem: Problem, interface: Interface, variant: SourceFile) -> None:
    found = {str(port) for port in read_interface(variant, problem.reference_top).ports}
    expected = {str(port) for port in interface.ports}
    if found == expected:
        return
    parts = (("is missing", sorted(expected - found)), ("is not in the reference", sorted(found - expected)))
    faults = "; ".join(f"{', '.join(names)} {verb}" for verb, names in parts if names)
    raise BadReferenceError(
        f"{variant.name}: the ports of a variant must be the reference's, but {faults}; change them"
    )
