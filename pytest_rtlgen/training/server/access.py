"""The token of the reward server: from the environment only, and never shown."""

import base64
import binascii
import hmac
from collections.abc import Mapping

from pytest_rtlgen.errors import UsageError

TOKEN_VARIABLE = "RTLGEN_SERVE_TOKEN"  # noqa: S105  its name, not the token
_SHORTEST = 16


class ServeToken:
    """A token that nothing prints: neither ``repr`` nor a traceback with local variables does."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "ServeToken(…)"

    def admits(self, header: str) -> bool:
        """Whether ``header``, an Authorization, holds the token: as Bearer, or as the password of Basic.

        Basic is for clients that are given an address only: ``http://any:TOKEN@host:port``.
        """
        scheme, _, given = header.strip().partition(" ")
        if scheme.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return False
        elif scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode(), self._value.encode())


def find_token(environ: Mapping[str, str]) -> ServeToken | None:
    """Return the token in ``environ``; ``None`` where there is none.

    Raises:
        UsageError: it is so short that it can be guessed, or cannot be sent.
    """
    value = environ.get(TOKEN_VARIABLE, "")
    if not value:
        return None
    if len(value) < _SHORTEST or not all("!" <= character <= "~" for character in value):
        raise UsageError(
            f"{TOKEN_VARIABLE} must be {_SHORTEST} or more printable characters without blanks, such as of "
            "python -c 'import secrets; print(secrets.token_urlsafe())'"
        )
    return ServeToken(value)
