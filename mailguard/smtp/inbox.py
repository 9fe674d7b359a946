"""What a client sends, cut into command lines and messages.

In: an asyncio stream. Out: lines, and the content between DATA and the final dot, byte for byte without the doubled
dots. Holds no more than one message, its limit and its share of the memory; what is beyond is read and dropped.
Only <CR><LF>.<CR><LF> ends a message (RFC 5321 §2.3.8, §4.1.1.4): every other dot is content (SMTP smuggling).
"""

import asyncio

from mailguard.smtp.inflight import Share

CHUNK = 65_536
LINE = 12_288  # RFC 4954 §4: the longest AUTH line
FLOOD = 1_000_000  # bytes without a line end after which nobody answers any more
_END = b"\r\n.\r\n"


class GoneError(Exception):
    """The client closed the connection, or sends what is no SMTP."""


class SilentError(Exception):
    """The client took too long."""


class LineTooLongError(Exception):
    """A command line beyond the limit; it was read to its end and dropped."""


class Inbox:
    """The incoming side of one connection. `seconds` is the longest silence; then SilentError."""

    def __init__(self, reader: asyncio.StreamReader, seconds: float) -> None:
        self._reader = reader
        self._seconds = seconds
        self._buffer = bytearray()
        self._wait: asyncio.Timeout | None = None

    def interrupt(self) -> None:
        """End the wait for the client now, as if it had been silent for too long."""
        if self._wait is not None and not self._wait.expired():
            self._wait.reschedule(asyncio.get_running_loop().time())

    async def line(self) -> bytes:
        """The next command line without its line end. Raises GoneError, LineTooLongError, SilentError."""
        searched = dropped = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > LINE:
                dropped += searched
                searched = 0
                self._buffer.clear()
            if dropped > FLOOD:
                raise GoneError
            await self._more()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        if dropped or len(line) > LINE:
            raise LineTooLongError
        return line.removesuffix(b"\r")

    async def content(self, limit: int, share: Share | None = None) -> bytes | None:
        """Everything up to the final dot; None if it was more than `limit` bytes or `share` had no room for it.

        Raises GoneError, SilentError.
        """
        # The line end of the DATA command counts: a dot right after it ends an empty message.
        self._buffer[:0] = b"\r\n"
        most = limit + limit // 3 + 4  # doubled dots make a message a third longer at most
        searched, over, fresh = 0, False, len(self._buffer)
        while True:
            over = over or len(self._buffer) > most or not (share is None or share.take(fresh))
            if (end := self._buffer.find(_END, searched)) >= 0:
                break
            if over:
                del self._buffer[:-4]
                if share is not None:
                    share.drop()
            searched = max(0, len(self._buffer) - 4)
            fresh = await self._more()
        content = None if over else self._cut_out(end)
        del self._buffer[: end + len(_END)]
        return None if content is None or len(content) > limit else content

    def _cut_out(self, end: int) -> bytes:
        """The content in front of the final dot without doubled dots; few copies, as it may be big."""
        with memoryview(self._buffer) as view:
            content = bytes(view[2 : end + 2])
        content = content.replace(b"\r\n.", b"\r\n")
        return content[1:] if content.startswith(b".") else content

    async def _more(self) -> int:
        """Read on; how many bytes came."""
        try:
            async with asyncio.timeout(self._seconds) as self._wait:
                chunk = await self._reader.read(CHUNK)
        except TimeoutError:
            raise SilentError from None
        except OSError:
            raise GoneError from None
        finally:
            self._wait = None
        if not chunk:
            raise GoneError
        self._buffer += chunk
        return len(chunk)
