"""What a style sheet writes on the page: generated content (CSS 2.2 §12), signs of lists, and variables that may be put there.

In: the text of a style element or attribute. Out: lines of words, and names of attributes whose values are shown. Names of fonts
and addresses of files are no content.
"""

import re

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_STRING = r""""(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?"""  # may stay open: linear
_DECLARED = re.compile(
    r"(?<![\w-])(?:content|quotes|list-style(?:-type)?|symbols|additive-symbols|prefix|suffix|--[\w-]+)\s*:"
    rf"((?:{_STRING}|[^;{{}}\"'])*)",
    re.IGNORECASE | re.DOTALL,
)
_QUOTED = re.compile(_STRING, re.DOTALL)
_ESCAPED = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|\s)?|(\r?\n)|(.))", re.DOTALL)
_ATTRIBUTE = re.compile(r"\battr\(\s*([\w-]{1,100})", re.IGNORECASE)
_WORD = re.compile(r"\w\w")  # fewer are signs, and pictures of icon fonts


def words(style: str) -> list[str]:
    """A line for each declaration that says something, in order. Also what stands between the marks of a comment."""
    if "'" not in style and '"' not in style:
        return []
    lines: dict[str, None] = {}
    for text in (style, _COMMENT.sub("", style)) if "/*" in style else (style,):
        for match in _DECLARED.finditer(text):
            line = "".join(_plain(quoted) for quoted in _QUOTED.findall(match[1]))
            if _WORD.search(line):
                lines[line] = None
    return list(lines)


def attributes(style: str) -> set[str]:
    """Attributes that a style shows: content: attr(data-name)."""
    return {name.lower() for name in _ATTRIBUTE.findall(style)}


def _plain(quoted: str) -> str:
    ended = len(quoted) > 1 and quoted[-1] == quoted[0]
    return _ESCAPED.sub(_character, quoted[1:-1] if ended else quoted[1:])


def _character(match: re.Match[str]) -> str:
    """§4.1.3: figures of a code point and one blank behind them, a line that goes on, or the character itself."""
    if not match[1]:
        return match[3] or ""
    code = int(match[1], 16)
    return "\n" if code == 0xA else chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
