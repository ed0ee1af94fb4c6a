"""Signal-aware DPO beside plain DPO, on a model of 1.3 million parameters with a BPE of the core suite's text.

Samples of a problem are its reference and mutants of it, judged by the checker; pairs are made of their verdicts per
output, as from a run. The model learns the samples first (it then writes right and wrong code alike), and two copies of
it go on: one with each loss, on the same pairs in the same order. Held out are pairs whose rejected answers no training
saw, and all pairs of problems that no training saw. The gap of a pair is log P(S_w) - log P(S_l), in nats, where S are
the tokens of the contrast signals' slices. Run it with trl installed and ``PYTHONPATH=.``; ``--help`` lists the knobs.
"""

import argparse
import contextlib
import copy
import io
import os
import random
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.reading.reader import Reader
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import FormalMode, SandboxMode
from pytest_rtlgen.prompts import make_prompt
from pytest_rtlgen.records import Completion, Message, Problem, Role, SampleKey, SampleResult
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.training.signals.dpo import make_salv_trainer
from pytest_rtlgen.training.signals.export import make_row
from pytest_rtlgen.training.signals.preferences import PreferencePair, build_pairs
from pytest_rtlgen.verilog.mutate import list_mutants

CORE = Path(__file__).parents[2] / "suites" / "core"
SEEN, UNSEEN = 16, 5
"""Problems, the shortest of the suite."""
MUTANTS, HELD_MUTANTS = 7, 2
VOCABULARY = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Log-probabilities in nats, means over pairs."""

    inside: float
    right: float
    """Share of pairs with a positive gap."""
    outside: float
    """Of the chosen answer's other tokens, by token."""


def judge_samples(problem: Problem, checker: Checker, seed: int) -> list[SampleResult]:
    """Return the reference and mutants of it as answers of a model, with their verdicts."""
    mutants = list_mutants(problem.reference, problem.reference_top, limit=MUTANTS, seed=seed)
    found = []
    for index, source in enumerate([problem.reference.text, *(mutant.source for mutant in mutants)]):
        text = f"```verilog\n{source}```"
        key = SampleKey(suite=problem.suite, problem_id=problem.problem_id, index=index)
        candidate = extract_candidate(text, top=problem.top)
        verdict = checker.check(candidate, problem)
        completion = Completion(key=key, text=text, model="mutants")
        found.append(SampleResult(completion=completion, candidate=candidate, verdict=verdict))
    return found


def make_pairs(problems: Sequence[Problem], seed: int) -> tuple[list[PreferencePair], dict[str, list[str]], int]:
    """Return the pairs, all texts by problem, and how many pairs were dropped."""
    settings = CheckSettings(formal=FormalMode.OFF, cycles=300, no_cache=True)
    reader = Reader(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1)
    pairs: list[PreferencePair] = []
    texts: dict[str, list[str]] = {}
    dropped = 0
    with Checker(settings) as checker, contextlib.closing(reader):
        for problem in problems:
            samples = judge_samples(problem, checker, seed)
            request = Message(role=Role.USER, content=f"{problem.title}: module {problem.top}.")
            report = build_pairs(problem, make_prompt(problem, (request,)), samples, reader.slice)
            pairs += report.pairs
            dropped += len(report.dropped)
            texts[problem.problem_id] = [f"{request.content}\n\n{sample.completion.text}" for sample in samples]
    return pairs, texts, dropped


def train_tokenizer(texts: Sequence[str]) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY, initial_alphabet=alphabet, special_tokens=["<eos>"], show_progress=False
        ),
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", pad_token="<eos>")  # noqa: S106


def make_model() -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=VOCABULARY,
            hidden_size=160,
            intermediate_size=480,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=1024,
            pad_token_id=0,
            bos_token_id=0,
            eos_token_id=0,
        )
    )


