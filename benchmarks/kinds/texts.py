"""Texts of the pages by kind: sentences and numbers that the training's generators do not write."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Rng = np.random.Generator

WHO = ("甲方", "乙方", "承运人", "收货人", "物业公司", "客户", "本院", "供应商", "申请人", "值班人员")
WHAT = ("货物", "发票", "合同", "设备", "样品", "保证金", "检验报告", "会议记录", "押金", "运费", "说明书", "登记表", "车辆", "钥匙")
WHERE = ("仓库", "前台", "二号楼", "服务窗口", "码头", "车站", "办公室", "实验室", "停车场", "配电间")
WHEN = ("三日内", "每月底", "签字之前", "收到通知后", "工作日上午", "到期以前", "验收合格后", "十五日之内")
FORMS_ZH = (
    "{who}应当在{when}将{what}送至{where}，并取得签收凭证。", "如果{what}有毁损，{who}可以要求赔偿，但不得超过实际损失。",
    "请{who}{when}到{where}办理手续，逾期不再受理。", "{what}的数量、规格与质量，以双方确认的清单为准。",
    "未经{who}书面同意，任何人不得将{what}带出{where}。", "根据第{n}条的规定，{who}负责保管{what}。",
    "{where}夜间开放到{n}点，节假日除外。", "为了安全，打开{what}之前请先切断电源；",
    "{who}已经付清全部款项，共计{n}元整。", "经检查，{where}的{what}符合标准（共{n}件）。",
)  # fmt: skip
FORMS_EN = (
    "The {noun} must be returned to the {place} within {n} days.", "Please keep this {noun} in a dry {place}, away from light.",
    "Nobody may open the {noun} before the inspector has signed it.", "Each {noun} was weighed twice, and the results agreed.",
    "If the {noun} is damaged, write to the {place} at once.", "Payment of {n} dollars is due when the {noun} arrives.",
    "Our {place} closes at {n} o'clock on Fridays.", "Read section {n} first; it explains how a {noun} is fitted.",
)  # fmt: skip
NOUNS = (
    "parcel", "invoice", "machine", "receipt", "battery", "engine", "document",
    "carpet", "window", "ladder", "camera", "bicycle", "licence", "kettle",
)  # fmt: skip
PLACES = (
    "warehouse", "office", "cupboard", "harbour", "workshop", "library",
    "counter", "garden", "cellar", "station", "kitchen", "laboratory",
)  # fmt: skip


def pick(rng: Rng, choices: Sequence[str]) -> str:
    """One of them, all equally likely."""
    return choices[int(rng.integers(len(choices)))]


def sentence(rng: Rng, language: str) -> str:
    """One sentence in "zh" or "en"."""
    n = int(rng.integers(2, 60))
    if language == "zh":
        return pick(rng, FORMS_ZH).format(who=pick(rng, WHO), what=pick(rng, WHAT), where=pick(rng, WHERE), when=pick(rng, WHEN), n=n)
    return pick(rng, FORMS_EN).format(noun=pick(rng, NOUNS), place=pick(rng, PLACES), n=n)


def prose(rng: Rng, language: str, length: int) -> str:
    """Running text of at least `length` characters."""
    text = sentence(rng, language)
    while len(text) < length:
        text += ("" if language == "zh" else " ") + sentence(rng, language)
    return text


def words(rng: Rng, language: str, count: int = 1) -> str:
    """A short text: nouns alone."""
    if language == "zh":
        return "".join(pick(rng, (*WHAT, *WHERE, *WHO)) for _ in range(count))
    return " ".join(pick(rng, (*NOUNS, *PLACES)) for _ in range(count))


def amount(rng: Rng) -> str:
    """A number in which a sign or one digit decides: comma and point, thousands, minus, percent, currency."""
    value = float(np.exp(rng.uniform(0, 14)))
    digits = "".join(pick(rng, ("08", "38", "17", "0", "3", "8", "1", "7")) for _ in range(int(rng.integers(3, 8))))
    european = f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
    forms = (
        f"{value:,.2f}", european, f"-{value:.2f}", f"{value % 100:.1f}%", f"¥{value:,.2f}", f"€{european}", f"£{value:.2f}",
        f"${value:,.2f}", digits, f"{value % 1000:.3f}", f"{digits[:2]}.{digits[2:]}", f"{value:,.0f}",
    )  # fmt: skip
    return pick(rng, forms)
