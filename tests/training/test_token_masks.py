"""Masks over tokens in both directions: what counts decodes to the spans, and the rest holds nothing of them."""

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.training.signals.token_masks import mask_answer, mask_tokens
from pytest_rtlgen.verilog.slicing import slice_outputs

CORE = Path(__file__).parents[2] / "suites" / "core"

WORDS = "a <= b;\nc"
#        0123456 78


@pytest.mark.parametrize(
    ("offsets", "spans", "mask"),
    [
        ([(0, 1), (1, 4), (4, 6), (6, 7), (7, 8), (8, 9)], [(0, 7)], [1, 1, 1, 1, 0, 0]),
        ([(0, 1), (1, 4), (4, 6), (6, 8), (8, 9)], [(0, 7)], [1, 1, 1, 1, 0]),
        ([(0, 1), (1, 4), (4, 6), (6, 8), (8, 9)], [(5, 6)], [0, 0, 1, 0, 0]),
        ([(0, 1), (1, 4), (4, 6), (6, 8), (8, 9)], [(0, 1), (8, 9)], [1, 0, 0, 0, 1]),
        ([(0, 2), (2, 9)], [(0, 1), (3, 4), (6, 7)], [1, 1]),
        ([(0, 1), (2, 4), (5, 6), (6, 7), (8, 9)], [(0, 7)], [1, 1, 1, 1, 0]),
        ([(0, 1), (1, 1), (2, 4), (5, 6), (6, 7), (8, 9)], [(2, 9)], [0, 0, 1, 1, 1, 1]),
        ([(0, 0), (0, 1), (1, 9), (0, 0)], [(0, 9)], [0, 1, 1, 0]),
        ([(0, 1), (0, 1), (0, 1), (1, 9)], [(0, 1)], [1, 1, 1, 0]),
        ([(0, 1), (1, 9)], [], [0, 0]),
        ([(0, 1), (1, 9)], [(3, 3)], [0, 0]),
    ],
    ids=[
        *("tokens end with the span", "token over the end", "token over the start", "two spans"),
        *("several spans in a token", "trimmed white space", "trimmed to nothing", "special tokens"),
        *("bytes of a character", "no span", "empty span"),
    ],
)
def test_a_token_counts_when_any_of_its_characters_is_in_a_span(
    offsets: list[tuple[int, int]], spans: list[tuple[int, int]], mask: list[int]
) -> None:
    assert mask_tokens(WORDS, offsets, spans) == mask


def test_spans_count_from_where_the_answer_begins() -> None:
    offsets = [(place, place + 1) for place in range(len(WORDS))]
    assert mask_tokens(WORDS, offsets, [(1, 2)], at=4) == [0, 0, 0, 0, 0, 1, 0, 0, 0]


def test_one_token_a_character_is_exact_in_both_directions() -> None:
    rng = random.Random(6)
    for _ in range(300):
        text = "".join(rng.choices("ab \n;é真", k=rng.randrange(30)))
        edges = sorted(rng.sample(range(len(text) + 1), k=min(len(text) + 1, rng.randrange(7))))
        spans = list(pairwise(edges))[::2]
        mask = mask_tokens(text, [(place, place + 1) for place in range(len(text))], spans)
        inside = {place for start, stop in spans for place in range(start, stop)}
        assert {place for place, bit in enumerate(mask) if bit} == inside


