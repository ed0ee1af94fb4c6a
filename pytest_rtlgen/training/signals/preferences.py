"""Verdicts per output over several samples of a problem to preference pairs, with the text that makes the difference.

Source: QiMeng-SALV (arXiv 2510.19296) and its ``SA-DPO/gen_sa_dpo_training_data.py`` (github.com/zy1xxx/SALV, 8e19911):
any two samples, in both directions; the contrast signals are the outputs right in the one and wrong in the other. A
right sample beside an answer without code is a pair of whole answers. Unlike there, no design is too complex to slice,
and offsets are of characters of the answer, not tokens of one tokenizer. ``PairSelection`` is the paper's Table 3.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations
from typing import NamedTuple

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Candidate, Message, Problem, Prompt, SampleResult, Status
from pytest_rtlgen.verilog.slicing import Span

Slice = Callable[[str, str], Mapping[str, tuple[Span, ...]] | None]
"""(source, top) -> spans by output, or ``None``: cannot be sliced; such as ``Reader.slice``."""
Doubt = Callable[[str, str], Mapping[str, str]]
"""(source, top) -> outputs whose spans another tool finds too small, and the inputs that it finds more."""
Confirm = Callable[[Candidate, Problem], Collection[str]]
"""A wrong answer -> its outputs that are right by more than the first stimulus; such as ``Checker.confirm_outputs``."""

UNCONFIRMED = "the outputs that the chosen answer has right are not proved and did not stand the second stimulus"


class PairSelection(StrEnum):
    """Which pairs are made, by what the chosen answer is.

    Source: QiMeng-SALV, section 4.3 and Table 3: complete correct data sets (263k pairs), partial correct ones (110k).

    >>> PairSelection("partial").admits(is_complete=True)
    False
    """

    COMPLETE = "complete"
    """It passes as a whole."""
    PARTIAL = "partial"
    """It does not."""
    BOTH = "both"

    def admits(self, *, is_complete: bool) -> bool:
        """Whether a pair is made whose chosen answer passes as a whole, or does not."""
        return self is PairSelection.BOTH or is_complete is (self is PairSelection.COMPLETE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRules:
    """What makes a pair besides the verdicts.

    >>> PairRules(selection=PairSelection.COMPLETE).confirm is None
    True
    """

    selection: PairSelection = PairSelection.BOTH
    confirm: Confirm | None = None
    """``None``: all that was seen to be right in a wrong answer counts."""
    find_doubts: Doubt | None = None
    """Pairs whose contrast it names are dropped; ``None``: our slices are not doubted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencePair:
    """Two answers to one prompt, of which the first does something right that the second does wrong."""

    suite: str
    problem_id: str
    chosen_index: int
    """Which sample the chosen answer is."""
    rejected_index: int
    prompt: tuple[Message, ...]
    chosen: str
    """The whole answer, prose and fences included."""
    rejected: str
    contrast: tuple[str, ...]
    """Outputs that are right in ``chosen`` and wrong in ``rejected``; empty: the whole answers count, their end too."""
    chosen_spans: tuple[Span, ...]
    """What drives those outputs: characters of ``chosen``, sorted, apart; all of it where ``contrast`` is empty."""
    rejected_spans: tuple[Span, ...]
    """Likewise of ``rejected``."""
    is_complete: bool
    """Whether ``chosen`` passes as a whole; else only some of its outputs are right, ``contrast`` among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedPair:
    """Two samples that would be a pair."""

    suite: str
    problem_id: str
    chosen_index: int
    rejected_index: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceReport:
    """What the samples of one or more problems gave."""

    pairs: tuple[PreferencePair, ...] = ()
    dropped: tuple[DroppedPair, ...] = ()
    narrowed: int = 0
    """Of ``pairs``, those that lost some of their contrast, as the chosen answer has it right by chance only."""
    unconfirmed: int = 0
    """Of ``dropped``, those that lost all of it so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """Spans of one answer, or why there are none."""

    spans: tuple[Span, ...] = ()
    fault: str = ""


