"""Any program as a model: it reads the prompt and writes the answer, one process a sample.

The prompt comes as text on standard input: each message under a line with its role in brackets, ``[system]``,
``[user]``, with a blank line between. The completion is all of standard output. The environment holds ``PATH``,
``HOME``, ``LANG`` and ``TMPDIR`` of ours, and

- ``RTLGEN_SUITE``, ``RTLGEN_PROBLEM``, ``RTLGEN_INDEX``: which sample it is;
- ``RTLGEN_SEED``: the seed of that sample, 0 … 2**31 - 1;
- ``RTLGEN_TEMPERATURE``, ``RTLGEN_TOP_P``, ``RTLGEN_MAX_TOKENS``: only when the user gave them;
- ``RTLGEN_MESSAGES_JSON``: the chat as a JSON list of ``{"role", "content"}``; left out above 32 KiB, as the system
  limits what an environment may hold.

Nothing else is passed on, API keys least of all. An exit status other than 0 is an error of the harness.
"""

import asyncio
import hashlib
import json
import os
import shlex
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.backends.base import BackendSettings, Deliver, GenerationRequest
from pytest_rtlgen.backends.openai.chat_answers import shorten
from pytest_rtlgen.backends.pool import run_pool
from pytest_rtlgen.backends.program import Ended, run_to_end
from pytest_rtlgen.backends.seeds import derive_seed
from pytest_rtlgen.errors import BackendError, UsageError
from pytest_rtlgen.records import Completion, Prompt, SampleKey, SamplingParams

_PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")
_MOST_JSON = 32 * 1024
_MOST_DIGESTED = 64 * 2**20
"""Bytes; a checkpoint of many GiB would hold up the start."""
_SHOWN = 160
"""Characters of standard error that a message ends with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One sample to make."""

    key: SampleKey
    prompt: Prompt


class CommandBackend:
    """Starts a program, without a shell, for every sample."""

    def __init__(self, argv: Sequence[str], settings: BackendSettings, environ: Mapping[str, str]) -> None:
        self.name = f"command:{shlex.join(argv)}"
        self._label = f"command:{Path(argv[0]).name}"  # arguments stay out of messages and records
        self._argv = tuple(argv)
        self._settings = settings
        self._environ = {name: environ[name] for name in _PASSED_ON if name in environ}

    @property
    def identity(self) -> str:
        """What answers depend on: the command line and the content of the program and files that it names."""
        return json.dumps(["command", *self._argv, *map(_digest_file, self._argv)])

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        """Deliver what the program writes for every sample.

        Raises:
            BackendError: it cannot be started, fails, takes too long or writes too much.
        """
        jobs = (_Job(key=request.key(i), prompt=request.prompt) for request in requests for i in request.indices)

        async def answer(job: _Job) -> tuple[_Job, ...]:
            deliver(await self._run(job, sampling))
            return ()

        asyncio.run(run_pool(jobs, answer, concurrency=self._settings.concurrency, may_start=self._settings.may_ask))

    async def _run(self, job: _Job, sampling: SamplingParams) -> Completion:
        seed = derive_seed(sampling.seed, job.key)
        env = {**self._environ, **_describe_job(job, sampling, seed)}
        started = time.monotonic()
        try:
            ended = await run_to_end(
                self._argv, env=env, stdin=_render_text(job.prompt), timeout_s=self._settings.timeout_s
            )
        except OSError as error:
            raise BackendError(
                f"{self._label}: cannot be started: {error.strerror or error}; check the program"
            ) from error
        if ended.stopped_why or ended.exit_code:
            raise BackendError(self._explain(job, ended))
        return Completion(
            key=job.key,
            text=ended.stdout,
            model=self._label,
            prompt_digest=job.prompt.digest,
            seed=seed,
            latency_s=time.monotonic() - started,
        )

    def _explain(self, job: _Job, ended: Ended) -> str:
        what = ended.stopped_why or f"ended with exit status {ended.exit_code}"
        log = shorten(ended.log_tail[-_SHOWN:]) or "nothing on standard error"
        return (
            f"{self._label}: {what} for {job.key.problem_id}[{job.key.index}] ({log}); "
            "fix the program, or raise --rtlgen-timeout, then run the same again: it goes on where it stopped"
        )


def _digest_file(argument: str) -> str:
    """Return the SHA-256 of the program or file that ``argument`` names, size and time of a large one, else nothing."""
    path = Path(shutil.which(argument) or argument)
    try:
        stat = path.stat()
        if stat.st_size > _MOST_DIGESTED:
            return f"{stat.st_size} {stat.st_mtime_ns}"
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _describe_job(job: _Job, sampling: SamplingParams, seed: int) -> dict[str, str]:
    given = {
        "SUITE": job.key.suite,
        "PROBLEM": job.key.problem_id,
        "INDEX": job.key.index,
        "SEED": seed,
        "TEMPERATURE": sampling.temperature,
        "TOP_P": sampling.top_p,
        "MAX_TOKENS": sampling.max_tokens,
        "MESSAGES_JSON": _render_json(job.prompt),
    }
    return {f"RTLGEN_{name}": str(value) for name, value in given.items() if value is not None}


def _render_text(prompt: Prompt) -> bytes:
    text = "\n\n".join(f"[{message.role.value}]\n{message.content}" for message in prompt.messages)
    return f"{text}\n".encode("utf-8", "replace")


def _render_json(prompt: Prompt) -> str | None:
    text = json.dumps([{"role": message.role.value, "content": message.content} for message in prompt.messages])
    return text if len(text) <= _MOST_JSON else None


def make_command(argument: str, settings: BackendSettings) -> CommandBackend:
    """Return the backend for ``command:PROGRAM ARGS…``, split as a shell would, with no shell run.

    Raises:
        UsageError: the text cannot be split, or there is no such program.
    """
    try:
        argv = shlex.split(argument)
    except ValueError as error:
        raise UsageError(f"command:{argument}: {error}; quote it as for a shell") from error
    if not argv:
        raise UsageError("command: names no program; write command:PROGRAM ARGS…")
    if shutil.which(argv[0]) is None:
        raise UsageError(f"command:{argv[0]}: no such program; give its path, or put it on PATH")
    return CommandBackend(argv, settings, os.environ)