def train_tokenizer(texts: list[str], *, size: int, trim: bool = False) -> Any:
    """Return a byte-level BPE tokenizer with ``size`` tokens; 257 are the bytes alone."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=trim)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, special_tokens=["<eos>"], show_progress=False),
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", pad_token="<eos>")  # noqa: S106


def decode(tokenizer: Any, ids: list[int], mask: list[int], bit: int) -> str:
    kept = [number for number, value in zip(ids, mask, strict=True) if value == bit]
    return str(tokenizer.decode(kept, clean_up_tokenization_spaces=False))


@pytest.mark.training_stack
@pytest.mark.parametrize("text", ["assign q = a; // naïve 真 🙂\nassign p = b;", "é = 1;\nassign p = 真;"])
def test_bytes_as_tokens_decode_to_exactly_the_span_and_to_exactly_the_rest(text: str) -> None:
    tokenizer = train_tokenizer([], size=257)
    for start in range(len(text)):
        for stop in (start + 1, start + 5, len(text)):
            ids, mask = mask_answer(tokenizer, text, [(start, stop)])
            assert decode(tokenizer, ids, mask, 1) == text[start:stop]
            assert decode(tokenizer, ids, mask, 0) == text[:start] + text[stop:]


@pytest.mark.training_stack
def test_a_token_over_the_edge_counts_whole() -> None:
    tokenizer = merge_tokens((";", "Ċ"), ("Ġ", "b"))
    text = "x = a;\ny = b;\nz"
    assert [token for token in tokenizer.tokenize(text) if len(token) > 1] == [";Ċ", "Ġb", ";Ċ"]
    ids, mask = mask_answer(tokenizer, text, [(7, 13)])
    assert decode(tokenizer, ids, mask, 1) == "y = b;\n"
    assert decode(tokenizer, ids, mask, 0) == "x = a;\nz"
    ids, mask = mask_answer(tokenizer, text, [(11, 12)])
    assert decode(tokenizer, ids, mask, 1) == " b"
    assert decode(tokenizer, ids, mask, 0) == "x = a;\ny =;\nz"


def merge_tokens(*merges: tuple[str, str]) -> Any:
    """Return a tokenizer of bytes and of these pairs, which may cross from punctuation into white space."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokens = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *("".join(pair) for pair in merges)]
    tokenizer = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate(tokens)}, merges=list(merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


@pytest.mark.training_stack
@pytest.mark.parametrize("trim", [False, True], ids=["whole offsets", "trimmed offsets"])
def test_slices_of_the_core_suite_through_bpe(trim: bool) -> None:
    problems = load_suite(str(CORE)).problems[::6]
    texts = [problem.reference.text for problem in problems]
    tokenizer = train_tokenizer(texts, size=600, trim=trim)
    checked = 0
    for problem, source in zip(problems, texts, strict=True):
        text = f"Voilà, 真:\n```verilog\n{source}```\n"
        at = text.index(source)
        for spans in slice_outputs(source, problem.reference_top).values():
            moved = [(span.start + at, span.stop + at) for span in spans]
            ids, mask = mask_answer(tokenizer, text, moved)
            assert squeeze(decode(tokenizer, ids, mask, 1)) == squeeze(grow(tokenizer, ids, text, moved))
            assert len(mask) == len(ids)
            assert squeeze(decode(tokenizer, ids, mask, 0)) == squeeze(
                grow(tokenizer, ids, text, moved, is_outside=True)
            )
            checked += 1
    assert checked > 20


def squeeze(text: str) -> str:
    return "".join(text.split())


def grow(tokenizer: Any, ids: list[int], text: str, spans: list[tuple[int, int]], *, is_outside: bool = False) -> str:
    """Return ``text`` inside or outside of ``spans`` grown to whole tokens, by counting bytes and not by offsets."""
    places = [place for place, letter in enumerate(text) for _ in letter.encode()]
    counted, begin = set(), 0
    for token in tokenizer.convert_ids_to_tokens(ids):
        covered = {places[byte] for byte in range(begin, begin + len(token))}
        begin += len(token)
        if any(start <= place < stop for place in covered for start, stop in spans):
            counted |= covered
    assert begin == len(places)
    return "".join(letter for place, letter in enumerate(text) if (place in counted) != is_outside)


def test_a_tokenizer_without_offsets_is_refused() -> None:
    class SlowTokenizer:
        is_fast = False

    with pytest.raises(UsageError, match="SlowTokenizer tells no offsets; use the fast tokenizer"):
        mask_answer(SlowTokenizer(), "a", [(0, 1)])
