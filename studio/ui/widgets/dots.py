"""Which values of a column are states, and in which colour each one's dot is."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 12  # different values of a column of states
TONES: dict[str, str] = {
    tone_word: tone
    for tone, words in (
        ("success", "delivered done success succeeded active ok healthy completed complete paid open_ok approved resolved passed yes 已完成 完成 成功 正常 已送达 已签收 已支付 已解决 通过"),
        ("warning", "returned pending waiting warning paused hold delayed review refunded partial 退货 已退货 待处理 等待 警告 暂停 退款 已退款"),
        ("danger", "failed failure error broken rejected lost overdue critical urgent 失败 错误 异常 拒绝 逾期 紧急"),
        ("accent", "shipped running open processing new in_progress sent active_now transit assigned 已发货 运行中 进行中 处理中 新建 已分配 打开"),
        ("neutral", "cancelled canceled closed inactive archived skipped draft none unknown 已取消 取消 关闭 已关闭 草稿 归档 未知"),
    )
    for tone_word in words.split()
}  # fmt: skip


def dots_of(values: Iterable[str], distinct: int) -> dict[str, str]:
    """The tones of a column's values; empty unless the values are few and at least half of them are names of states."""
    values = list(values)
    if not values or not 2 <= distinct <= MOST:
        return {}
    known = {value: TONES[key] for value in values if (key := value.strip().lower().replace(" ", "_")) in TONES}
    return {value: known.get(value, "neutral") for value in values} if 2 * len(known) >= len(values) else {}
