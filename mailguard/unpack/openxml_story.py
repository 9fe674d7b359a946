"""Text of the XML in Word, PowerPoint and Excel files (ECMA-376 parts 1 and 4), whichever element it stands in.

In: one member. Out: a `Flow` with all its characters, but for numbers of layout and who wrote it. Deleted, moved and hidden text,
text boxes, furigana, field codes and alternative texts stand on lines of their own, behind the line they hang on.
"""

import re
from collections.abc import Callable, Mapping
from typing import ClassVar

from mailguard.unpack import attribute_words, field_code
from mailguard.unpack.budget import Budget
from mailguard.unpack.flow import Flow
from mailguard.unpack.markup import local

_PARAGRAPHS = frozenset({"p", "text", "si", "is"})
_RUNS = frozenset({"t", "r", "delText", "rubyBase", "ruby", "sdt", "sdtContent", "smartTag", "hyperlink", "ins", "fld"})
_APART = frozenset({"del", "moveFrom", "rt", "rPh", "txbxContent", "textbox"})
_TABLES, _ROWS, _CELLS = frozenset({"tbl", "sheetData"}), frozenset({"tr", "row"}), frozenset({"tc", "cell"})
_BRANCHES = frozenset({"Choice", "Fallback"})
_CODES = frozenset({"instrText", "delInstrText"})
_BREAKS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_HEADERS = frozenset(
    {"oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"}
)  # of a sheet, with codes of layout in them
_HEADER_CODES = re.compile(r'&(?:[LCRPNDTZFAGUESBIXYOH]|"[^"]*"|K[0-9A-F]{6}|[0-9]+)')  # part 1 §18.3.1.46
# Numbers and keywords of layout; not in custom XML, where a name means nothing.
_LAYOUT_WORDS = (
    "posOffset align pctWidth pctHeight pctPosHOffset pctPosVOffset f formatCode Anchor Row Column FmlaLink "
    "FmlaMacro FmlaRange FmlaTxbx FmlaPict AutoFill AutoLine AutoPict AutoScale CF MapOCX MoveWithCells "
    "SizeWithCells PrintObject Disabled Locked LockText DefaultSize UIObj TextHAlign TextVAlign Val Min Max "
    "Inc Page Dx Sel SelType LCT DropStyle DropLines created modified lastPrinted TotalTime Pages Words "
    "Characters CharactersWithSpaces Lines Paragraphs Slides Notes HiddenSlides MMClips Application AppVersion "
    "DocSecurity ScaleCrop LinksUpToDate SharedDoc HyperlinksChanged PresentationFormat Template revision "
    "version language i4 creationId bool col colOff rowOff row"
)
_LAYOUT = frozenset(_LAYOUT_WORDS.split())
_MAKERS = frozenset({"creator", "lastModifiedBy", "Manager", "Company", "author"})
_LONGEST_MAKER = 60  # characters; more is no name of who made the file
_LONGEST_LAYOUT = 100
_WORDS = frozenset(
    [
        "descr",
        "alt",
        "tooltip",
        "display",
        "displayText",
        "prompt",
        "promptTitle",
        "error",
        "errorTitle",
        "helpText",
        "statusText",
        "instr",
        "title",
    ]
)
_FONTS = frozenset({"ascii", "hAnsi", "eastAsia", "cs", "typeface", "font", "altName", "rFont", "panose"})
_VALUED = frozenset({"docVar", "listEntry", "listItem", "statusText", "helpText", "query", "udl"})


_Call = Callable[["Story", str], None]


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 4 else 1


def _calls(*pairs: tuple[frozenset[str], _Call]) -> dict[str, _Call]:
    return {name: call for names, call in pairs for name in names}


