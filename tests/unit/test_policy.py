"""What holds a message, and what does not."""

from dataclasses import replace
from pathlib import Path

import pytest

from mailguard.config import Own
from mailguard.digest import Digester
from mailguard.errors import ConfigError
from mailguard.model import (
    BODY,
    Action,
    Addressee,
    Envelope,
    Finding,
    Inspection,
    Kind,
    PartInfo,
    Person,
    Problem,
    ProblemKind,
    SourceMode,
)
from mailguard.policy import Policy, content_key, judge, thresholds

D = Digester(b"k" * 32)
RULES = Path(__file__).parents[2] / "rules" / "policy.toml"
CSV, OTHER = ("list.zip", "会員.csv"), ("請求書.pdf",)
LEAF, PARAGRAPH = b"leaf............", b"paragraph......."
TO_TARO = Envelope("shop@example.co.jp", ("taro@example.com",))


def policy(**own):
    return Policy.build(thresholds(RULES), Own(**own), D)


def finding(kind=Kind.NAME, path=CSV, value="山田太郎", **more):
    more.setdefault("blocks", ("1",))
    return Finding("r", kind, path, "列 氏名", 1, 1, ("山〇〇郎",), (D.of(str(kind), value),), key=LEAF, **more)


def person(name="山田太郎", path=CSV, block="1", mail="", **more):
    names = (D.name(name), D.name(name[:2])) if len(name) > 2 else (D.name(name),)
    emails = (D.email(mail),) if mail else ()
    return Person(path, block, names, emails, emails, key=more.pop("key", LEAF), **more)


def greeted(name):
    return person(name, path=(BODY,), greeted=True, key=PARAGRAPH)


def verdict(inspection, envelope=TO_TARO, mode=SourceMode.FINDINGS, **own):
    return judge(envelope, inspection, policy(**own), mode)


def test_nothing_found_passes():
    assert verdict(Inspection()).action is Action.PASS


def test_any_finding_in_an_attachment_holds_and_its_leaf_is_the_evidence():
    result = verdict(Inspection(findings=(finding(Kind.POSTAL_CODE),)))
    assert (result.action, result.reasons, result.evidence) == (Action.HOLD, ("attachment_findings",), (LEAF,))


def test_every_problem_holds():
    for kind in ProblemKind:
        result = verdict(Inspection(problems=(Problem(OTHER, kind, key=LEAF),)))
        assert result.action is Action.HOLD
        assert result.reasons == (f"problem_{kind}",)


def test_one_recipient_may_get_her_own_data():
    inspection = Inspection(
        findings=(finding(path=OTHER), finding(Kind.ADDRESS, OTHER, "京都市1-2")),
        people=(person(path=OTHER, greeted=True), greeted("山田太郎")),
    )
    assert verdict(inspection).action is Action.PASS


def test_family_name_alone_in_the_greeting_is_enough():
    inspection = Inspection(findings=(finding(path=OTHER),), people=(person(path=OTHER), greeted("山田")))
    assert verdict(inspection).action is Action.PASS


def test_not_when_there_are_two_recipients_outside():
    inspection = Inspection(findings=(finding(path=OTHER),), people=(person(path=OTHER), greeted("山田太郎")))
    both = Envelope("s@example.co.jp", ("taro@example.com", "hana@example.com"))
    assert verdict(inspection, both).action is Action.HOLD
    colleague = Envelope("s@example.co.jp", ("taro@example.com", "a@example.co.jp"))
    assert verdict(inspection, colleague, domains=("example.co.jp",)).action is Action.PASS


def test_her_household_in_the_same_row_is_hers_a_stranger_in_another_row_is_not():
    inspection = Inspection(
        findings=(finding(),), people=(person(mail="taro@example.com"), person("山田花子", mail="taro@example.com"))
    )
    assert verdict(inspection).action is Action.PASS
    stranger = person("鈴木一郎", block="2")
    both = (finding(blocks=("1", "2")),)
    assert verdict(Inspection(findings=both, people=(*inspection.people, stranger))).action is Action.HOLD


def test_what_stands_outside_her_block_is_not_hers():
    people = (person(path=OTHER), greeted("山田太郎"))
    for kind in (Kind.CARD, Kind.MY_NUMBER, Kind.ADDRESS, Kind.BIRTH_DATE):
        mine, other = finding(kind, OTHER, "x"), finding(kind, OTHER, "x", blocks=("1", "7"))
        assert verdict(Inspection(findings=(mine,), people=people)).action is Action.PASS
        assert verdict(Inspection(findings=(other,), people=people)).action is Action.HOLD


def test_her_row_does_not_cover_strangers_in_it():
    people = (person(mail="taro@example.com"), person("鈴木一郎", mail="taro@example.com"))
    assert verdict(Inspection(findings=(finding(),), people=people)).action is Action.HOLD


