"""Personal data is found by rules, in English and Chinese, and not where there is none."""

from __future__ import annotations

import pytest

from studio.engine.metadata.personal import find, is_bank_card, is_id_card

ID_CARDS = ["11010519491231002X", "440524188001010014", "110101199003070732"]
CARDS = ["6222021234567890128", "4111111111111111", "5500005555555559", "6011 1111 1111 1117"]
PEOPLE = ["李静", "陈子涵", "王一鸣", "Marta Ruiz", "欧阳娜娜", "Daniel Okoro"]


def kinds(column: str, values: list[object]) -> list[str]:
    return [found.kind for found in find(column, values)]


def test_an_identity_number_is_told_by_its_date_and_its_last_digit() -> None:
    assert all(map(is_id_card, ID_CARDS))
    assert is_id_card("11010519491231002x")
    assert not is_id_card("110105194912310021")  # the check digit is X
    assert not is_id_card("110105194913310029")  # there is no month 13
    assert not is_id_card("1101051949123100")


def test_a_card_number_is_told_by_luhn() -> None:
    assert all(map(is_bank_card, CARDS[1:]))
    assert not is_bank_card("4111111111111112")
    assert not is_bank_card("1234")


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("phone", ["13812345678", "139-1234-5678", None], "phone"),
        ("手机号", [13812345678, 15912345678], "phone"),
        ("contact_tel", ["010-12345678", "+44 20 7946 0958", "0755-86123456"], "phone"),
        ("c7", ["13812345678", "13912345678", "15012345678"], "phone"),
        ("身份证号", ID_CARDS, "id_card"),
        ("x", [*ID_CARDS], "id_card"),
        ("eMail", ["a@b.com", "li.jing@example.cn"], "email"),
        ("note", ["a@b.com", "c@d.org", "e@f.net"], "email"),
        ("银行卡号", CARDS[1:], "bank_card"),
        ("cardNumber", CARDS[1:], "bank_card"),
        ("收货地址", ["上海市浦东新区世纪大道 100 号", "广州市天河区体育西路 1 号"], "address"),
        ("home_address", ["12 High Street, London", "350 Fifth Avenue"], "address"),
        ("place", ["上海市浦东新区世纪大道 100 号", "广州市天河区体育西路 1 号", "北京市朝阳区建国路 8 号"], "address"),
        ("customer", PEOPLE, "name"),
        ("姓名", PEOPLE[:3], "name"),
        ("full_name", ["Marta Ruiz"], "name"),
        ("mobile", [], "phone"),
    ],
)
def test_a_column_of_personal_data_is_found(column: str, values: list[object], kind: str) -> None:
    [found] = find(column, values)
    assert found.kind == kind
    assert found.reason.en != found.reason.zh


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("order_id", [87941206, 87941203, 87941201]),
        ("product", ["K7 咖啡机 Espresso", "AirPure 3 滤芯", "Kettle S 恒温壶"]),
        ("product_name", ["Kettle S", "Grinder G2", "Vacuum V9"]),
        ("region", ["华东", "华南", "EMEA"]),
        ("amount", [2499.0, 258.0]),
        ("ip_address", ["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
        ("telemetry", ["on", "off", "on"]),
        ("ordered_at", ["2025-10-21 20:14:52"]),
        ("sku", ["6222021234567890", "6222021234567891", "6222021234567893"]),
    ],
)
def test_other_columns_are_left_alone(column: str, values: list[object]) -> None:
    assert kinds(column, values) == []
