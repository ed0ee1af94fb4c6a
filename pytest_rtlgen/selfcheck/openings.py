"""The part of the self-check that tries openings: each is needed, and lets nothing through that it should not.

Two designs are made for each opening: one that is right thanks to it alone, and one that is wrong where it does not
apply. Mutants of the reference are judged with and without what is open.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.check.reference import read_reference
from pytest_rtlgen.openings import list_accepted, wrap
from pytest_rtlgen.records import (
    Candidate,
    Care,
    ClockEdge,
    Hold,
    Interface,
    Latency,
    Openings,
    Polarity,
    Problem,
    ResetKind,
    SourceFile,
)
from pytest_rtlgen.verilog.conditions import declare_type
from pytest_rtlgen.verilog.edit import rename_definition
from pytest_rtlgen.verilog.initial_values import drop_initial_values
from pytest_rtlgen.verilog.interface import find_instance, parse_reference
from pytest_rtlgen.verilog.lexical import escape_name, spell_name
from pytest_rtlgen.verilog.mutate import Mutant, list_mutants
from pytest_rtlgen.verilog.parameters import adjust_parameters, list_open_parameters
from pytest_rtlgen.verilog.rename import rename_module

_FEWEST_MUTANTS = 12
_ALWAYS = "1'b1"
_SAME, _INVERTED = "{value}", "~{value}"
_BOTH_WAYS = ((_SAME, _INVERTED), (_INVERTED, _SAME))
"""What a right and a wrong design show where a condition holds, and elsewhere."""
_FAST_MODULE, _FAST, _LATE = "rtlgen_fast", "rtlgen_fast_", "rtlgen_late_"
_EDGES = {ClockEdge.RISING: "posedge", ClockEdge.FALLING: "negedge", ClockEdge.BOTH: "edge"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningFinding:
    """What was found out about one opening."""

    name: str
    """Kind and subject, such as ``care of sum``."""
    is_needed: bool | None
    """Whether a design that is right thanks to it alone passes, and fails without it; ``None``: none can be made."""
    is_tight: bool | None
    """Whether a design fails that is wrong where it does not apply; ``None``: none can be made."""
    excused: tuple[str, ...]
    """Mutants that fail without it and pass with it, ``line N, OPERATOR: BEFORE -> AFTER`` each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningsFound:
    """What was found out about all openings of a problem."""

    openings: tuple[OpeningFinding, ...]
    mutants: int
    """Those that were tried."""
    failed: int
    """Those of them that fail."""
    failed_without: int
    """Those that fail where nothing is open."""

    @property
    def faults(self) -> tuple[str, ...]:
        """What its author should correct."""
        faults = [f"{item.name} is not needed: no design passes thanks to it" for item in self._list(is_needed=False)]
        faults += [f"{item.name} lets a design pass that is wrong elsewhere" for item in self._list(is_tight=False)]
        if self.failed_without and not self.failed:
            faults.append("with what is open, no mutant fails any more")
        return tuple(faults)

    def _list(self, *, is_needed: bool | None = None, is_tight: bool | None = None) -> Iterator[OpeningFinding]:
        for item in self.openings:
            if is_needed is not None and item.is_needed is is_needed:
                yield item
            if is_tight is not None and item.is_tight is is_tight:
                yield item


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """One opening, and the designs that try it."""

    name: str
    without: Openings
    """All the others."""
    right: str | None = None
    """Text of a design that is right thanks to it; ``None``: none can be made."""
    wrong: str | None = None
    """Text of one that is wrong where it does not apply."""


def try_openings(checker: Checker, problem: Problem, *, mutants: int, seed: int) -> OpeningsFound | None:
    """Return what becomes of designs and of at most ``mutants`` mutants, a dozen at least; ``None``: nothing is open.

    Raises:
        BadReferenceError: an opening does not fit, or the reference is no good.
        RenameError: the reference's module cannot be given the name that is asked for.
        ToolError: the simulator is missing or broken.
    """
    if problem.openings in {Openings(), Openings(place=problem.openings.place)}:
        return None
    interface = replace(checker.prepare(problem).interface, module=problem.reference_top)
    problem = replace(problem, reference=read_reference(problem.reference))
    trials = tuple(_list_trials(problem, interface))
    drawn = list_mutants(problem.reference, problem.reference_top, limit=max(mutants, _FEWEST_MUTANTS), seed=seed)
    closed = replace(problem, openings=Openings())
    failing = [mutant for mutant in drawn if not _passes(checker, closed, mutant.source)]
    passing = [mutant for mutant in failing if _passes(checker, problem, mutant.source)]
    return OpeningsFound(
        openings=tuple(_try(checker, problem, trial, passing) for trial in trials),
        mutants=len(drawn),
        failed=len(failing) - len(passing),
        failed_without=len(failing),
    )