def test_a_name_alone_is_not_enough_beside_another_e_mail_address():
    people = (person(path=OTHER, mail="other@example.net"), greeted("山田太郎"))
    assert verdict(Inspection(findings=(finding(path=OTHER),), people=people)).action is Action.HOLD


def test_own_contacts_in_a_customers_row_do_not_make_the_customer_own():
    staff = D.email("sato@example.co.jp")
    rows = tuple(
        Person(
            (BODY,),
            str(n),
            (D.name(f"顧客{n}号"),),
            (D.email(f"c{n}@example.net"), staff),
            (staff,),
            True,
            key=PARAGRAPH,
        )
        for n in range(3)
    )
    found = Finding("r", Kind.EMAIL, (BODY,), "1行目", 3, 1, (), (staff,), (D.domain("example.co.jp"),), key=PARAGRAPH)
    inspection = Inspection(findings=(found,), people=rows)
    assert "body_persons" in verdict(inspection, domains=("example.co.jp",)).reasons


def test_a_greeting_that_contradicts_to_is_a_mismatch():
    to = Addressee(D.email("taro@example.com"), D.domain("example.com"), (D.name("山田太郎"),))
    hana = greeted("佐藤花子")
    name = finding(path=(BODY,), value="佐藤花子")
    assert verdict(Inspection(findings=(name,), people=(hana,), addressees=(to,))).reasons == ("recipient_mismatch",)
    same = Inspection(findings=(finding(path=(BODY,)),), people=(greeted("山田太郎"),), addressees=(to,))
    assert verdict(same).action is Action.PASS


def test_a_mismatch_is_evidence_for_its_recipient_only():
    people = (person("佐藤花子", OTHER), greeted("山田太郎"))
    inspection = Inspection(findings=(finding(path=OTHER, value="佐藤花子"),), people=people)
    one = verdict(inspection)
    two = verdict(inspection, Envelope("shop@example.co.jp", ("jiro@example.com",)))
    assert one.reasons[0] == two.reasons[0] == "recipient_mismatch"
    assert set(one.evidence) != set(two.evidence)


def test_the_evidence_of_a_body_is_every_paragraph_that_counts():
    bare = person("無名氏", (BODY,), "9", key=b"bare............")
    found = finding(Kind.PHONE, (BODY,), "x", blocks=("5",))
    result = verdict(Inspection(findings=(found,), people=(*body(3, identified=True), bare)))
    assert set(result.evidence) == {PARAGRAPH, b"bare............", LEAF}


def test_every_mailing_depends_on_its_body():
    one, two = (verdict(Inspection(body_key=key), mode=SourceMode.EVERY_MAILING).evidence for key in (b"a", b"b"))
    assert one != two


def test_an_organisations_bank_account_in_a_body_is_where_to_pay():
    account = finding(Kind.BANK_ACCOUNT, (BODY,), organisation=True)
    assert verdict(Inspection(findings=(account,))).action is Action.PASS
    assert verdict(Inspection(findings=(finding(Kind.BANK_ACCOUNT, (BODY,)),))).reasons == ("body_high_risk",)


def test_a_crowded_part_is_nobodys_own():
    inspection = Inspection(findings=(finding(),), people=(person(mail="taro@example.com"),), crowded=(CSV,))
    assert verdict(inspection).action is Action.HOLD


def test_somebody_elses_invoice_is_a_mismatch():
    inspection = Inspection(
        findings=(finding(path=OTHER, value="佐藤花子"),), people=(person("佐藤花子", OTHER), greeted("山田太郎"))
    )
    result = verdict(inspection)
    assert result.reasons[0] == "recipient_mismatch"
    assert [extra.kind for extra in result.findings] == [Kind.RECIPIENT_MISMATCH]


def test_the_display_name_of_to_tells_the_mismatch_too():
    to = Addressee(D.email("taro@example.com"), D.domain("example.com"), (D.name("山田太郎"),))
    inspection = Inspection(
        findings=(finding(path=OTHER, value="佐藤花子"),), people=(person("佐藤花子", OTHER),), addressees=(to,)
    )
    assert "recipient_mismatch" in verdict(inspection).reasons


def test_staff_of_the_issuer_does_not_spoil_the_recipients_document():
    clerk = person("高橋次郎", OTHER, organisation=True, block="2")
    findings = (finding(path=OTHER), finding(path=OTHER, value="高橋次郎", blocks=("2",), organisation=True))
    inspection = Inspection(findings=findings, people=(person(path=OTHER), clerk, greeted("山田太郎")))
    assert verdict(inspection).action is Action.PASS