def supervise(model: Any, tokenizer: Any, texts: list[str], *, steps: int, seed: int) -> list[float]:
    """Train ``model`` on ``texts``, four a step, and return the losses."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    rng = random.Random(seed)
    losses = []
    for _ in range(steps):
        batch = tokenizer([f"{text}<eos>" for text in rng.sample(texts, 4)], return_tensors="pt", padding=True)
        labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
        loss = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss))
    return losses


def measure(model: Any, dataset: Any, collator: Any) -> Gap:
    """Return the gap over ``dataset``, whose masks say what is inside."""
    import torch

    inside, outside = [], []
    model.eval()
    for row in dataset:
        batch = collator([row])
        with torch.no_grad():
            scores = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits[:, :-1]
        logps = scores.log_softmax(-1).gather(-1, batch["input_ids"][:, 1:, None])[..., 0]
        masks = batch["completion_mask"][:, 1:]
        chosen, rejected = (logps * masks).sum(dim=1).tolist()
        inside.append(chosen - rejected)
        others = (collator.inner([row])["completion_mask"][:, 1:] - masks)[0]
        outside.append(float((logps[0] * others).sum() / others.sum().clamp(min=1)))
    return Gap(inside=fmean(inside), right=fmean(gap > 0 for gap in inside), outside=fmean(outside))


def make_trainer(base: type, model: Any, tokenizer: Any, sets: dict[str, Any], args: argparse.Namespace) -> Any:
    """Return a trainer of a copy of ``model``, which itself is the reference."""
    from trl import DPOConfig

    config = DPOConfig(
        output_dir=tempfile.mkdtemp(),
        per_device_train_batch_size=args.batch,
        max_steps=args.steps,
        learning_rate=args.rate,
        lr_scheduler_type="constant",
        beta=0.1,
        max_length=768,
        logging_steps=1,
        gradient_checkpointing=False,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        bf16=False,
        seed=args.seed,
        disable_tqdm=True,
    )
    return base(
        model=copy.deepcopy(model),
        ref_model=copy.deepcopy(model),
        processing_class=tokenizer,
        train_dataset=sets["train"],
        eval_dataset={name: rows for name, rows in sets.items() if name != "train"},
        args=config,
    )


def list_losses(trainer: Any) -> list[float]:
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def split(pairs: Sequence[PreferencePair], unseen: set[str], args: Any) -> dict[str, list[PreferencePair]]:
    """Return pairs to train on and two sets that are held out, drawn by the seed."""
    last = MUTANTS - HELD_MUTANTS
    seen = [pair for pair in pairs if pair.problem_id not in unseen]
    sets = {
        "train": [pair for pair in seen if max(pair.chosen_index, pair.rejected_index) <= last],
        "unseen answers": [pair for pair in seen if pair.rejected_index > last],
        "unseen problems": [pair for pair in pairs if pair.problem_id in unseen],
    }
    rng = random.Random(args.seed)
    sizes = {"train": args.batch * args.steps}
    return {name: rng.sample(rows, min(len(rows), sizes.get(name, args.held))) for name, rows in sets.items()}


def print_gaps(name: str, model: Any, trainer: Any) -> None:
    """Print a table row for each set that is held out; ``trainer`` says how its rows are masked."""
    for held, rows in trainer.eval_dataset.items():
        gap = measure(model, rows, trainer.data_collator)
        print(
            f"| {held} | {len(rows)} | {name} | {gap.inside:+.2f} | {gap.right:.0%} | {gap.outside:.3f} |", flush=True
        )


def compare(model: Any, tokenizer: Any, data: dict[str, list[PreferencePair]], args: argparse.Namespace) -> None:
    """Train with both losses and print what became of the pairs that are held out."""
    from datasets import Dataset, disable_progress_bars
    from trl import DPOTrainer

    disable_progress_bars()
    sets = {name: Dataset.from_list([make_row(pair, is_chat=False) for pair in pairs]) for name, pairs in data.items()}
    signal_aware = make_trainer(make_salv_trainer(), model, tokenizer, sets, args)
    print(
        "| held out | pairs | model | gap in spans | gap > 0 | other text, log P a token |\n|---|---|---|---|---|---|"
    )
    print_gaps("before", model, signal_aware)
    losses = {}
    for name, base in (("signal-aware DPO", None), ("plain DPO", DPOTrainer)):
        trainer = signal_aware if base is None else make_trainer(base, model, tokenizer, sets, args)
        with contextlib.redirect_stdout(io.StringIO()):
            trainer.train()
        losses[name] = list_losses(trainer)
        print_gaps(name, trainer.model, signal_aware)
    edge = max(1, args.steps // 5)
    print(f"\n| loss, mean of {edge} steps | first | last |\n|---|---|---|")
    for name, values in losses.items():
        print(f"| {name} | {fmean(values[:edge]):.3f} | {fmean(values[-edge:]):.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--steps", type=int, default=40, help="steps with each loss")
    parser.add_argument("--batch", type=int, default=4, help="pairs a step")
    parser.add_argument("--supervised", type=int, default=100, help="steps of four texts before")
    parser.add_argument("--held", type=int, default=24, help="most pairs of each set that is held out")
    parser.add_argument("--rate", type=float, default=1e-4)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    began = time.process_time()
    problems = sorted(load_suite(str(CORE)).problems, key=lambda problem: len(problem.reference.text))
    chosen = random.Random(args.seed).sample(problems[: SEEN + UNSEEN], SEEN + UNSEEN)
    unseen = {problem.problem_id for problem in chosen[SEEN:]}
    pairs, texts, dropped = make_pairs(chosen, args.seed)
    data = split(pairs, unseen, args)
    counts = ", ".join(f"{len(rows)} {name}" for name, rows in data.items())
    print(f"{len(pairs)} pairs of {len(chosen)} problems, {dropped} dropped; drawn: {counts}", flush=True)

    tokenizer = train_tokenizer([text for group in texts.values() for text in group])
    model = make_model()
    held = tuple(pair.rejected for pair in data["unseen answers"])
    seen = [text for name, group in texts.items() if name not in unseen for text in group]
    learned = [text for text in seen if not text.endswith(held)]
    losses = supervise(model, tokenizer, learned, steps=args.supervised, seed=args.seed)
    size = sum(item.numel() for item in model.parameters()) / 1e6
    print(f"{size:.2f} M parameters; supervised loss {losses[0]:.2f} -> {fmean(losses[-8:]):.2f}", flush=True)

    compare(model, tokenizer, data, args)
    print(f"\n{time.process_time() - began:.0f} CPU s of one core, without the simulator's processes")


if __name__ == "__main__":
    main()
