"""Answers of the supervised model to the training problems, and the pairs among them."""

from collections import Counter
from dataclasses import dataclass

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.prompts.read import read_style
from pytest_rtlgen.storage import Journal
from pytest_rtlgen.training.recipes.evaluate import Score, find_run, judge_checkpoint
from pytest_rtlgen.training.recipes.salv.settings import SalvSettings
from pytest_rtlgen.training.signals.export import export_preferences
from pytest_rtlgen.training.signals.preferences import PreferenceReport


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCounts:
    """What became of the answers."""

    pairs: int
    problems: int
    """With a pair at least."""
    whole: int
    """Pairs without contrast signals: a right answer beside one without code."""
    dropped: tuple[tuple[str, int], ...]
    """(reason, pairs), the most frequent first."""

    def __str__(self) -> str:
        """Return one line."""
        lost = "; ".join(f"{count} {reason}" for reason, count in self.dropped)
        return (
            f"{self.pairs} pairs of {self.problems} problems, {self.whole} of whole answers; dropped: {lost or 'none'}"
        )


def sample_answers(settings: SalvSettings) -> Score:
    """Let the supervised model answer the training problems, several times each, and return what that scores.

    The answers and their verdicts stay in ``samples``.
    """
    return judge_checkpoint(settings, "sft", settings.data.train, settings.sample, settings.samples)


def write_preferences(settings: SalvSettings) -> PairCounts:
    """Write the pairs among the answers to ``pairs.jsonl``, and those that cannot be made to ``dropped.jsonl``.

    Raises:
        UsageError: there are no answers, or no pair among them.
    """
    run, dropped = find_run(settings.samples), settings.out / "dropped.jsonl"
    for path in (settings.pairs, dropped):
        path.unlink(missing_ok=True)
    report = export_preferences(run, settings.pairs, style=read_style(settings.prompt))
    Journal(dropped).append(*report.dropped)
    if not report.pairs:
        raise UsageError(f"{run}: no output is right in one answer and wrong in another; let the start be better")
    return count_pairs(report)


def count_pairs(report: PreferenceReport) -> PairCounts:
    """Return the numbers of ``report``."""
    return PairCounts(
        pairs=len(report.pairs),
        problems=len({(pair.suite, pair.problem_id) for pair in report.pairs}),
        whole=sum(not pair.contrast for pair in report.pairs),
        dropped=tuple(Counter(pair.reason for pair in report.dropped).most_common()),
    )