def _try(checker: Checker, problem: Problem, trial: _Trial, passing: list[Mutant]) -> OpeningFinding:
    without = replace(problem, openings=trial.without)
    is_needed = is_tight = None
    if trial.right is not None:
        is_needed = _passes(checker, problem, trial.right) and not _passes(checker, without, trial.right)
    if trial.wrong is not None:
        is_tight = not _passes(checker, problem, trial.wrong)
    excused = tuple(_describe(mutant) for mutant in passing if not _passes(checker, without, mutant.source))
    return OpeningFinding(name=trial.name, is_needed=is_needed, is_tight=is_tight, excused=excused)


def _passes(checker: Checker, problem: Problem, source: str) -> bool:
    if problem.reference_top != problem.top:
        source = rename_module(source, problem.reference_top, problem.top)
    return checker.check(Candidate(source=source, rule="opening"), problem).is_passed


def _describe(mutant: Mutant) -> str:
    return f"line {mutant.line}, {mutant.operator}: {mutant.before} -> {mutant.after}"


def _list_trials(problem: Problem, interface: Interface) -> Iterator[_Trial]:
    openings, reference = problem.openings, problem.reference
    for care in openings.care:
        others = tuple(other for other in openings.care if other != care)
        right, wrong = (wrap(reference, interface, [care], held=held, other=other) for held, other in _BOTH_WAYS)
        yield _Trial(name=f"care of {care.output}", without=replace(openings, care=others), right=right, wrong=wrong)
    for assumption in openings.assumptions:
        rest = tuple(other for other in openings.assumptions if other != assumption)
        cares = [
            Care(output=port.name, condition=assumption.condition, place=assumption.place) for port in interface.outputs
        ]
        right, wrong = (wrap(reference, interface, cares, held=held, other=other) for held, other in _BOTH_WAYS)
        name = f"assume {assumption.condition}"
        yield _Trial(name=name, without=replace(openings, assumptions=rest), right=right, wrong=wrong)
    for hold in openings.holds:
        slow = tuple(other for other in openings.holds if other != hold)
        right, wrong = (_watch(reference, interface, hold, values) for values in (("{}", "~{}"), ("~{}", "{}")))
        name = f"hold of {hold.port}"
        yield _Trial(name=name, without=replace(openings, holds=slow), right=right, wrong=wrong)
    yield from _list_variant_trials(problem)
    if openings.is_power_up_open:
        text = drop_initial_values(reference, problem.reference_top)
        yield _Trial(name="power-up", without=replace(openings, is_power_up_open=False), right=text)
    if openings.latency is not None:
        right, wrong = _delay(reference, interface, openings.latency), _spoil(reference, interface, openings.latency)
        name = f"latency of {openings.latency.valid}"
        yield _Trial(name=name, without=replace(openings, latency=None), right=right, wrong=wrong)
    if openings.is_parameter_open:
        raised = _raise_parameters(reference, problem.reference_top)
        yield _Trial(name="parameters", without=replace(openings, is_parameter_open=False), right=raised)


def _list_variant_trials(problem: Problem) -> Iterator[_Trial]:
    openings = problem.openings
    for number, variant in enumerate(openings.variants, start=1):
        others = tuple(other for other in openings.variants if other != variant)
        yield _Trial(
            name=f"variant {number}", without=replace(openings, variants=others), right=read_reference(variant).text
        )
    if openings.reset_kind:
        changed = list_accepted(replace(problem, openings=replace(openings, variants=())))[1]
        name = f"reset kind of {', '.join(openings.reset_kind)}"
        yield _Trial(name=name, without=replace(openings, reset_kind=()), right=changed.problem.reference.text)


