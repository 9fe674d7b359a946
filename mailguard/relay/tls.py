"""TLS with the next hop (RFC 3207, RFC 8314 §3.3): the contexts, and STARTTLS.

In: an open channel. Out: the same channel under TLS 1.2 or better. Never goes on in clear by itself, and takes nothing
for said under TLS that was said before.
"""

import asyncio
import ssl
from pathlib import Path

from mailguard.errors import ConfigError, RelayError
from mailguard.relay.channel import Channel


class HandshakeError(RelayError):
    """TLS was offered and did not come about; opportunistic TLS goes on in clear, on a new connection."""


def context(mode: str, ca_file: Path | None) -> ssl.SSLContext | None:
    """For relay.tls: None is off; "opportunistic" takes any certificate, "verify" checks chain and name."""
    if mode == "off":
        return None
    try:
        made = ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"relay.ca_file: {ca_file} cannot be read ({type(error).__name__}). Name a file of PEM certificates"
        ) from None
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if mode == "opportunistic":
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


async def start_tls(channel: Channel, context: ssl.SSLContext, host: str, seconds: float) -> None:
    """After a STARTTLS that was answered with 220. Raises RelayError."""
    if not channel.quiet:
        # RFC 3207 §6, CVE-2011-0411: whoever sits in between has put something in front of the handshake.
        channel.abort()
        raise RelayError("the next hop spoke between STARTTLS and the handshake")
    loop = asyncio.get_running_loop()
    try:
        transport = await loop.start_tls(
            channel.transport, channel, context, server_hostname=host, ssl_handshake_timeout=seconds
        )
    except (OSError, EOFError, TimeoutError) as error:
        channel.abort()
        raise HandshakeError(f"TLS with the next hop failed ({reason(error)})") from None
    except BaseException:
        channel.abort()
        raise
    if transport is None or channel.broken:
        channel.abort()
        raise HandshakeError("TLS with the next hop failed (closed)")
    channel.transport = transport


def reason(error: Exception) -> str:
    """Enough to act on: which check of the certificate failed; nothing the server wrote."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted, error {error.verify_code}: see relay.ca_file and relay.host"
    return type(error).__name__
