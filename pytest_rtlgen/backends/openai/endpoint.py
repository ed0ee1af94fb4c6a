"""One request to an OpenAI-compatible endpoint, and what its failures mean."""

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_rtlgen.backends.extras import Needs
from pytest_rtlgen.backends.openai.api import Api, find_route
from pytest_rtlgen.backends.openai.chat_answers import shorten
from pytest_rtlgen.backends.openai.credentials import KEY_VARIABLE, ApiKey
from pytest_rtlgen.backends.openai.retry import TransientError, read_retry_after
from pytest_rtlgen.errors import BackendError, CredentialError, UsageError
from pytest_rtlgen.foreign import Foreign

if TYPE_CHECKING:
    import openai

NEEDS = Needs(extra="openai", modules=("openai",))
_KEY_REFUSED = frozenset({401, 403})
_WORTH_A_RETRY = frozenset({408, 409, 429})
_OVERLOADED, _SERVER_ERROR, _NOT_FOUND = 429, 500, 404
_FILTERED = "content_filter"
"""The code of a refused prompt. Source: learn.microsoft.com/azure/ai-services/openai/concepts/content-filter"""
_RESPONSES_ONLY = "v1/responses"
"""What OpenAI's refusal of a model points to that no other interface has."""
_FEW = 2
"""Retries where the full budget would mean minutes or hours of silence."""
_CONNECT_S = 10.0
_NEVER_CONNECTED = frozenset({"ConnectError", "ConnectTimeout"})
"""Names of the HTTP library's exceptions; the library itself changes with the version of openai."""


class RefusedError(BackendError):
    """The endpoint will not have this request, however often it is sent."""

    def __init__(self, message: str, *, status: int, text: str, is_filtered: bool) -> None:
        super().__init__(message)
        self.status = status
        self.text = text
        """The server's own words, all of them."""
        self.is_filtered = is_filtered
        """Whether a content filter stopped the prompt: the model's side of things, not the harness's."""


class Endpoint:
    """Sends requests with a key that leaves in the header and nowhere else."""

    def __init__(self, url: str, key: ApiKey, timeout_s: float) -> None:
        """Take the endpoint's address.

        Raises:
            UsageError: it is none, or holds credentials.
        """
        if not _is_plain_address(url):
            raise UsageError(
                "the endpoint's address (--rtlgen-base-url or OPENAI_BASE_URL) must be http:// or https:// with a "
                f"host, such as http://127.0.0.1:8000/v1; keys belong in {KEY_VARIABLE}, never in the address"
            )
        self.url = url
        self._key = key
        self._timeout_s = timeout_s
        self._has_answered = False

    def make_client(self) -> "openai.AsyncOpenAI":
        """Return a client, to be closed by the caller; retries are ours, as the client's take no malformed answer.

        Raises:
            ToolError: the extra is missing.
        """
        NEEDS.check(self.url)
        import openai

        return openai.AsyncOpenAI(
            base_url=self.url,
            api_key=self._key.reveal(),
            max_retries=0,
            timeout=openai.Timeout(self._timeout_s, connect=min(_CONNECT_S, self._timeout_s)),
        )

    async def post(self, client: "openai.AsyncOpenAI", body: dict[str, Any], api: Api) -> object:
        """Return the JSON that the endpoint answers to one request.

        Raises:
            TransientError: it may work the next time.
            RefusedError: it will not.
            CredentialError: the key is missing or wrong.
        """
        import openai

        failure: Exception
        route = find_route(client, api)
        try:
            async with asyncio.timeout(self._timeout_s):
                raw = await route.with_raw_response.create(**body)
        except (TimeoutError, openai.APITimeoutError) as error:
            failure = self._explain_timeout(error)
        except openai.APIConnectionError as error:
            failure = self._explain_connection(error)
        except openai.APIStatusError as error:
            failure = self._explain_status(error)
        else:
            self._has_answered = True
            return self._read_json(raw.http_response)
        raise failure  # out here, without the client's exception behind it: that one holds the request with the key

    def _explain_timeout(self, error: Exception) -> TransientError:
        if type(error.__cause__).__name__ in _NEVER_CONNECTED:
            return self._explain_connection(error)
        return TransientError(f"no answer within {self._timeout_s:g} s", most_retries=_FEW)

    def _explain_connection(self, error: Exception) -> TransientError:
        cause = type(error.__cause__).__name__
        if cause in _NEVER_CONNECTED:
            what = f"cannot be reached ({shorten(str(error.__cause__)) or cause})"
            return TransientError(what, most_retries=None if self._has_answered else _FEW)
        return TransientError(f"the connection was cut ({cause})")

    def _explain_status(self, error: "openai.APIStatusError") -> Exception:
        self._has_answered = True
        status = error.status_code
        if status in _KEY_REFUSED:
            return self._explain_refused_key(status)
        text = self._key.remove_from(_find_message(error.body) or error.response.text)
        what = f"HTTP {status} {shorten(text)}".rstrip()
        if status in _WORTH_A_RETRY or status >= _SERVER_ERROR:
            asked_s = read_retry_after(error.response.headers, datetime.now(UTC))
            return TransientError(what, asked_s=asked_s, is_overload=status == _OVERLOADED)
        remedy = "check the model's name and --rtlgen-base-url" if status == _NOT_FOUND else "change the request"
        if status == _NOT_FOUND and not urlsplit(self.url).path.strip("/"):
            remedy += f", which most servers have at {self.url.rstrip('/')}/v1"
        if _RESPONSES_ONLY in text:
            remedy = f"name the model as {Api.RESPONSES.value}:MODEL"
        is_filtered = error.code == _FILTERED
        return RefusedError(f"{self.url}: {what}; {remedy}", status=status, text=text, is_filtered=is_filtered)

    def _explain_refused_key(self, status: int) -> CredentialError:
        fault = "wants a key" if self._key.is_placeholder else "refuses the key"
        return CredentialError(
            f"{self.url}: the endpoint {fault} (HTTP {status}); set {KEY_VARIABLE} to a key that is valid there"
        )

    def _read_json(self, response: Foreign) -> object:
        """Return what a response of httpx holds; its text, which may name the key, is in no local variable."""
        text = self._key.remove_from(response.content.decode("utf-8", "replace"))
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise TransientError(f"malformed JSON ({shorten(str(error))})") from None


def _is_plain_address(url: str) -> bool:
    """Whether ``url`` names a host and holds nothing secret: the HTTP library logs addresses as they are."""
    try:
        parts = urlsplit(url)
        is_secret = parts.username or parts.password or parts.query or parts.fragment
        has_host = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a broken port or bracket
        return False
    return bool(has_host) and not is_secret and url.isprintable() and " " not in url


def _find_message(body: object) -> str:
    """Return what an error's body says in its ``message``; empty when it has none."""
    for _ in range(2):
        if not isinstance(body, dict):
            return ""
        if isinstance(body.get("message"), str):
            return str(body["message"])
        body = body.get("error")
    return ""
