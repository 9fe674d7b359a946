"""Masks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.detect.mask import mask, masked_already
from mailguard.model import Kind


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (Kind.NAME, "山田太郎", "山〇〇郎"),
        (Kind.NAME, "山田　太郎", "山〇　〇郎"),
        (Kind.NAME, "林太", "林〇"),
        (Kind.NAME, "林", "〇"),
        (Kind.PHONE, "090-1234-5678", "090-****-**78"),
        (Kind.EMAIL, "taro@example.com", "t***@e******.com"),
        (Kind.ADDRESS, "京都府京都市下京区1-2-3", "京都府〇〇〇〇〇〇〇-〇-〇"),
        (Kind.BIRTH_DATE, "1981/04/29", "19**/**/**"),
        (Kind.SEX, "女", "*"),
    ],
)
def test_form(kind, value, expected):
    assert mask(kind, value) == expected


@given(st.sampled_from(Kind), st.text(max_size=60))
def test_at_least_half_of_every_value_is_hidden(kind, value):
    value = value.strip()[:40].strip()
    masked = mask(kind, value)
    telling = [index for index, char in enumerate(value) if char.isalnum()]
    shown = sum(masked[index] == value[index] for index in telling if value[index] not in "〇*")
    assert len(masked) == len(value)
    assert 2 * shown <= len(telling)


@pytest.mark.parametrize("name", ["山〇〇郎", "山田＊＊", "林〇", "●●", "＿＿＿", "山田XX"])
def test_names_hidden_by_their_writer(name):
    assert masked_already(name)


@pytest.mark.parametrize("name", ["山田太郎", "林", "さくら", "Alex Maxx", "丸山"])
def test_names_in_the_clear(name):
    assert not masked_already(name)
