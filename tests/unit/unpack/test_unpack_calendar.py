"""A calendar gives what people wrote in it."""

import base64

import unpack_samples as make

from mailguard.model import Problem, ProblemKind, Table, Text

INVITE = """BEGIN:VCALENDAR
PRODID:-//Example//NONSGML 0901234567//EN
VERSION:2.0
METHOD:REQUEST
BEGIN:VTIMEZONE
TZID:Asia/Tokyo
BEGIN:STANDARD
TZOFFSETFROM:+0900
TZNAME:JST
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:20240306-09012345678@example.com
DTSTAMP:20240306T010000Z
DTSTART;TZID=Asia/Tokyo:20240306T100000
SUMMARY;LANGUAGE=ja:定例会\\, 第二
DESCRIPTION:参加者\\n山田 太
 郎\\; 090-1234-5678
LOCATION:第二会議室
ORGANIZER;CN="佐藤: 花子":mailto:hanako@example.com
ATTENDEE;ROLE=REQ-PARTICIPANT;CN=鈴木 一郎:MAILTO:ichiro@example.com
X-ALT-DESC;FMTTYPE=text/html:<p>高橋 三郎</p>
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
これは行ではない
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


def test_a_calendar_shows_people_and_words_only() -> None:
    (text,) = make.leaves(INVITE.encode(), "invite.ics", media_type="text/calendar")
    assert isinstance(text, Text)
    assert [line for line in text.text.split("\n") if line] == [
        "定例会, 第二",
        "参加者",
        "山田 太郎; 090-1234-5678",
        "第二会議室",
        "佐藤: 花子 hanako@example.com",
        "鈴木 一郎 ichiro@example.com",
        "高橋 三郎",
        "これは行ではない",
    ]


def test_a_file_in_a_calendar_is_opened() -> None:
    packed = base64.b64encode(make.csv()).decode()
    body = f"BEGIN:VCALENDAR\nATTACH;FMTTYPE=text/csv;ENCODING=BASE64;VALUE=BINARY:{packed}\nEND:VCALENDAR\n"
    items = make.leaves(body.encode(), "invite.ics")
    assert [item.rows for item in items if isinstance(item, Table)] == [make.ROWS]


def test_encoded_values_of_an_old_calendar_are_a_problem() -> None:
    body = b"BEGIN:VCALENDAR\nDESCRIPTION;ENCODING=QUOTED-PRINTABLE:=E5=B1=B1\nEND:VCALENDAR\n"
    kinds = [item.kind for item in make.leaves(body, "invite.ics") if isinstance(item, Problem)]
    assert kinds == [ProblemKind.NOT_READ]
