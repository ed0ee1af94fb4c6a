"""A run as the data of its page: blocks for what is shown at once, chunks for the texts of problems and samples."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from pytest_rtlgen.records import Problem, ProblemKey, Prompt, SampleKey, SampleResult, Status
from pytest_rtlgen.report.html.details import describe_chat, describe_sample, describe_task, group_turns
from pytest_rtlgen.report.html.embed import pack, render_json
from pytest_rtlgen.report.html.facts import describe_run
from pytest_rtlgen.report.html.figures import (
    describe_curves,
    describe_lengths,
    describe_outputs,
    describe_problem,
    describe_summary,
)
from pytest_rtlgen.report.html.rows import describe_rows
from pytest_rtlgen.report.run_report import RunReport

FindPrompt = Callable[[SampleResult], Prompt | None]


class RunData:
    """Problems and samples that the summary counts, in its order: their places are what the parts refer to."""

    def __init__(self, report: RunReport, problems: Sequence[Problem]) -> None:
        self._report = report
        self._scores = report.summary.problems
        by_key = {problem.key: problem for problem in problems}
        keys = [ProblemKey(suite=score.suite, problem_id=score.problem_id) for score in self._scores]
        self._problems = [by_key[key] for key in keys]
        self._places = {key: place for place, key in enumerate(keys)}
        samples = (sample for sample in report.run.samples if sample.key.problem in self._places)
        self._gates = {
            SampleKey(suite=row.suite, problem_id=row.problem_id, index=sample.index): sample
            for row in report.synthesis
            for sample in row.samples
        }
        self._samples = sorted(samples, key=lambda sample: (self._places[sample.key.problem], sample.key.index))

    def render_blocks(self) -> Iterator[str]:
        """Yield what the first view and the table of samples need."""
        overview = {
            **describe_run(self._report),
            **describe_summary(self._report.summary),
            **describe_curves(self._report.summary),
            "lengths": describe_lengths(self._samples),
            "outputs": describe_outputs(self._samples, self._places),
        }
        pairs = zip(self._scores, self._problems, strict=True)
        yield _render_block("overview", overview)
        yield _render_block("problems", [describe_problem(score, problem.title) for score, problem in pairs])
        yield _render_block("statuses", list(Status))
        yield _render_block("rows", describe_rows(self._samples, self._places, self._gates))

    def render_texts(self, find_prompt: FindPrompt, *, hides_references: bool) -> Iterator[str]:
        """Yield what the view of one sample needs; equal chats are there once."""
        chats: dict[Prompt, int] = {}
        tasks = (describe_task(problem, hides_reference=hides_references) for problem in self._problems)
        yield from _render_chunks("tasks", tasks)
        yield from _render_chunks("samples", self._describe_samples(find_prompt, chats))
        yield from _render_chunks("chats", map(describe_chat, chats))

    def _describe_samples(self, find_prompt: FindPrompt, chats: dict[Prompt, int]) -> Iterator[object]:
        """Yield each sample, and put the chats that they answer into ``chats``, numbered."""
        turns = group_turns(self._report.run.repairs)
        rows = (item for sides in self._report.sides for item in sides.disagreements)
        disagreements = {(item.suite, item.problem_id, item.index): item for item in rows}
        for sample in self._samples:
            key, prompt = sample.key, find_prompt(sample)
            chat = None if prompt is None else chats.setdefault(prompt, len(chats))
            disagreement = disagreements.get((key.suite, key.problem_id, key.index))
            yield describe_sample(sample, turns.get(key, ()), disagreement, chat, self._gates.get(key))


def _render_block(name: str, value: object) -> str:
    return f'<script type="application/json" id="data-{name}">{render_json(value)}</script>\n'


def _render_chunks(name: str, records: Iterable[object]) -> Iterator[str]:
    for chunk in pack(records):
        start = f'<script type="application/json" class="chunk-{name}" data-first="{chunk.first}">'
        yield f'{start}"{chunk.text}"</script>\n'