class Story:
    """Takes the events of one member. custom: names mean nothing there, and values of attributes are read, too."""

    def __init__(self, budget: Budget, *, custom: bool = False) -> None:
        self.flow = Flow(budget)
        self._custom = custom
        self._tags: list[str] = []
        self._paragraphs = 0
        self._code: list[str] = []
        self._choices: list[list[str]] = []  # of each alternative content: what its branches said
        self._tables_before = 0
        self._cell = (1, False)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Open what the element opens."""
        name = local(tag)
        self._tags.append(name)
        if name in _BREAKS:
            self.flow.add(_BREAKS[name])
        elif name in self._opening:
            self._opening[name](self, name)
        elif name in {"gridSpan", "vMerge", "fldChar"}:
            self._property(name, {local(key): value for key, value in attributes.items()})
        if attributes:
            self._attributes(name, attributes)

    def end(self, tag: str) -> None:
        """Close what it opened."""
        name = self._tags.pop() if self._tags else local(tag)
        if name in self._closing:
            self._closing[name](self, name)
        elif not self._paragraphs and name not in _RUNS:
            self.flow.end_line()

    def data(self, text: str) -> None:
        """Keep it, unless it is layout."""
        name = self._tags[-1] if self._tags else ""
        if name in _RUNS or not (text.isspace() or self._layout(name, text)):
            self.flow.add(text)

    def _layout(self, name: str, text: str) -> bool:
        return not self._custom and name in _LAYOUT and len(text) <= _LONGEST_LAYOUT and text.isascii()

    def _attributes(self, name: str, attributes: Mapping[str, str]) -> None:
        for key, value in attributes.items():
            short = local(key)
            if name == "tc" and short == "gridSpan":
                self._cell = (_number(value), self._cell[1])
            elif name == "tc" and short in {"vMerge", "hMerge"}:
                self._cell = (1, short == "vMerge")
            elif self._read_attribute(name, short, value):
                self._apart(field_code.shown(value)[1] if short == "instr" else value)

    def _read_attribute(self, name: str, short: str, value: str) -> bool:
        if not value.strip() or value in {"0", "1"}:
            return False
        if self._custom or short in _WORDS or (short in {"val", "value"} and name in _VALUED):
            return True
        return not (short in _FONTS or name in _FONTS) and attribute_words.tells(name, short, value)

    def remark(self, text: str) -> None:
        """A comment of XML, or an instruction for a program."""
        if attribute_words.tells("", "", text):
            self._apart(text)

    def _apart(self, text: str) -> None:
        self.flow.open_frame()
        self.flow.add(text)
        self.flow.close_frame(apart=True)

    def _property(self, name: str, attributes: Mapping[str, str]) -> None:
        value = attributes.get("val", "")
        if name == "gridSpan":
            self._cell = (_number(value), self._cell[1])
        elif name == "vMerge":
            self._cell = (self._cell[0], value != "restart")
        elif attributes.get("fldCharType") in {"separate", "end"}:
            self._end_code()

    def _end_code(self) -> None:
        if self._code:
            inline, apart = field_code.shown("".join(self._code))
            self._code = []
            self.flow.add(inline)
            self._apart(apart)

    def _open_frame(self, name: str) -> None:
        self._paragraphs += name in _PARAGRAPHS
        self.flow.open_frame()

    def _close_paragraph(self, _: str) -> None:
        self._end_code()
        self._paragraphs -= 1
        self.flow.close_frame()

    def _close_apart(self, _: str) -> None:
        self.flow.close_frame(apart=True)

    def _close_code(self, _: str) -> None:
        self._code.append(self.flow.drop_frame())

    def _close_header(self, _: str) -> None:
        text = self.flow.drop_frame()
        self._apart(_HEADER_CODES.sub(" ", text).strip())

    def _close_maker(self, _: str) -> None:
        text = self.flow.drop_frame()
        if self._custom or len(text) > _LONGEST_MAKER:
            self._apart(text)

    def _open_table(self, _: str) -> None:
        self.flow.open_table()

    def _close_table(self, _: str) -> None:
        self.flow.close_table()

    def _open_row(self, _: str) -> None:
        self.flow.open_row()

    def _close_row(self, _: str) -> None:
        self.flow.close_row()

    def _open_cell(self, _: str) -> None:
        self._cell = (1, False)
        self.flow.open_cell()

    def _close_cell(self, _: str) -> None:
        span, below = self._cell
        self._cell = (1, False)
        self.flow.close_cell(span=span, below=below)

    def _open_alternatives(self, _: str) -> None:
        self._choices.append([])

    def _close_alternatives(self, _: str) -> None:
        if self._choices:
            self._choices.pop()

    def _open_branch(self, _: str) -> None:
        self._tables_before = len(self.flow.tables)
        self.flow.open_frame()

    def _close_branch(self, name: str) -> None:
        """A fallback says the same once more, as a rule."""
        said = self._choices[-1] if self._choices else []
        text = self.flow.close_inline(unless=said if name == "Fallback" else ())
        if text in said:
            del self.flow.tables[self._tables_before :]
        said.append(text)

    _opening: ClassVar = _calls(
        (_PARAGRAPHS | _APART | _CODES | _HEADERS | _MAKERS, _open_frame),
        (_TABLES, _open_table),
        (_ROWS, _open_row),
        (_CELLS, _open_cell),
        (_BRANCHES, _open_branch),
        (frozenset({"AlternateContent"}), _open_alternatives),
    )
    _closing: ClassVar = _calls(
        (_PARAGRAPHS, _close_paragraph),
        (_APART, _close_apart),
        (_CODES, _close_code),
        (_HEADERS, _close_header),
        (_MAKERS, _close_maker),
        (_TABLES, _close_table),
        (_ROWS, _close_row),
        (_CELLS, _close_cell),
        (_BRANCHES, _close_branch),
        (frozenset({"AlternateContent"}), _close_alternatives),
    )
