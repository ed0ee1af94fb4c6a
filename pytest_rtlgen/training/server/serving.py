"""Run the reward server: where it listens, and on what conditions."""

import ipaddress
import os
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.training.reward.callable import Reward
from pytest_rtlgen.training.server.access import TOKEN_VARIABLE, ServeToken, find_token

_BACKLOG = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """Where and how the server listens."""

    host: str = "127.0.0.1"
    port: int = 8377
    """0: any free one."""
    queue: int = 1024
    """Most samples that wait or are being checked; more are refused with 429."""
    tls_certificate: str | None = None
    """Path of a PEM file."""
    tls_key: str | None = None
    """Likewise; ``None``: in the certificate's file."""


def read_conditions(settings: ServeSettings, environ: Mapping[str, str]) -> ServeToken | None:
    """Return the token to ask for, ``None`` for none.

    Raises:
        UsageError: others could reach the server, and it has no token, or would be told it in the clear; a number is
            out of range; the certificate is no good.
    """
    token = find_token(environ)
    if settings.queue < 1:
        raise UsageError(f"--queue is {settings.queue}; use 1 or more")
    if settings.tls_key and not settings.tls_certificate:
        raise UsageError("--tls-key needs --tls-certificate FILE")
    if not _is_loopback(settings.host):
        if token is None:
            raise UsageError(f"--host {settings.host} lets others in; set {TOKEN_VARIABLE}, or leave --host out")
        if not settings.tls_certificate:
            raise UsageError(
                f"--host {settings.host} would send the token in the clear; give --tls-certificate FILE, "
                "or leave --host out and come through a tunnel"
            )
    if settings.tls_certificate:
        _try_certificate(settings.tls_certificate, settings.tls_key)
    return token


def run_server(reward: Reward, settings: ServeSettings, announce: Callable[[str], None]) -> None:
    """Serve until a signal ends it; ``announce`` is told the address as soon as it listens.

    Raises:
        UsageError: it cannot or must not listen there.
        ToolError: the extra is not installed, or the simulator is missing or broken.
    """
    token = read_conditions(settings, os.environ)
    try:
        import uvicorn

        from pytest_rtlgen.training.server.app import make_app

        app = make_app(reward, queue=settings.queue, token=token)
    except ModuleNotFoundError as error:
        raise ToolError(f"{error.name} is not installed; run: pip install 'pytest-rtlgen[training]'") from error
    reward.start()
    listener = _listen(settings.host, settings.port)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
    )
    scheme = "https" if settings.tls_certificate else "http"
    port = listener.getsockname()[1]
    try:
        announce(f"{scheme}://{_bracket(settings.host)}:{port}")
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        listener.close()
        reward.close()


def _try_certificate(certificate: str, key: str | None) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except OSError as error:  # an SSLError is one
        reason = error.strerror or error
        raise UsageError(f"{certificate}: no certificate with its key: {reason}; give PEM files") from error


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot listen on {_bracket(host)}:{port}: {reason}; choose another --port") from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host
