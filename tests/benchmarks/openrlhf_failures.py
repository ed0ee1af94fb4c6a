"""What OpenRLHF makes of a reward that raises, is None or is NaN: its own executor is asked.

Its wheel, which is for Python 3.11 only, is unpacked and not installed: ``pip download openrlhf==0.11.2 --no-deps``,
then ``python tests/benchmarks/openrlhf_failures.py FOLDER``, the folder that holds ``openrlhf/``. Needs torch, aiohttp.
The engine gives a text; everything else is OpenRLHF's.
"""

import asyncio
import sys
import tempfile
import types
from pathlib import Path
from types import SimpleNamespace
from typing import Any

REWARDS = {"raises": 'raise RuntimeError("no simulator")', "None": "value = None", "NaN": 'value = float("nan")'}
FILE = """
def reward_func(queries, prompts, labels):
    {line}
    return {{"rewards": value, "scores": value, "extra_logs": {{}}}}
"""


def open_package(folder: Path) -> None:
    """Make ``openrlhf`` importable without its ``__init__`` files, which need DeepSpeed."""
    for name in ("openrlhf", "openrlhf.utils"):
        package = types.ModuleType(name)
        package.__path__ = [str(folder / name.replace(".", "/"))]
        sys.modules[name] = package


class Tokenizer:
    """A character a token."""

    def __call__(self, *, text: str, **_: object) -> Any:
        import torch

        return {"input_ids": torch.tensor([[ord(letter) for letter in text]])}

    def decode(self, tokens: list[int], **_: object) -> str:
        return "".join(map(chr, tokens))


class Engine:
    """Answers ``x``."""

    async def generate(self, *_: object, **__: object) -> Any:
        answer = SimpleNamespace(token_ids=[ord("x")], finish_reason="stop", logprobs=None)
        return SimpleNamespace(outputs=[answer])


def ask(line: str) -> Any:
    """Return the reward that OpenRLHF has for an answer whose reward function holds ``line``."""
    from openrlhf.utils.agent import SingleTurnAgentExecutor

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reward.py"
        path.write_text(FILE.format(line=line))
        executor = SingleTurnAgentExecutor([str(path)])
        sampling = SimpleNamespace(max_tokens=8, logprobs=None)
        found = asyncio.run(executor.execute("Write it.", "counter", sampling, 64, Tokenizer(), Engine()))
    return found["reward"]


def main() -> None:
    open_package(Path(sys.argv[1]))
    for name, line in REWARDS.items():
        print(f"a reward that is or does: {name}: OpenRLHF has {ask(line)!r} for the answer, and goes on")


if __name__ == "__main__":
    main()
