"""Words of questions, English and Chinese, and what they mean for a table. All lower case."""

from __future__ import annotations

AGGREGATES: dict[str, tuple[str, ...]] = {
    "avg": ("average", "mean", "avg", "平均", "均值", "均价"),
    "max": ("maximum", "max", "highest", "largest", "biggest", "最高", "最大", "最贵"),
    "min": ("minimum", "min", "lowest", "smallest", "cheapest", "最低", "最小", "最便宜"),
    "sum": ("sum", "total", "in all", "总额", "总和", "合计", "总计", "总共", "共计", "销售额", "总金额"),
    "count": (
        "how many",
        "number of",
        "count",
        "多少",
        "几个",
        "几台",
        "几单",
        "几件",
        "几条",
        "几次",
        "总数",
        "数量",
        "几笔",
    ),
}
DISTINCT = ("different", "distinct", "unique", "不同", "不重复")
RATE = ("rate", "percentage", "percent", "share of", "proportion", "比率", "比例", "占比", "率")
GROUP = ("by", "per", "each", "every", "which", "各", "每个", "每", "按", "哪个", "哪些", "分别")
MOST = ("most", "highest", "top", "best", "largest", "最多", "最高", "最大")
LEAST = ("least", "fewest", "lowest", "worst", "smallest", "最少", "最低", "最小")
NOT = ("not", "never", "non", "without", "except", "excluding", "未", "没有", "没", "不是", "不含", "除了", "除")
OTHER_QUESTION = (
    "how long", "how do", "how to", "how can", "how is", "what is", "what are", "what does", "why", "when", "where", "who",
    "多久", "多长", "为什么", "怎么", "如何", "什么", "是否", "能否", "可以", "吗",
)  # fmt: skip

# Words for one and the same value, whichever of them the table uses.
SAME: tuple[tuple[str, ...], ...] = (
    ("returned", "return", "returns", "refunded", "refund", "refunds", "sent back", "退货", "退回", "退了", "退款", "已退货", "被退"),
    ("cancelled", "canceled", "cancel", "cancellation", "cancellations", "取消", "已取消", "撤单"),
    ("delivered", "delivery", "送达", "已送达", "签收", "已签收", "交付", "妥投"),
    ("shipped", "in transit", "on the way", "发货", "已发货", "在途", "运输中", "配送中"),
    ("pending", "waiting", "待处理", "等待", "未处理"),
    ("paid", "已付款", "已支付", "付款"),
    ("unpaid", "未付款", "未支付", "待付款"),
    ("failed", "failure", "失败"),
    ("open", "unresolved", "未解决", "打开"),
    ("closed", "resolved", "done", "completed", "已解决", "已关闭", "完成", "已完成"),
    ("华南", "south china", "southern china"),
    ("华东", "east china", "eastern china"),
    ("华北", "north china", "northern china"),
    ("华中", "central china"),
    ("西南", "southwest china", "south-west china", "southwest"),
    ("西北", "northwest china", "north-west china", "northwest"),
    ("东北", "northeast china", "north-east china", "northeast"),
    ("emea", "europe", "欧洲"),
    ("zh", "chinese", "中文"),
    ("en", "english", "英文", "英语"),
)  # fmt: skip

# Words for a column, by a part of its name.
COLUMNS: dict[str, tuple[str, ...]] = {
    "amount": ("amount", "revenue", "sales", "turnover", "value", "金额", "销售额", "收入", "营收", "总额"),
    "price": ("price", "cost", "价格", "单价", "售价", "均价", "贵", "cheapest", "便宜"),
    "qty": ("qty", "quantity", "units", "pieces", "件数", "台数", "销量"),
    "quantity": ("qty", "quantity", "units", "pieces", "件数", "台数", "销量"),
    "rating": ("rating", "score", "stars", "评分", "打分", "星级"),
    "region": ("region", "regions", "area", "地区", "区域", "大区"),
    "product": ("product", "products", "产品", "商品", "型号", "model"),
    "status": ("status", "state", "状态"),
    "customer": ("customer", "customers", "client", "buyer", "客户", "顾客", "买家"),
    "lang": ("language", "languages", "语言", "语种"),
    "subject": ("subject", "topic", "topics", "主题"),
    "warranty": ("warranty", "保修"),
    "month": ("month", "months", "月份", "月"),
    "city": ("city", "城市"),
}
TABLES: dict[str, tuple[str, ...]] = {
    "order": ("order", "orders", "订单", "单"),
    "ticket": ("ticket", "tickets", "工单", "complaint", "complaints", "投诉"),
    "product": ("product", "products", "catalogue", "商品目录", "产品"),
    "review": ("review", "reviews", "评价"),
}
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
WEAK = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "in",
        "on",
        "and",
        "or",
        "for",
        "to",
        "with",
        "is",
        "are",
        "was",
        "were",
        "no",
        "any",
        "all",
        "our",
        "how",
        "many",
        "much",
        "long",
        "often",
        "what",
        "why",
        "when",
        "where",
        "who",
        "which",
        "does",
        "do",
        "did",
        "can",
        "not",
        "it",
        "my",
        "change",
        "have",
        "has",
        "from",
        "at",
        "as",
        "per",
        "by",
        "each",
        "total",
        "new",
        "old",
        "after",
        "before",
    ]
)
