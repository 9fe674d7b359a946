"""The certificate of the SMTP server, and how it is replaced while the server runs.

In: PEM files. Out: a context for the next handshake. Connections keep what they began with; a file that cannot be used
never takes the place of one that can.
"""

import logging
import ssl
from pathlib import Path

from mailguard.errors import ConfigError

_LOG = logging.getLogger(__name__)


class Certificate:
    """`context` is for handshakes that begin now. Raises ConfigError when the files cannot be used."""

    def __init__(self, chain: Path, key: Path) -> None:
        self._chain, self._key = chain, key
        self.context = self._load()

    def reload(self) -> None:
        """Read the files again; what is wrong with them is logged, and the certificate in use stays."""
        try:
            self.context = self._load()
        except ConfigError as error:
            _LOG.error("%s The certificate in use stays.", error)
        else:
            _LOG.info("certificate read again")

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        for setting, path in (("certificate", self._chain), ("certificate_key", self._key)):
            try:
                path.read_bytes()
            except OSError as error:
                raise ConfigError(
                    f"smtp.{setting}: {path} cannot be read ({error.strerror}). Name a PEM file."
                ) from None
        try:
            # Without a password given, OpenSSL would ask the terminal for one.
            context.load_cert_chain(self._chain, self._key, password=lambda: "")
        except (ssl.SSLError, ValueError) as error:
            fact = getattr(error, "reason", None) or "no PEM"
            raise ConfigError(
                f"smtp.certificate: {self._chain} and {self._key} cannot be used ({fact}). Name a PEM chain and its own"
                " key, without a password."
            ) from None
        return context
