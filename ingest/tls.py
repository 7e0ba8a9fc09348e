"""TLS towards the broker: version 1.2 or newer, its certificate checked, ours shown."""

import ssl
from pathlib import Path


class TlsProblem(Exception):
    """A certificate or key cannot be used; the message says which."""


def client_context(
    ca_file: Path | None = None, certificate_file: Path | None = None, key_file: Path | None = None
) -> ssl.SSLContext:
    """Return the context of a client; without ``ca_file`` the system's authorities are believed.

    TlsProblem when a file cannot be read or is none.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError) as problem:
        raise TlsProblem(f"{ca_file} is no certificate of an authority: {problem}") from problem
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate_file is not None:
        try:
            context.load_cert_chain(certificate_file, key_file)
        except (OSError, ssl.SSLError) as problem:
            raise TlsProblem(
                f"{certificate_file} with its key cannot be used: {problem}"
            ) from problem
    return context
