"""One message as it comes in, between DATA and the final dot.

In: the buffer of an inbox, as it grows. Out: the content in pieces, byte for byte without the doubled dots. Each byte is
looked at once, as it comes. Only <CR><LF>.<CR><LF> ends a message (RFC 5321 §2.3.8, §4.1.1.4): every other dot is
content (SMTP smuggling).
"""

from mailguard.smtp.inflight import Share

PIECE = 65_536  # unfinished content is put aside from so many bytes on
_END = b"\r\n.\r\n"
_TRIES = 16  # dots looked at one by one, before they are searched for together with their line end


class Collection:
    """Takes its bytes from the front of `buffer`; what stands behind the final dot stays there.

    over: the message was more than `limit` bytes, or `share` had no room for it; nothing of it is kept then.
    """

    def __init__(self, buffer: bytearray, limit: int, share: Share) -> None:
        self._buffer = buffer
        self._limit = limit
        # Doubled dots make a message a third longer at most.
        self._most = limit + limit // 3 + 4
        self._share = share
        self._searched = 0
        self._doubled = False
        self._begun = False
        self._size = 0
        self.pieces: list[bytes] = []
        self.over = False

    def look(self, fresh: int) -> bool:
        """Whether the message is whole; `fresh` bytes came since the last look. The pieces part no CR from its LF."""
        self._account(fresh)
        if not self._begun and (done := self._begin()) is not None:
            return done
        first = _first_dot(self._buffer, self._searched)
        end = -1 if first < 0 else self._buffer.find(_END, first - 2)
        self._doubled = self._doubled or (first >= 0 and first != end + 2)
        if end >= 0:
            self._finish(end)
            return True
        self._put_aside()
        self._searched = max(0, len(self._buffer) - 4)
        return False

    def _account(self, fresh: int) -> None:
        room = self._share.take(fresh)
        if self._size + len(self._buffer) > self._most or not room:
            self._drop()

    def _drop(self) -> None:
        self.over = True
        self.pieces.clear()
        self._share.drop()

    def _begin(self) -> bool | None:
        """The first line, which has no line end of the content before it; True: the message is empty."""
        if len(self._buffer) < 3:  # the shortest message: a dot and a line end
            return False
        self._begun = True
        if self._buffer.startswith(b".\r\n"):
            del self._buffer[:3]
            return True
        if self._buffer.startswith(b"."):
            del self._buffer[:1]
        return None

    def _finish(self, end: int) -> None:
        if not self.over:
            self._take(end + 2)
            end = -2
        del self._buffer[: end + len(_END)]
        if self._size > self._limit:
            self._drop()

    def _put_aside(self) -> None:
        if self.over:
            del self._buffer[:-4]
        elif len(self._buffer) > PIECE:
            end = len(self._buffer) - 4
            # A line end stays whole, and with the dot that may follow it.
            if self._buffer[end - 1] == 13:
                end -= 1
            elif self._buffer[end - 2 : end] == b"\r\n":
                end -= 2
            self._take(end)
            if self._size > self._limit:
                self._drop()

    def _take(self, end: int) -> None:
        with memoryview(self._buffer) as view:
            piece = bytes(view[:end])
        del self._buffer[:end]
        if self._doubled:
            piece = piece.replace(b"\r\n.", b"\r\n")
            self._doubled = False
        self._size += len(piece)
        self.pieces.append(piece)


def _first_dot(buffer: bytearray, start: int) -> int:
    """Where the first line begins with a dot, the dot being at `start` or later; -1 if none does.

    Looks for the dot alone first: base64 has none, and no search is as fast as that for one byte.
    """
    at = buffer.find(b".", start)
    for _ in range(_TRIES):
        if at < 0 or (at >= 2 and buffer[at - 2 : at] == b"\r\n"):
            return at
        at = buffer.find(b".", at + 1)
    at = -1 if at < 0 else buffer.find(b"\r\n.", at - 2)
    return -1 if at < 0 else at + 2
