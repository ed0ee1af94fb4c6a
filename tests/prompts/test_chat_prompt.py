"""The chat style and the digest of a prompt."""

import json
from hashlib import sha256

import pytest
from builders import problem

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.prompts import STYLES, render_prompt
from pytest_rtlgen.records import Role


def test_the_chat_says_what_is_requested_and_gives_the_description_word_for_word() -> None:
    description = "# Counter\n\nCounts `en` pulses; é."
    prompt = render_prompt(problem(top="counter_mod12", description=description))
    system, user = prompt.messages
    assert (prompt.suite, prompt.problem_id) == ("test", "counter_mod12")
    assert (system.role, user.role) == (Role.SYSTEM, Role.USER)
    assert "Verilog" in system.content
    assert user.content.startswith(description)
    assert "`counter_mod12`" in user.content.removeprefix(description)
    assert "one ```verilog fence" in user.content


def test_the_reference_is_not_given_away() -> None:
    prompt = render_prompt(problem(reference="module counter; wire secret_wire; endmodule"))
    assert not any("secret_wire" in message.content for message in prompt.messages)


def test_the_digest_is_that_of_the_messages_and_of_nothing_else() -> None:
    plain, other = render_prompt(problem()), render_prompt(problem(description="Something else."))
    again = render_prompt(problem(title="another title", suite="another suite"))
    assert len(plain.digest) == len(sha256(b"").hexdigest())
    assert set(plain.digest) <= set("0123456789abcdef")
    assert plain.digest == again.digest != other.digest


def test_an_unknown_style_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=f"--rtlgen-prompt=haiku: .*{', '.join(STYLES)}"):
        render_prompt(problem(), "haiku")


def test_any_text_can_be_asked_for() -> None:
    text = "\ud800 \x00 \U0001f600"
    prompt = render_prompt(problem(description=f"a{text}b"))
    assert text in prompt.messages[1].content
    assert json.dumps(prompt.messages[1].content)
