"""``mutation.toml`` beside a suite: what its stimulus did to mutants, kept so that a change shows."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import StorageError, SuiteError
from pytest_rtlgen.records import Proof
from pytest_rtlgen.selfcheck.mutation import MutationScore
from pytest_rtlgen.tools.versions import read_package_version

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScore:
    """What is kept of one problem."""

    problem_id: str
    generated: int
    invalid: int
    killed: int
    survivors: tuple[str, ...]
    """``PROOF: line N, OPERATOR: BEFORE -> AFTER`` each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMutation:
    """What is kept of one measurement."""

    mutants: int
    """Most mutants of one problem."""
    seed: int
    tools: tuple[tuple[str, str], ...]
    """(tool, version)."""
    scores: tuple[StoredScore, ...]


def list_tools(simulator: str) -> tuple[tuple[str, str], ...]:
    """Return the versions that mutants and their fates depend on."""
    packages = tuple((name, read_package_version(name) or "absent") for name in ("pyslang", "pyosys"))
    return (("simulator", simulator), *packages)


def store_score(problem_id: str, score: MutationScore) -> StoredScore:
    """Return what is kept of ``score``."""
    return StoredScore(
        problem_id=problem_id,
        generated=score.generated,
        invalid=score.invalid,
        killed=score.killed,
        survivors=tuple(
            f"{item.proof}: line {item.line}, {item.operator}: {item.before} -> {item.after}"
            for item in score.survivors
        ),
    )


def render_stored_mutation(stored: StoredMutation) -> str:
    """Return the text of ``mutation.toml``."""
    lines = [f"format = {FORMAT}", f"mutants = {stored.mutants}", f"seed = {stored.seed}", "", "[tools]"]
    lines += [f"{name} = {_quote(version)}" for name, version in stored.tools]
    for score in sorted(stored.scores, key=lambda score: score.problem_id):
        lines += ["", f"[problems.{_quote(score.problem_id)}]"]
        lines += [f"generated = {score.generated}", f"invalid = {score.invalid}", f"killed = {score.killed}"]
        lines += [f"{proof} = {sum(item.startswith(f'{proof}:') for item in score.survivors)}" for proof in Proof]
        lines += ["survivors = [", *(f"  {_quote(item)}," for item in score.survivors), "]"]
    return "\n".join(lines) + "\n"


def write_stored_mutation(path: Path, stored: StoredMutation) -> None:
    """Write ``path`` anew.

    Raises:
        StorageError: it cannot be written.
    """
    try:
        path.write_text(render_stored_mutation(stored), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}; check the folder's permissions") from error


def read_stored_mutation(path: Path) -> StoredMutation:
    """Return what ``write_stored_mutation`` wrote.

    Raises:
        SuiteError: it is not such a file.
    """
    remedy = "write it anew with selfcheck --mutants N --write"
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        if found["format"] != FORMAT:
            raise SuiteError(f"{path}: format {found['format']!r} is not known; {remedy}")
        scores = tuple(
            StoredScore(
                problem_id=name,
                generated=item["generated"],
                invalid=item["invalid"],
                killed=item["killed"],
                survivors=tuple(item["survivors"]),
            )
            for name, item in found.get("problems", {}).items()
        )
        return StoredMutation(
            mutants=found["mutants"], seed=found["seed"], tools=tuple(found["tools"].items()), scores=scores
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SuiteError(f"{path}: not a file of mutation scores ({error}); {remedy}") from error


def list_changes(stored: StoredMutation, now: StoredMutation) -> tuple[str, ...]:
    """Return a line per problem of ``now`` whose mutants fare otherwise than stored; one line where none can be told.

    Problems that are only stored count as not measured this time.
    """
    if (stored.mutants, stored.seed) != (now.mutants, now.seed):
        made = f"--mutants {stored.mutants} --stimulus-seed {stored.seed}"
        return (f"mutation.toml was made with {made}: nothing is compared",)
    known = {score.problem_id: score for score in stored.scores}
    found = []
    for score in now.scores:
        before = known.get(score.problem_id)
        if before is None:
            found.append(f"{score.problem_id}: not in mutation.toml")
        elif before != score:
            found.append(f"{score.problem_id}: {_compare(before, score)}")
    if found and stored.tools != now.tools:
        found.append("mutation.toml was made with other tools: " + _show_tools(stored.tools))
    return tuple(found)


def _compare(before: StoredScore, now: StoredScore) -> str:
    was, is_now = (f"{item.killed} of {item.generated - item.invalid} killed" for item in (before, now))
    gained = [item for item in now.survivors if item not in before.survivors]
    lost = [item for item in before.survivors if item not in now.survivors]
    changes = [f"{is_now}, stored are {was}"]
    changes += [f"new survivor {gained[0]}"] if gained else []
    changes += [f"no longer a survivor: {lost[0]}"] if lost and not gained else []
    return "; ".join(changes)


def _show_tools(tools: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {version}" for name, version in tools)


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)