def build_pairs(
    problem: Problem,
    prompt: Prompt,
    samples: Sequence[SampleResult],
    slice_source: Slice,
    rules: PairRules = PairRules(),
) -> PreferenceReport:
    """Return the pairs among ``samples`` of ``problem``, all answers to ``prompt``, sorted by their indices.

    Of pairs with the same two texts the first stays.

    Raises:
        UsageError: an answer was given to another prompt.
    """
    _refuse_other_prompts(prompt, samples)
    reader = _SpanReader(problem, slice_source, rules.find_doubts)
    right = _RightOutputs(problem, rules.confirm)
    pairs: dict[tuple[str, str], PreferencePair] = {}
    dropped: dict[tuple[str, str], DroppedPair] = {}
    narrowed = unconfirmed = 0
    for chosen, rejected, seen in _list_contrasts(sorted(samples, key=lambda sample: sample.key)):
        texts = (chosen.completion.text, rejected.completion.text)
        if texts in pairs or texts in dropped or not rules.selection.admits(is_complete=chosen.verdict.is_passed):
            continue
        names = (problem.suite, problem.problem_id, chosen.key.index, rejected.key.index)
        contrast = right.keep(chosen, seen)
        if seen and not contrast:
            dropped[texts] = _drop(names, UNCONFIRMED)
            unconfirmed += 1
            continue
        left, other = reader.read(chosen, contrast), reader.read(rejected, contrast)
        fault = " and ".join(
            f"the {side} answer {item.fault}" for side, item in (("chosen", left), ("rejected", other)) if item.fault
        )
        if fault:
            dropped[texts] = _drop(names, fault)
        else:
            pairs[texts] = _pair(names, prompt, (chosen, rejected), contrast, (left.spans, other.spans))
            narrowed += contrast != seen
    return PreferenceReport(
        pairs=tuple(pairs.values()), dropped=tuple(dropped.values()), narrowed=narrowed, unconfirmed=unconfirmed
    )


def join_reports(reports: Sequence[PreferenceReport]) -> PreferenceReport:
    """Return one report of all ``reports``, their pairs in order."""
    return PreferenceReport(
        pairs=tuple(pair for report in reports for pair in report.pairs),
        dropped=tuple(pair for report in reports for pair in report.dropped),
        narrowed=sum(report.narrowed for report in reports),
        unconfirmed=sum(report.unconfirmed for report in reports),
    )


class SourcePlace(NamedTuple):
    """Where a candidate's text stands in the answer that it was taken from."""

    span: Span
    """The stretch of the candidate that does."""
    shift: int
    """How many characters further on it stands in the answer."""


def place_source(answer: str, source: str, header: str = "") -> SourcePlace | None:
    """Return which stretch of ``source`` stands in ``answer`` as it is, and how many characters further on.

    That is all of it but white space around it and the ``header`` that extraction puts back before a body; where it
    stands twice, the last, from which extraction takes it. ``None``: extraction changed the text, as it does with
    code in several places and JSON.
    """
    head = f"{header.rstrip()}\n"
    starts = [0, len(head)] if header.strip() and source.startswith(head) else [0]
    for start in starts:
        core = source[start:].strip()
        at = answer.rfind(core)
        if core and at >= 0:
            first = source.index(core, start)
            return SourcePlace(Span(first, first + len(core)), at - first)
    return None


def _list_contrasts(
    samples: Sequence[SampleResult],
) -> Iterator[tuple[SampleResult, SampleResult, tuple[str, ...]]]:
    for chosen, rejected in permutations(samples, 2):
        right, wrong = _list_right(chosen), _list_wrong(rejected)
        contrast = tuple(name for name in right if name in wrong)
        if contrast or (chosen.verdict.is_passed and rejected.verdict.status is Status.NO_CODE):
            yield chosen, rejected, contrast


def _list_right(sample: SampleResult) -> tuple[str, ...]:
    verdict = sample.verdict
    if verdict.status not in {Status.PASSED, Status.MISMATCH}:
        return ()
    return tuple(item.name for item in verdict.signals if item.is_right or (verdict.is_passed and item.checked))


def _list_wrong(sample: SampleResult) -> frozenset[str]:
    """Return the outputs that were seen to differ; one that was never compared is neither right nor wrong."""
    if sample.verdict.status is not Status.MISMATCH:
        return frozenset()
    return frozenset(item.name for item in sample.verdict.signals if item.mismatches)


