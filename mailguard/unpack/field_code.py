r"""Field codes of Word (ECMA-376 part 1 §17.16): what of them a person reads.

In: the code, as in ` HYPERLINK "mailto:a@example.com" `. Out: what stands in the line, and what stands apart from it.
Word 97 and later keep furigana in `EQ \* jc2 \* hps10 \o\ad(\s\up 9(やまだ),山田)`: the name is in the code alone.
"""

import re
from urllib.parse import unquote

# Fields that compute what is shown; their result stands beside the code.
_LAYOUT_WORDS = (
    "AUTONUM COMMENTS CREATEDATE DATE EDITTIME FILENAME FORMCHECKBOX FORMDROPDOWN FORMTEXT INDEX LISTNUM "
    "MERGEFIELD MERGEREC NEXT NOTEREF NUMCHARS NUMPAGES NUMWORDS PAGE PAGEREF PRINTDATE REF REVNUM "
    "SAVEDATE SECTION SECTIONPAGES SEQ STYLEREF SYMBOL TC TIME TOC XE"
)
_LAYOUT = frozenset(_LAYOUT_WORDS.split())
_RUBY = re.compile(r"\\s\\up\s*-?[0-9]*\s*\(([^()]*)\)\s*[,;]\s*([^()]*)\)")
_QUOTED = re.compile('"([^"]*)"')


def shown(code: str) -> tuple[str, str]:
    """(in the line, apart from it)."""
    words = code.split(None, 1)
    name = words[0].upper() if words else ""
    if name == "EQ":
        ruby = _RUBY.findall(code)
        if ruby:
            return "".join(base for _, base in ruby), "".join(reading for reading, _ in ruby)
    if name in _LAYOUT:
        return "", ""
    quoted = [address(value) for value in _QUOTED.findall(code) if not value.startswith("\\")]
    return "", " ".join(quoted) if quoted else code.strip()


def address(link: str) -> str:
    """What a link leads to, as a person would write it."""
    low = link[:7].lower()
    return unquote(link[7:] if low == "mailto:" else link[4:] if low.startswith("tel:") else link)