def _watch(reference: SourceFile, interface: Interface, hold: Hold, values: tuple[str, str]) -> str:
    """Return a design whose outputs are the first of ``values`` until ``hold`` fails, and the other from then on."""
    width = next(port.width for port in interface.inputs if port.name == hold.port)
    ports = ", ".join(f"{port.direction} {declare_type(port)}{escape_name(port.name)}" for port in interface.ports)
    pins = [f".{escape_name(port.name)}({escape_name(port.name)})" for port in interface.inputs]
    pins += [f".{escape_name(port.name)}({escape_name(_FAST + port.name)})" for port in interface.outputs]
    clock = interface.clocks[0]
    lines = [f"wire {declare_type(port)}{escape_name(_FAST + port.name)};" for port in interface.outputs]
    lines += [
        f"{_FAST_MODULE} rtlgen_u({', '.join(pins)});",
        f"reg [{width - 1}:0] rtlgen_was = 0; reg [31:0] rtlgen_count = {hold.cycles}; reg rtlgen_hasty = 0;",
        f"always @({_EDGES[clock.edge]} {escape_name(clock.port)}) begin",
        f"rtlgen_was <= {escape_name(hold.port)};",
        f"if (rtlgen_was != {escape_name(hold.port)}) begin",
        f"rtlgen_count <= 1; if (rtlgen_count < {hold.cycles}) rtlgen_hasty <= 1; end",
        f"else if (rtlgen_count < {hold.cycles}) rtlgen_count <= rtlgen_count + 1; end",
    ]
    for port in interface.outputs:
        steady, hasty = (text.format(escape_name(_FAST + port.name)) for text in values)
        lines.append(f"assign {escape_name(port.name)}= rtlgen_hasty ? {hasty} : {steady};")
    inner = rename_definition(reference.text, parse_reference(reference), interface.module, _FAST_MODULE)
    return "\n".join((inner.rstrip("\n"), f"module {spell_name(interface.module)} ({ports});", *lines, "endmodule\n"))


def _raise_parameters(reference: SourceFile, top: str) -> str | None:
    """Return a design whose parameters have other defaults: each is one more."""
    parsed = parse_reference(reference)
    instance = find_instance(parsed, top)
    if instance is None:
        return None
    raised = [replace(item, value=f"({item.value}) + 1") for item in list_open_parameters(instance)]
    adjusted = adjust_parameters(reference.text, parsed, instance, raised)
    return None if adjusted is None else adjusted.text


def _spoil(reference: SourceFile, interface: Interface, latency: Latency) -> str:
    """Return a design whose sequence has other data."""
    cares = [Care(output=name, condition=_ALWAYS, place=latency.place) for name in latency.data]
    return wrap(reference, interface, cares, held=_INVERTED, other=_SAME)


def _delay(reference: SourceFile, interface: Interface, latency: Latency) -> str:
    """Return a design whose sequence comes a cycle later."""
    late = [port for port in interface.outputs if port.name in {latency.valid, *latency.data}]
    ports = ", ".join(f"{port.direction} {declare_type(port)}{escape_name(port.name)}" for port in interface.ports)
    pins = ", ".join(
        f".{escape_name(port.name)}({escape_name(_FAST + port.name if port in late else port.name)})"
        for port in interface.ports
    )
    lines = [f"wire {declare_type(port)}{escape_name(_FAST + port.name)};" for port in late]
    lines += [f"reg {declare_type(port)}{escape_name(_LATE + port.name)};" for port in late]
    lines.append(f"{_FAST_MODULE} rtlgen_u({pins});")
    lines += [f"assign {escape_name(port.name)}= {escape_name(_LATE + port.name)};" for port in late]
    loads = " ".join(f"{escape_name(_LATE + port.name)}<= {escape_name(_FAST + port.name)};" for port in late)
    clears = " ".join(f"{escape_name(_LATE + port.name)}<= 0;" for port in late)
    lines.append(f"always @({_render_edges(interface)}) {_render_reset(interface, clears)}begin {loads} end")
    inner = rename_definition(reference.text, parse_reference(reference), interface.module, _FAST_MODULE)
    return "\n".join((inner.rstrip("\n"), f"module {spell_name(interface.module)} ({ports});", *lines, "endmodule\n"))


def _render_edges(interface: Interface) -> str:
    clock = interface.clocks[0]
    edges = [f"{_EDGES[clock.edge]} {escape_name(clock.port)}"]
    edges += [
        f"{'posedge' if reset.active is Polarity.HIGH else 'negedge'} {escape_name(reset.port)}"
        for reset in interface.resets
        if reset.kind is ResetKind.ASYNCHRONOUS
    ]
    return " or ".join(edges)


def _render_reset(interface: Interface, clears: str) -> str:
    if not interface.resets:
        return ""
    active = (f"{'' if reset.active is Polarity.HIGH else '!'}{escape_name(reset.port)}" for reset in interface.resets)
    return f"if ({' || '.join(active)}) begin {clears} end else "
