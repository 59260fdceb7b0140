"""Personal data, found by rules: what a column is called, in English and Chinese, and what its values look like."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from studio.engine.text import Text

ENOUGH = 3  # values, of which a column can be judged without its name
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
CHECKS = "10X98765432"
MOBILE = re.compile(r"(\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}")
LANDLINE = re.compile(
    r"(\(?0\d{2,3}\)?[- ]\d{7,8}|\+\d{1,3}[- (]?\d[\d\-() ]{6,14}\d|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{3}-\d{4})"
)
EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(\.[\w-]+)*\.[A-Za-z]{2,}")
CARD = re.compile(r"[3-6]\d{12,18}")
PLACES = re.compile(r"[省市区县镇乡村路街巷号楼室栋弄]")
STREET = re.compile(
    r"\d+[A-Za-z]? [\w .'-]+ (street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|way|court|ct)\b",
    re.IGNORECASE,
)
LATIN_NAME = re.compile(r"[A-Z][a-zà-ÿ'’-]+( [A-Z]\.)?( [A-Z][A-Za-zà-ÿ'’-]+){1,2}")
HAN_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石"
    "廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申"
    "欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
)
COMPOUND = (
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "司徒",
    "长孙",
    "宇文",
    "夏侯",
)


@dataclass(frozen=True)
class Rule:
    """One kind of personal data. `names` are words of column names; `holds` judges one value, `share` of which must hold.

    `alone` says that values are enough without a name; `weak` names say it only together with values.
    """

    kind: str
    title: Text
    names: tuple[str, ...]
    holds: Callable[[str], bool]
    share: float
    alone: bool = True
    weak: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """A kind of personal data in a column, and why."""

    kind: str
    reason: Text


def is_id_card(value: str) -> bool:
    """An 18-digit identity number of China whose date exists and whose last digit is right (GB 11643-1999)."""
    value = value.strip().upper()
    if not re.fullmatch(r"[1-8]\d{16}[\dX]", value):
        return False
    try:
        born = date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(value, WEIGHTS, strict=False))
    return 1850 <= born.year <= 2100 and CHECKS[total % 11] == value[17]


def is_bank_card(value: str) -> bool:
    """A card number of 13 to 19 digits whose check digit is right (Luhn)."""
    digits = re.sub(r"[ -]", "", value.strip())
    if not CARD.fullmatch(digits):
        return False
    doubled = [int(digit) * 2 if place % 2 else int(digit) for place, digit in enumerate(reversed(digits))]
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


def is_phone(value: str) -> bool:
    value = value.strip()
    return MOBILE.fullmatch(value) is not None or LANDLINE.fullmatch(value) is not None


def is_email(value: str) -> bool:
    return EMAIL.fullmatch(value.strip()) is not None


def is_address(value: str) -> bool:
    """Several words of Chinese places, or a number with a street."""
    return len(set(PLACES.findall(value))) >= 3 or STREET.search(value) is not None


def is_person(value: str) -> bool:
    """A Chinese name with a usual surname, or two or three capitalised words."""
    value = value.strip()
    if HAN_NAME.fullmatch(value):
        return value.startswith(COMPOUND) or (value[0] in SURNAMES and len(value) <= 3)
    return LATIN_NAME.fullmatch(value) is not None


RULES = (
    Rule(
        "id_card", Text("identity card numbers", "身份证号"),
        ("身份证", "证件号", "idcard", "identitycard", "identitynumber", "nationalid", "citizenid", "sfz", "sfzh"),
        is_id_card, 0.8,
    ),
    Rule(
        "phone", Text("phone numbers", "手机或电话号码"),
        ("手机", "电话", "联系方式", "phone", "mobile", "telephone", "cellphone", "msisdn", "shouji", "dianhua"),
        is_phone, 0.8, weak=("tel", "cell", "contact", "号码"),
    ),
    Rule(
        "email", Text("e-mail addresses", "电子邮箱"),
        ("邮箱", "电子邮件", "邮件地址", "email", "mailbox", "emailaddress"), is_email, 0.8, weak=("mail",),
    ),
    Rule(
        "bank_card", Text("bank card numbers", "银行卡号"),
        ("银行卡", "卡号", "银行账号", "bankcard", "cardnumber", "cardno", "creditcard", "iban"),
        is_bank_card, 0.9, weak=("card", "account", "账号"),
    ),
    Rule(
        "address", Text("addresses", "地址"),
        ("地址", "住址", "收货地址", "address", "addr", "streetaddress", "street", "dizhi"), is_address, 0.6,
    ),
    Rule(
        "name", Text("names of people", "姓名"),
        ("姓名", "客户姓名", "联系人", "收货人", "收件人", "真实姓名", "fullname", "firstname", "lastname", "surname",
         "realname", "customername", "contactname", "personname", "username", "xingming"),
        is_person, 0.7, alone=False,
        weak=("customer", "client", "person", "contact", "buyer", "employee", "patient", "name", "owner", "agent", "member",
              "客户", "顾客", "用户", "员工", "患者", "买家", "会员", "名称", "负责人", "经办人"),
    ),
)  # fmt: skip
TITLES = {rule.kind: rule.title for rule in RULES}


def find(column: str, values: Sequence[object]) -> list[Found]:
    """What personal data a column holds, by its name and a sample of its values; usually none or one kind."""
    texts = [text for text in (str(value).strip() for value in values if value is not None) if text]
    found = [found for rule in RULES if (found := _judge(rule, column, texts)) is not None]
    return found[:1] if len(found) > 1 and _both_numbers(found) else found


def _both_numbers(found: Sequence[Found]) -> bool:
    """An identity number of 18 digits can pass as a card number; the first rule is the stricter one."""
    return {each.kind for each in found} <= {"id_card", "bank_card", "phone"}


def _judge(rule: Rule, column: str, texts: Sequence[str]) -> Found | None:
    hits = sum(map(rule.holds, texts))
    share = hits / len(texts) if texts else 0.0
    named, hinted = _named(column, rule.names), _named(column, rule.weak)
    if named and (not texts or share >= 0.3):
        return Found(rule.kind, _by_name(rule, column, hits, len(texts)))
    if hinted and texts and share >= rule.share:
        return Found(rule.kind, _by_values(rule, hits, len(texts)))
    if rule.alone and len(set(texts)) >= ENOUGH and share >= rule.share:
        return Found(rule.kind, _by_values(rule, hits, len(texts)))
    return None


def _named(column: str, words: Sequence[str]) -> bool:
    """Whether a word is in the name: Latin ones as whole parts (`customer_phone`, `customerPhone`), Chinese ones anywhere."""
    parts = [part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", column)]
    tight = {"".join(parts[start:end]) for start in range(len(parts)) for end in range(start + 1, len(parts) + 1)}
    return any(word in tight if word.isascii() else word in column for word in words)


def _by_name(rule: Rule, column: str, hits: int, total: int) -> Text:
    if not total:
        return Text(f"The name “{column}” says {rule.title.en}.", f"列名“{column}”表示{rule.title.zh}。")
    return Text(
        f"The name “{column}” says {rule.title.en}, and so do {hits} of {total} sampled values.",
        f"列名“{column}”表示{rule.title.zh}，抽样的 {total} 个值中有 {hits} 个符合。",
    )


def _by_values(rule: Rule, hits: int, total: int) -> Text:
    return Text(
        f"{hits} of {total} sampled values are {rule.title.en}.",
        f"抽样的 {total} 个值中有 {hits} 个是{rule.title.zh}。",
    )
