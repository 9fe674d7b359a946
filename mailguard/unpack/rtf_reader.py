r"""RTF read token by token: characters in every notation (\'xx in the charset of the font, \uN), groups by what they are for.

In: the bytes. Out: a `Flow`; objects and pictures as bytes; the HTML that a mail program wrapped in RTF (MS-OXRTFEX).
Linear in time; never raises on any bytes but LimitError.
"""

import binascii
import html
import re
from dataclasses import dataclass, replace

from mailguard.unpack import charset, field_code, rtf_groups, writing
from mailguard.unpack.budget import Budget
from mailguard.unpack.cell_marks import Cells
from mailguard.unpack.flow import Flow

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,9})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)|\\"
)
_NOT_HEX = re.compile(rb"[^0-9a-fA-F]")
_HEX_ONLY = re.compile(r"[0-9a-fA-F\s]{40,}")
_MOST_GROUPS = 10_000  # inside each other; deeper ones are read like the last


@dataclass(frozen=True, slots=True)
class _State:
    """What a group inherits. kind: what the text in it is for; unit: bytes that stand for one character, for old readers."""

    kind: str = ""
    codec: str = ""
    unit: int = 1
    rtf_only: bool = False  # not part of the wrapped HTML
    opens: bool = False  # this group opened a frame
    starred: bool = False
    fresh: bool = True  # no control word yet: the next one says what it is for


