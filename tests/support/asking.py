"""Short ways to ask a backend for samples."""

from builders import problem

from pytest_rtlgen.backends import Backend, GenerationRequest
from pytest_rtlgen.records import Completion, Message, Prompt, Role, SamplingParams


def request(problem_id: str = "counter", *indices: int, **changes: object) -> GenerationRequest:
    """Return a request whose user message is the problem's name."""
    messages = (
        Message(role=Role.SYSTEM, content="Write Verilog."),
        Message(role=Role.USER, content=problem_id),
    )
    return GenerationRequest(
        problem=problem(**{"problem_id": problem_id, **changes}),  # type: ignore[arg-type]
        prompt=Prompt(suite="test", problem_id=problem_id, messages=messages, digest=f"digest of {problem_id}"),
        indices=indices or (0,),
    )


def collect(backend: Backend, *requests: GenerationRequest, **sampling: object) -> list[Completion]:
    """Return the completions that the backend delivers, sorted by key."""
    arrived: list[Completion] = []
    backend.generate(requests, SamplingParams(**sampling), lambda *some: arrived.extend(some))  # type: ignore[arg-type]
    return sorted(arrived, key=lambda completion: completion.key)
