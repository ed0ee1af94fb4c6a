"""The key of an endpoint: where it comes from, and how it stays out of sight."""

from collections.abc import Mapping

from pytest_rtlgen.errors import CredentialError

KEY_VARIABLE = "OPENAI_API_KEY"
_PLACEHOLDER = "no-key"
"""For endpoints that ask for none; the client insists on one."""
_SHORTEST_SECRET = 12
"""Keys as short as ``EMPTY`` are placeholders, and could be part of an honest text."""


class ApiKey:
    """A key that only ``reveal`` shows: neither ``repr`` nor a traceback with local variables does."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "ApiKey(…)"

    @property
    def is_placeholder(self) -> bool:
        """Whether the user gave no key."""
        return self._value == _PLACEHOLDER

    def reveal(self) -> str:
        """Return the key, for the client alone."""
        return self._value

    def remove_from(self, text: str) -> str:
        """Return ``text``, which the endpoint sent, with the key replaced by the variable's name."""
        return text.replace(self._value, f"[{KEY_VARIABLE}]") if len(self._value) >= _SHORTEST_SECRET else text


def find_key(environ: Mapping[str, str], *, is_needed: bool) -> ApiKey:
    """Return the key in ``environ``, or a placeholder where none ``is_needed``.

    Raises:
        CredentialError: there is none, or it cannot be sent in a header.
    """
    value = environ.get(KEY_VARIABLE, "").strip()
    if not value and is_needed:
        raise CredentialError(
            f"{KEY_VARIABLE} is not set; set it to your key, or name an endpoint that needs none with --rtlgen-base-url"
        )
    if not all("!" <= character <= "~" for character in value):
        raise CredentialError(f"{KEY_VARIABLE} holds a character that no key has, such as a line break; set it again")
    return ApiKey(value or _PLACEHOLDER)