class Reader:
    """Everything that one file says."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self.flow = Flow(budget)
        self.objects: list[bytes] = []
        self.pictures: list[bytes] = []
        self.html: list[str] = []
        self.wraps_html = False
        self._budget = budget
        self._cells = Cells(self.flow)
        self._in_table = False
        self._state = _State()
        self._above: list[_State] = []
        self._raw = bytearray()
        self._hex: list[bytes] = []
        self._left_out: list[str] = []  # of groups for programs
        self._skip = 0
        self._fonts: dict[int, str] = {}
        self._font = 0
        self._file_codec = "cp1252"
        self._property = ""
        self._read(data)
        self._flush()
        self._cells.end_table()
        self.hidden: list[bytes] = []  # files in groups for programs: themes, data of add-ins
        for line in "".join(self._left_out).split("\0"):
            if _HEX_ONLY.fullmatch(line):
                self.hidden.append(self._bytes(line.encode()))
            elif writing.number(line):  # no name of a style or font
                self.flow.add(line)
                self.flow.end_line()

    def _read(self, data: bytes) -> None:
        at = 0
        while (match := _TOKEN.match(data, at)) is not None:
            at = match.end()
            word, number, code, symbol, brace, text = match.groups()
            if text is not None:
                self._text(text)
            elif code is not None:
                self._text(binascii.unhexlify(code))
            elif word is not None:
                at += self._word(word.decode(), number, data, at)
            elif brace is not None:
                self._brace(brace)
            elif symbol is not None:
                self._symbol(symbol)

    def _text(self, data: bytes) -> None:
        if self._skip:
            data, self._skip = data[self._skip :], max(self._skip - len(data), 0)
        if self._state.kind in {rtf_groups.OBJECT, rtf_groups.PICTURE}:
            self._hex.append(data)
        else:
            self._raw += data

    def _symbol(self, symbol: bytes) -> None:
        char = symbol.decode("latin-1")
        if char == "*":
            self._state = replace(self._state, starred=True)
        elif char in rtf_groups.SYMBOLS:
            self._text(rtf_groups.SYMBOLS[char].encode())

    def _word(self, word: str, number: bytes | None, data: bytes, at: int) -> int:
        """Returns how many bytes behind it are not text."""
        value = int(number) if number else None
        if word == "bin" and value and value > 0:
            self._hex.append(binascii.hexlify(data[at : at + value]))
            return value
        if word == "u" and value is not None:
            self._flush()
            self._put(chr(value & 0xFFFF))
            self._skip = self._state.unit
            return 0
        if self._state.fresh or self._state.starred:
            self._destination(word)
        self._control(word, value)
        return 0

    def _control(self, word: str, value: int | None) -> None:
        if word in rtf_groups.SIGNS:
            self._flush()
            self._put(rtf_groups.SIGNS[word])
        elif word in {"f", "fcharset", "ansicpg", "uc", "htmlrtf", "fromhtml"}:
            self._setting(word, 1 if value is None else value)
        elif word in {"cell", "row"}:
            self._flush()
            self._cells.begin_cell() if word == "cell" else self._cells.end_row()
            self._cells.end_cell()
        elif word in {"intbl", "trowd", "pard"}:
            self._flush()
            self._in_table = word != "pard"

    def _setting(self, word: str, value: int) -> None:
        self._flush()
        if word == "f" and self._state.kind == rtf_groups.FONTS:
            self._font = value
        elif word == "fcharset":
            self._fonts[self._font] = rtf_groups.CHARSETS.get(value, "")
        elif word == "f":
            self._state = replace(self._state, codec=self._fonts.get(value, ""))
        elif word == "ansicpg":
            self._file_codec = f"cp{value}"
        elif word == "uc":
            self._state = replace(self._state, unit=min(max(value, 0), 16))
        elif word == "htmlrtf":
            self._state = replace(self._state, rtf_only=value != 0)
        else:
            self.wraps_html = True

    def _destination(self, word: str) -> None:
        """The first word of a group tells what it is for."""
        self._flush()
        starred, opens = self._state.starred, False
        kind = self._state.kind
        if word in rtf_groups.SKIPPED:
            kind = "skip"
        elif word in {rtf_groups.OBJECT, rtf_groups.PICTURE, rtf_groups.FONTS}:
            kind, self._hex = word, []
        elif word in {rtf_groups.HTML, rtf_groups.FIELD_CODE, rtf_groups.PROPERTY_NAME, rtf_groups.PROPERTY_VALUE}:
            kind, opens = word, True
        elif word in rtf_groups.APART or starred:
            kind, opens = ("skip" if kind == "skip" else "apart"), True
        if opens:
            self.flow.open_frame()
        self._state = replace(self._state, kind=kind, opens=opens, starred=False, fresh=False)

    def _brace(self, brace: bytes) -> None:
        self._flush()
        self._left_out.append("\0")
        self._skip = 0
        if brace == b"{":
            if len(self._above) < _MOST_GROUPS:
                self._above.append(self._state)
            self._state = replace(self._state, opens=False, starred=False, fresh=True)
            return
        ended = self._state
        self._state = self._above.pop() if self._above else _State()
        if ended.kind in {rtf_groups.OBJECT, rtf_groups.PICTURE} and self._state.kind != ended.kind:
            self._end_hex(ended.kind)
        elif ended.opens:
            self._end_frame(ended.kind)

    def _end_hex(self, kind: str) -> None:
        data = self._bytes(b"".join(self._hex))
        self._hex = []
        (self.objects if kind == rtf_groups.OBJECT else self.pictures).append(data)

    def _bytes(self, figures: bytes) -> bytes:
        digits = _NOT_HEX.sub(b"", figures)
        data = binascii.unhexlify(digits[: len(digits) & ~1])
        self._budget.spend(len(data))
        return data

    def _end_frame(self, kind: str) -> None:
        if kind == "apart":
            self.flow.close_frame(apart=True)
            return
        text = self.flow.drop_frame()
        if kind == rtf_groups.PROPERTY_NAME:
            self._property = text.strip()
            return
        inline = ""
        if kind == rtf_groups.FIELD_CODE:
            inline, text = field_code.shown(text)
        elif kind == rtf_groups.HTML or self._property not in rtf_groups.WRITTEN_PROPERTIES:
            return
        self.flow.add(inline)
        self.flow.open_frame()
        self.flow.add("" if _HEX_ONLY.fullmatch(text) else text)
        self.flow.close_frame(apart=True)

    def _flush(self) -> None:
        if self._raw:
            raw, self._raw = bytes(self._raw), bytearray()
            self._put(self._decoded(raw))

    def _decoded(self, raw: bytes) -> str:
        if raw.isascii():
            return raw.decode("ascii")
        try:
            return raw.decode(self._state.codec or self._file_codec)
        except (LookupError, UnicodeError):
            return charset.decode(raw, "cp932")

    def _put(self, text: str) -> None:
        kind = self._state.kind
        if kind in {"skip", rtf_groups.FONTS}:
            self._left_out.append(text)
            return
        if kind in {rtf_groups.OBJECT, rtf_groups.PICTURE}:
            return
        if kind == rtf_groups.HTML:
            self.html.append(text)
        elif not kind and not self._state.rtf_only:
            self.html.append(html.escape(text, quote=False))
        if not kind:
            self._place(text)
        if text == "\n":
            self.flow.end_line()
        else:
            self.flow.add(text)

    def _place(self, text: str) -> None:
        if self._in_table:
            self._cells.begin_cell()
        elif text.strip():
            self._cells.end_table()