class _RightOutputs:
    """Keeps of a contrast what the chosen answer has right by more than the first stimulus; asks once a text."""

    def __init__(self, problem: Problem, confirm: Confirm | None) -> None:
        self._problem = problem
        self._confirm = confirm
        self._confirmed: dict[str, Collection[str]] = {}

    def keep(self, chosen: SampleResult, contrast: tuple[str, ...]) -> tuple[str, ...]:
        """Return ``contrast`` as far as it counts; an answer that passes as a whole was confirmed by its check."""
        if self._confirm is None or chosen.verdict.is_passed:
            return contrast
        source = chosen.candidate.text
        if source not in self._confirmed:
            self._confirmed[source] = self._confirm(chosen.candidate, self._problem)
        return tuple(name for name in contrast if name in self._confirmed[source])


class _SpanReader:
    """Reads the spans of answers to one problem; each text is sliced once."""

    def __init__(self, problem: Problem, slice_source: Slice, find_doubts: Doubt | None) -> None:
        self._problem = problem
        self._slice = slice_source
        self._find_doubts = find_doubts
        self._slices: dict[str, Mapping[str, tuple[Span, ...]] | None] = {}
        self._doubts: dict[str, Mapping[str, str]] = {}

    def read(self, sample: SampleResult, contrast: tuple[str, ...]) -> _Side:
        answer, source = sample.completion.text, sample.candidate.text
        if not contrast:
            return _Side(spans=(Span(0, len(answer)),))
        place = place_source(answer, source, self._problem.header)
        if place is None:
            return _Side(fault=f"does not hold its code in one piece (rule {sample.candidate.rule})")
        if source not in self._slices:
            self._slices[source] = self._slice(source, self._problem.top)
            if self._find_doubts is not None and self._slices[source] is not None:
                self._doubts[source] = self._find_doubts(source, self._problem.top)
        slices = self._slices[source]
        if slices is None:
            return _Side(fault="cannot be sliced")
        more = self._doubts.get(source, {})
        doubts = [f"{name} ({more[name]})" for name in contrast if name in more]
        if doubts:
            return _Side(fault=f"depends on more inputs in pyverilog's reading: {'; '.join(doubts)}")
        spans = _move(_unite(span for name in contrast for span in slices.get(name, ())), place)
        return _Side(spans=spans, fault="" if spans else f"has no text that drives {', '.join(contrast)}")


def _unite(spans: Iterator[Span]) -> tuple[Span, ...]:
    """Return the characters in any of ``spans`` as sorted spans that do not touch."""
    united: list[Span] = []
    for span in sorted(spans):
        if united and span.start <= united[-1].stop:
            united[-1] = Span(united[-1].start, max(united[-1].stop, span.stop))
        else:
            united.append(span)
    return tuple(united)


def _move(spans: tuple[Span, ...], place: SourcePlace) -> tuple[Span, ...]:
    """Return ``spans``, cut to ``place``, as characters of the answer."""
    kept, shift = place
    cut = [(max(span.start, kept.start), min(span.stop, kept.stop)) for span in spans]
    return tuple(Span(start + shift, stop + shift) for start, stop in cut if start < stop)


def _refuse_other_prompts(prompt: Prompt, samples: Sequence[SampleResult]) -> None:
    for sample in samples:
        if sample.completion.prompt_digest not in {"", prompt.digest}:
            raise UsageError(
                f"{prompt.suite}/{prompt.problem_id}: sample {sample.key.index} answers another prompt than the one "
                "given; name the prompt style of its run, with its shots, rules or template"
            )


def _drop(names: tuple[str, str, int, int], reason: str) -> DroppedPair:
    suite, problem_id, chosen, rejected = names
    return DroppedPair(suite=suite, problem_id=problem_id, chosen_index=chosen, rejected_index=rejected, reason=reason)


def _pair(
    names: tuple[str, str, int, int],
    prompt: Prompt,
    samples: tuple[SampleResult, SampleResult],
    contrast: tuple[str, ...],
    spans: tuple[tuple[Span, ...], tuple[Span, ...]],
) -> PreferencePair:
    suite, problem_id, chosen, rejected = names
    return PreferencePair(
        suite=suite,
        problem_id=problem_id,
        chosen_index=chosen,
        rejected_index=rejected,
        prompt=prompt.messages,
        chosen=samples[0].completion.text,
        rejected=samples[1].completion.text,
        contrast=contrast,
        chosen_spans=spans[0],
        rejected_spans=spans[1],
        is_complete=samples[0].verdict.is_passed,
    )