def test_own_contacts_never_hold():
    inspection = Inspection(
        findings=(
            finding(Kind.PHONE, value="0751234567"),
            finding(Kind.EMAIL, value="info@example.co.jp", domains=(D.domain("example.co.jp"),)),
        )
    )
    assert verdict(inspection).action is Action.HOLD
    assert verdict(inspection, domains=("example.co.jp",), phones=("075-123-4567",)).action is Action.PASS


def test_an_own_phone_among_others_still_holds():
    mixed = Finding("r", Kind.PHONE, CSV, "列", 2, 2, (), (D.phone("075-123-4567"), D.phone("090-1-2")), key=LEAF)
    assert verdict(Inspection(findings=(mixed,)), phones=("075-123-4567",)).action is Action.HOLD


def body(number, *, identified):
    return tuple(
        person(f"人物{n}号", (BODY,), str(n), f"p{n}@example.net", identified=identified, key=PARAGRAPH)
        for n in range(number)
    )


def test_a_body_holds_from_three_identified_persons():
    assert verdict(Inspection(people=body(2, identified=True))).action is Action.PASS
    result = verdict(Inspection(people=body(3, identified=True)))
    assert (result.reasons, result.evidence) == (("body_persons",), (PARAGRAPH,))


def test_the_recipient_and_organisations_are_not_counted_in_the_body():
    staff = person("担当花子", (BODY,), "9", "c@example.net", identified=True, organisation=True)
    own = person("山田太郎", (BODY,), "8", "taro@example.com", identified=True)
    assert verdict(Inspection(people=(*body(2, identified=True), staff, own))).action is Action.PASS


def test_names_in_running_text_hold_only_in_number():
    assert verdict(Inspection(people=body(19, identified=False))).action is Action.PASS
    assert verdict(Inspection(people=body(20, identified=False))).reasons == ("body_names",)


def test_one_high_risk_number_in_the_body_holds():
    assert verdict(Inspection(findings=(finding(Kind.MY_NUMBER, (BODY,)),))).reasons == ("body_high_risk",)
    assert verdict(Inspection(findings=(finding(Kind.PHONE, (BODY,)),))).action is Action.PASS


def test_more_than_five_visible_outside_addresses_hold():
    def to(number, domain):
        return tuple(Addressee(D.email(f"a{n}@{domain}"), D.domain(domain)) for n in range(number))

    assert verdict(Inspection(addressees=to(5, "example.net"))).action is Action.PASS
    assert verdict(Inspection(addressees=to(6, "example.net"))).reasons == ("visible_addresses",)
    assert verdict(Inspection(addressees=to(9, "example.co.jp")), domains=("example.co.jp",)).action is Action.PASS


def test_modes_of_a_source():
    inspection = Inspection(parts=(PartInfo((BODY,), "text/plain", 9), PartInfo(OTHER, "application/pdf", 9, key=LEAF)))
    assert verdict(inspection).action is Action.PASS
    assert verdict(inspection, mode=SourceMode.NO_ATTACHMENTS).reasons == ("attachment_forbidden",)
    assert verdict(Inspection(), mode=SourceMode.EVERY_MAILING).reasons == ("every_mailing",)


def test_unsure_findings_do_not_count():
    assert verdict(Inspection(findings=(finding(confidence=0.3),))).action is Action.PASS


def test_content_key_depends_on_source_subject_and_evidence_but_not_on_their_order():
    key = content_key("mailer", b"s", (b"a", b"b"), D)
    assert key == content_key("mailer", b"s", (b"b", b"a"), D)
    assert len({key, content_key("x", b"s", (b"a", b"b"), D), content_key("mailer", b"t", (b"a", b"b"), D)}) == 3


def test_a_broken_policy_file_is_named(tmp_path):
    broken = tmp_path / "policy.toml"
    broken.write_text("body_persons = 'three'\n")
    with pytest.raises(ConfigError, match=r"policy\.toml.*Known are"):
        thresholds(broken)


def test_a_table_that_was_not_read_to_its_end_is_evidence_as_a_whole():
    unread = b"other leaf......"
    found = Inspection((finding(),), uncounted=(LEAF, unread))
    assert verdict(found).evidence == tuple(sorted((LEAF, unread)))
    assert verdict(Inspection(uncounted=(unread,))).action is Action.PASS


def test_persons_that_there_may_be_behind_a_beginning_do_not_hold():
    path = ("list.csv",)
    relaxed = Policy.build(thresholds(RULES.with_name("policy-relaxed.toml")), Own(), D)
    few = Inspection((finding(path=path),), persons=9_000, persons_least=2, uncounted=(LEAF,), crowded=(path,))
    assert judge(TO_TARO, few, relaxed).action is Action.PASS
    assert judge(TO_TARO, replace(few, persons_least=9), relaxed).action is Action.HOLD
