"""One part of a hold: masks for all, clear values and the file for who may approve it."""

from dataclasses import replace

import pytest
from web_world import BASE, INSPECTION, form

from mailguard.errors import ScannerBusyError
from mailguard.inspect.look import Bytes, Rows

KEYED = replace(INSPECTION, parts=tuple(replace(part, key=bytes([n]) * 16) for n, part in enumerate(INSPECTION.parts)))
CLEAR = Rows(True, ("氏名", "電話"), (("山田<太郎>", "090-1234-5678"),), 21)


class Opener:
    def __init__(self, answer=CLEAR, error=None):
        self.asked, self.answer, self.error = [], answer, error

    async def rows(self, contents, path, key, offset):
        self.asked.append((contents, path, key, offset))
        if self.error:
            raise self.error
        return self.answer

    async def file(self, contents, path, key):
        self.asked.append((contents, path, key))
        return Bytes(True, b"clear bytes")


@pytest.fixture
def hold(world):
    return world.admit(KEYED)


def post(client, hold, verb, **values):
    sent = form(client, hold, revision="1", reason="表記を確認") | values
    return client.post(f"/holds/{hold}/parts/2/{verb}", data=sent)


def test_the_tree_leads_to_the_masks_of_a_part(world, hold):
    client = world.client("kansa")
    assert f'href="/holds/{hold}/parts/2"' in client.get(f"/holds/{hold}").text
    page = client.get(f"/holds/{hold}/parts/2").text
    assert "山〇〇子" in page
    assert "伏せ字を外して見ることはできません" in page
    assert f'action="/holds/{hold}/parts/2/unmask"' not in page
    assert "part.viewed" in [row.action for row in world.store.audit.rows(9, 0, hold)]
    assert client.get(f"/holds/{hold}/parts/3").status_code == 404


def test_an_approver_unmasks_with_a_reason_and_nothing_is_kept(world, hold):
    opener = Opener()
    client = world.client("sato", opener=opener)
    answer = post(client, hold, "unmask")
    assert answer.status_code == 200
    assert "山田&lt;太郎&gt;" in answer.text
    assert 'name="offset" value="20"' in answer.text
    assert answer.headers["cache-control"] == "no-store"
    ((contents, path, key, offset),) = opener.asked
    assert (contents, path, key, offset) == ((b"Subject: x\r\n\r\nmade up\r\n",), KEYED.parts[2].path, b"\2" * 16, 0)
    assert "表記を確認" in client.get(f"/holds/{hold}/parts/2").text
    assert client.get(f"/holds/{hold}/parts/2/unmask").status_code == 303
    assert "山田" not in client.get(f"/holds/{hold}/parts/2").text


def test_a_file_comes_as_an_attachment_that_no_browser_opens(world, hold):
    answer = post(world.client("sato", opener=Opener()), hold, "download")
    assert answer.content == b"clear bytes"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith('attachment; filename="part-2"')
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")
    assert "part.downloaded" in [row.action for row in world.store.audit.rows(9, 0, hold)]


@pytest.mark.parametrize("verb", ["unmask", "download"])
@pytest.mark.parametrize(
    ("login", "values", "status"),
    [
        ("kansa", {}, 403),
        ("tanaka", {}, 403),
        ("sato", {"reason": " "}, 422),
        ("sato", {"revision": "9"}, 409),
        ("sato", {"csrf": "forged"}, 403),
    ],
)
def test_what_is_refused_opens_nothing(world, hold, verb, login, values, status):
    opener = Opener()
    answer = post(world.client(login, opener=opener), hold, verb, **values)
    assert answer.status_code == status
    assert opener.asked == []
    assert "090-1234-5678" not in answer.text


@pytest.mark.parametrize(
    ("opener", "status"), [(Opener(error=ScannerBusyError("busy")), 503), (Opener(Rows()), 404), (None, 503)]
)
def test_what_cannot_be_opened_says_so(world, hold, opener, status):
    assert post(world.client("sato", opener=opener), hold, "unmask").status_code == status


def test_programs_look_with_a_reason(world, hold):
    client = world.client(opener=Opener())
    client.headers["Authorization"] = f"Bearer {world.store.sessions.create(world.approver.id, 1)}"
    path = f"{BASE}/api/holds/{hold}"
    assert client.post(f"{path}/parts/2/unmask", json={"revision": 1}).status_code == 422
    answer = client.post(f"{path}/parts/2/unmask", json={"revision": 1, "reason": "x"})
    assert answer.json() == {"head": ["氏名", "電話"], "rows": [["山田<太郎>", "090-1234-5678"]], "total": 21}
    assert client.post(f"{path}/parts/2/download", json={"revision": 1, "reason": "y"}).content == b"clear bytes"
    assert [(one["kind"], one["reason"]) for one in client.get(f"{path}/views").json()["views"]] == [
        ("unmasked", "x"),
        ("downloaded", "y"),
    ]


def test_an_approver_chooses_the_message(world, hold):
    opener = Opener()
    client = world.client("sato", opener=opener)
    assert 'name="message"' not in client.get(f"/holds/{hold}/parts/2").text  # there is but one
    world.admit(KEYED)
    page = client.get(f"/holds/{hold}/parts/2").text
    assert page.count('<option value="m-2">') == 2
    answer = post(client, hold, "unmask", message="m-2")
    assert (opener.asked[-1][2], 'type="hidden" name="message" value="m-2"' in answer.text) == (b"", True)
    assert "m-2" in client.get(f"/holds/{hold}/parts/2").text.split("この部分を開いた人")[1]
    sent = client.get(f"{BASE}/api/holds/{hold}/messages").json()["messages"]
    assert [one["id"] for one in sent] == ["m-1", "m-2"]
    assert [one["message"] for one in client.get(f"{BASE}/api/holds/{hold}/views").json()["views"]] == [None, "m-2"]
