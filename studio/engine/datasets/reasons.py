"""Why a line is none: what DuckDB, Python's JSON reader and our own readers say, in Chinese too."""

from __future__ import annotations

import re

JSON = r".*?: line \d+ column (?P<column>\d+).*"
KNOWN: tuple[tuple[str, str], ...] = (
    (r"Error when converting column \"(?P<name>.*)\"\. Could not convert string \"(?P<value>.*)\" to '(?P<type>.*)'", "列“{name}”的值“{value}”不是 {type}"),
    (r"Error when converting column \"(?P<name>.*?)\".*", "列“{name}”的值与该列的类型不符"),
    (r"Expected Number of Columns: (?P<wanted>\d+) Found: (?P<found>\d+).*", "应有 {wanted} 列，实有 {found} 列"),
    (r"Value with unterminated quote found.*", "引号没有闭合"),
    (r"Maximum line size of (?P<size>\d+) bytes exceeded.*", "超过单行上限 {size} 字节"),
    (r"Invalid unicode.*", "包含无法识别的字符"),
    (r"The CSV Parser state machine.*", "引号或分隔符不符合 CSV 规则"),
    (rf"Expecting value{JSON}", "第 {column} 个字符处缺少值"),
    (rf"Expecting property name{JSON}", "第 {column} 个字符处缺少双引号括起的名称"),
    (rf"Expecting '(?P<sign>.)' delimiter{JSON}", "第 {column} 个字符处缺少“{sign}”"),
    (rf"Extra data{JSON}", "第 {column} 个字符之后有多余内容"),
    (rf"Unterminated string{JSON}", "第 {column} 个字符处的字符串没有结束"),
    (rf"Invalid control character{JSON}", "第 {column} 个字符是控制字符"),
    (rf"Invalid .*escape{JSON}", "第 {column} 个字符处的转义无效"),
    (rf"Illegal trailing comma{JSON}", "第 {column} 个字符处有多余的逗号"),
    (r"maximum recursion depth.*", "嵌套过深"),
    (r"'utf-8' codec.*", "包含无法识别的字符"),
    (r"no JSON object", "不是 JSON 对象"),
    (r"longer than (?P<size>\d+) MB", "超过 {size} MB"),
    (r"it holds a NUL byte", "包含 NUL 字节"),
    (r"not (?P<encoding>[\w-]+)", "不是 {encoding} 编码的文字"),
    (r"it is no image that can be read", "不是可读取的图片"),
    (r"the file is empty", "文件是空的"),
    (r"it claims to be larger than any picture is", "声称的尺寸超过任何图片"),
    (r"cell (?P<cell>\S+) holds the error (?P<error>\S+), which is NULL here", "单元格 {cell} 为错误值 {error}，此处显示为 NULL"),
)  # fmt: skip


def chinese(reason: str) -> str:
    """The same reason in Chinese; one that nobody foresaw stays as it is, with a word before it."""
    for pattern, words in KNOWN:
        found = re.fullmatch(pattern, reason.strip(), re.DOTALL)
        if found:
            return words.format(**found.groupdict())
    return f"无法读取：{reason}"
