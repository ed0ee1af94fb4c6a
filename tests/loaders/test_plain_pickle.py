"""Pickles are read without unpickling: plain data comes out, and whatever calls, grows or nests is refused."""

import os
import pickle
import pickletools
import random
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders.plain_pickle import MOST_BYTES, MOST_VALUES, read_plain_pickle

RECORD = {
    "answer": {
        "code": "module m(input clk, input [3:0] a, output y); assign y = ^a & clk; endmodule",
        "input_port_width": {("clk", 1), ("a", 4)},
        "clock_port_polarity": {("clk", 1)},
        "reset_port_polarity_sync": set(),
    }
}
KEYS = st.one_of(st.text(max_size=4), st.integers(-(2**60), 2**60), st.booleans(), st.none())
PLAIN = st.recursive(
    st.one_of(KEYS, st.floats(allow_nan=False), st.binary(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(KEYS, max_size=4),
        st.frozensets(KEYS, max_size=4),
    ),
    max_leaves=12,
)


def read(data: bytes) -> object:
    return read_plain_pickle(data, "rows.parquet: row 7")


def freeze(value: object) -> object:
    """Return ``value`` as it is read: lists as tuples, sets frozen."""
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    if isinstance(value, dict):
        return {key: freeze(item) for key, item in value.items()}
    return frozenset(value) if isinstance(value, set) else value


class Call:
    """Pickled, a call: what an attacker puts into a data set."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, ...]:
        return self.call


@given(value=PLAIN, protocol=st.sampled_from([4, 5]))
def test_plain_data_comes_out_as_it_went_in(value: object, protocol: int) -> None:
    assert read(pickle.dumps(value, protocol)) == freeze(value)


@pytest.mark.parametrize("protocol", [4, 5])
def test_the_released_form_is_read(protocol: int) -> None:
    assert read(pickle.dumps(RECORD, protocol)) == freeze(RECORD)


def test_values_that_stand_in_several_places_are_read() -> None:
    ports = [("clk", 1)]
    assert read(pickle.dumps({"answer": ports, "other": ports})) == {"answer": (("clk", 1),), "other": (("clk", 1),)}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("where", ["alone", "value", "key"])
def test_a_pickle_that_calls_is_refused_and_calls_nothing(tmp_path: Path, protocol: int, where: str) -> None:
    made = tmp_path / "made"
    call = Call(os.system, f"touch {made}")
    data = pickle.dumps({"alone": call, "value": {"answer": call}, "key": {call: 1}}[where], protocol)
    with pytest.raises(SuiteError, match=r"^rows.parquet: row 7: the pickle is not read: \w+ at byte \d+") as refused:
        read(data)
    assert "\n" not in str(refused.value)
    assert not made.exists()
    pickle.loads(data)  # noqa: S301  the attack is one: this is what unpickling does
    assert made.exists()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"cposix\nsystem\n(S'id'\ntR.", r"GLOBAL at byte 0: not carried out 'posix system'; plain data is read only"),
        (pickle.dumps(Call(eval, "1"), 4), "STACK_GLOBAL at byte .*: not carried out"),
        (b"\x80\x04(\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.", "STACK_GLOBAL"),
        (b"\x80\x02(X\x02\x00\x00\x00idios\nsystem\n.", "INST at byte .*: not carried out 'os system'"),
        (b"\x80\x02Pnumber\n.", "PERSID"),
        (b"\x80\x02\x8c\x01a\x51.", "BINPERSID"),
        (b"\x80\x02\x82\x01.", "EXT1 at byte 2: not carried out; plain data"),
        (b"\x80\x02}}b.", "BUILD"),
        (b"\x80\x05\x97.", "NEXT_BUFFER"),
        (pickle.dumps(3j, 4), "STACK_GLOBAL"),
        (pickle.dumps(bytearray(b"a"), 5), "BYTEARRAY8"),
        (b"\x80\x04\x8b\x00\x00\x30\x00" + b"\x01" * (3 << 20) + b".", "LONG4 at byte 2: not carried out; plain data"),
        (pickle.dumps({1, 2}, 2), "GLOBAL at byte 2: not carried out"),
        (pickle.dumps([1, 2], 0), "not carried out"),
        (pickle.dumps(2**64, 4), "LONG1 at byte .*: a number of more than 64 bits"),
    ],
)
def test_what_is_no_plain_data_is_named(data: bytes, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        read(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04",
        b"\x80\x04.",
        b"\x80\x04NN.",
        b"\x80\x04a.",
        b"\x80\x04]\x85a.",
        b"\x80\x04N]a.",
        b"\x80\x04}Na.",
        b"\x80\x04}(Nu.",
        b"\x80\x04h\x00.",
        b"\x80\x04}}Ns.",
        b"\x80\x04\x8f(}\x90.",
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"\x80\x04\x8c\x05ab",
        b"\x80\x04X\x02\x00\x00\x00\xff\xfe.",
        b"\xff",
    ],
)
def test_a_damaged_pickle_is_one_line(data: bytes) -> None:
    with pytest.raises(SuiteError, match=r"^rows.parquet: row 7: the pickle is not read: ") as refused:
        read(data)
    assert "\n" not in str(refused.value)


def test_a_memo_place_of_any_number_costs_nothing() -> None:
    """CPython's machine allocates for ``index`` places here."""
    assert read(b"\x80\x04Nr" + struct.pack("<I", 2**32 - 1) + b"j" + struct.pack("<I", 2**32 - 1) + b"\x86.") == (
        None,
        None,
    )


@pytest.mark.parametrize("limit", ["values", "bytes"])
def test_a_memo_bomb_is_refused_before_it_grows(limit: str) -> None:
    layer: object = ["x"] if limit == "values" else ["x" * (MOST_BYTES // 100)]
    for _ in range(15 if limit == "values" else 8):
        layer = [layer, layer]
    data = pickle.dumps(layer)
    assert len(data) < MOST_BYTES / 50
    with pytest.raises(SuiteError, match=f"more than [0-9]+ {limit} of data"):
        read(data)


def test_deep_nesting_is_refused_without_recursion() -> None:
    for opening, closing in ((b"]" * 100_000, b"a" * 99_999), (b")" + b"\x85" * 50_000, b"")):
        with pytest.raises(SuiteError, match=r"more than 16 levels of data|more than 80000 opcodes"):
            read(b"\x80\x04" + opening + closing + b".")
    with pytest.raises(SuiteError, match="more than 16 levels of data"):
        read(b"\x80\x04" + b"]" * 20_000 + b"a" * 19_999 + b".")


def test_data_that_holds_itself_is_refused() -> None:
    itself: list[object] = []
    itself.append(itself)
    with pytest.raises(SuiteError, match=r"APPEND at byte .*: it holds itself"):
        read(pickle.dumps(itself, 4))


def test_nothing_is_added_to_what_is_finished() -> None:
    with pytest.raises(SuiteError, match=r"APPEND at byte .*: it holds itself, or is added to after it was used"):
        read(b"\x80\x04]\x94\x85h\x00Na\x86.")


def test_long_pickles_are_refused_whole() -> None:
    with pytest.raises(SuiteError, match=f"it has [0-9]+ bytes, more than {MOST_BYTES}"):
        read(pickle.dumps("x" * MOST_BYTES))
    with pytest.raises(SuiteError, match="more than 80000 opcodes"):
        read(b"\x80\x04" + b"N" * (9 * MOST_VALUES) + b".")
    with pytest.raises(SuiteError, match=f"more than {MOST_VALUES} values of data"):
        read(pickle.dumps([None] * MOST_VALUES))


def test_a_changed_pickle_is_read_or_refused_and_nothing_else() -> None:
    rng = random.Random(18)
    base = bytearray(pickle.dumps(RECORD))
    names = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]
    refused = 0
    for _ in range(20_000):
        data = bytearray(base)
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(data))
            data[place : place + rng.randint(0, 2)] = rng.choice(names) if rng.random() < 0.7 else rng.randbytes(1)
        try:
            read(bytes(data))
        except SuiteError:
            refused += 1
    assert 0 < refused < 20_000
