"""What the groups of an RTF file are for (Rich Text Format Specification 1.9.1): text, something apart from it, or none.

The names are control words, without the backslash.
"""

CHARSETS = {
    128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5", 161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255",
    178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip  # \fcharset; 0 and 1 are the charset of the file

# Stand apart from the line in which they are: what a reader sees elsewhere, or only on demand.
_APART_WORDS = (
    "header headerl headerr headerf footer footerl footerr footerf footnote annotation shptxt shpinst shprslt title subject keywords"
    " doccomm category hlinkbase do dptxbxtext ffname ffdeftext ffhelptext ffstattext ffl formfield docvar userprops staticval propname"
    " nonshppict ftnsep xe tc"
)
APART = frozenset(_APART_WORDS.split())
FIELD_CODE = "fldinst"
HTML = "htmltag"
OBJECT = "objdata"
PICTURE = "pict"
FONTS = "fonttbl"
PROPERTY_NAME, PROPERTY_VALUE = "sn", "sv"  # of shapes
WRITTEN_PROPERTIES = frozenset({"wzDescription", "wzTooltip", "gtextUNICODE", "pihlShape"})

# Of programs, styles and makers.
_SKIPPED_WORDS = (
    "colortbl pgdsctbl stylesheet themedata colorschememapping datastore latentstyles listtable listoverridetable rsidtbl generator xmlnstbl blipuid"
    " panose falt fname revtbl author operator manager company creatim revtim printim buptim pgptbl mmathPr wgrffmtfilter objclass"
    " objname bkmkstart bkmkend listpicture filetbl atnid atnauthor atntime atndate atnref atnparent atrfstart atrfend ftnsepc aftnsep"
    " aftnsepc aftncn ftncn template picprop shppicttop passwordhash protusertbl userprotect mhtmltag svb"
)
SKIPPED = frozenset(_SKIPPED_WORDS.split())

SIGNS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "column": "\n", "softline": "\n", "nestrow": "\n", "nestcell": "\t", "tab": "\t",
    "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "emspace": " ",
    "enspace": " ", "qmspace": " ",
}  # fmt: skip
SYMBOLS = {"~": " ", "_": "-", "\n": "\n", "\r": "\n", "\\": "\\", "{": "{", "}": "}"}
