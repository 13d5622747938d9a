"""Texts for synthetic pages: running words, names, addresses, amounts, dates, codes; in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import jieba
import numpy as np
import symspellpy  # type: ignore[import-untyped]
from faker import Faker
from numpy.typing import NDArray

Rng = np.random.Generator
T = TypeVar("T")


def words(text: str, mark: str | None = None) -> tuple[str, ...]:
    """The parts of a text between white space, or between marks."""
    return tuple(text.split(mark))


GOODS_ZH = words(
    "牛奶 面包 苹果 香蕉 矿泉水 洗衣液 纸巾 牙膏 酱油 大米 方便面 巧克力 咖啡 绿茶 鸡蛋 毛巾 电池 雨伞 拖鞋 口罩 "
    "衬衫 手机壳 数据线 坚果 辣椒酱 蜂蜜 橙汁 酸奶 面膜 洗发水"
)
GOODS_EN = words(
    "milk bread apple banana water detergent tissue toothpaste sauce rice noodles chocolate coffee tea eggs towel "
    "battery umbrella slippers mask shirt cable nuts honey juice yogurt shampoo soap ink paper pen stapler cup"
)
MAKES = ["鲜", "优选", "家用", "特级", "天然", "经典", "儿童", "便携", "加厚", "进口", "大号", "有机", "无糖", "原味", "超值"]
COURIERS = words("云达快运 极光速递 迅风快递 安捷物流 金鹰速运 天马快递 百川速递 东方速运 飞燕快件 环宇物流 蓝鲸快递 顺路速递")
STREET_ZH = words("超市 药房 面馆 酒店 银行 书店 花店 火锅 烧烤 眼镜 理发店 茶馆 水果店 幼儿园 医院 停车场 地铁站 小吃 服装店 五金")
STREET_EN = words(
    "OPEN|EXIT|STOP|PARKING|COFFEE|HOTEL|PHARMACY|NO SMOKING|SALE 50%|Bakery|Books & Toys|Fresh Fruit|ONE WAY|"
    "Restaurant|BAR|Hair Studio|Welcome|PUSH|WC|Platform 3|Gate B12|Way out|Fire exit|Market|Museum|Bank|CINEMA|"
    "Taxi",
    "|",
)
LABELS_ZH = words(
    "姓名 性别 出生日期 联系电话 身份证号 地址 单位 职务 部门 学历 籍贯 邮箱 日期 备注 签名 编号 金额 数量 单价 "
    "规格 型号 合计 审批人 开户行 账号 税号"
)
LABELS_EN = words(
    "Name|Date of birth|Address|Phone|Fax|E-mail|Company|Department|Position|Signature|Date|Amount|Quantity|"
    "Unit price|Total|Order No.|Account|Tax ID|Remarks|Approved by|Subject|Product|Code|Country|City|ZIP|Reference|"
    "Attention",
    "|",
)
NOTES_ZH = "，。；：、！？"


class Texts:
    """A seeded source of texts in one language, "zh" or "en"."""

    def __init__(self, rng: Rng, language: str) -> None:
        self.rng, self.language, self.zh = rng, language, language == "zh"
        self.faker = _faker("zh_CN" if self.zh else "en_US")
        self.faker.seed_instance(int(rng.integers(2**31)))

    def pick(self, choices: Sequence[T]) -> T:
        """A uniformly random choice."""
        return choices[int(self.rng.integers(len(choices)))]

    def one_of(self, zh: str, en: str) -> str:
        """The one in this language."""
        return zh if self.zh else en

    def run(self, length: int) -> str:
        """Running text of about `length` characters with punctuation."""
        return self._run_zh(length) if self.zh else self._run_en(length)

    def title(self) -> str:
        """A short heading."""
        return self._run_zh(int(self.rng.integers(4, 13))).strip(NOTES_ZH) if self.zh else self._run_en(30).title()

    def name(self) -> str:
        """A person."""
        return str(self.faker.name())

    def phone(self) -> str:
        """A telephone number, sometimes masked."""
        number = str(self.faker.phone_number())
        return number[:3] + "****" + number[-4:] if self.rng.random() < 0.25 else number

    def address(self) -> str:
        """A postal address in one line."""
        if not self.zh:
            return str(self.faker.address()).replace("\n", ", ")
        return str(self.faker.address())[:-7] + self.pick(("", f"{self.digits(2)}栋{self.digits(3)}室", f"{self.digits(1)}单元"))

    def company(self) -> str:
        """A firm."""
        return str(self.faker.company())

    def goods(self) -> str:
        """A product as a receipt names it."""
        r = self.rng
        if self.zh:
            return self.pick(MAKES) + self.pick(GOODS_ZH) + self.pick(("", f"{r.integers(1, 20) * 50}g", f"{r.integers(2, 25)}包", "*"))
        words = f"{self.pick(LABELS_EN).split()[0] if r.random() < 0.2 else self.pick(GOODS_EN)} {self.pick(GOODS_EN)}"
        words += self.pick(("", f" {r.integers(1, 20) * 50}G", f" x{r.integers(2, 13)}", " PACK"))
        return words.upper() if r.random() < 0.6 else words.title()

    def money(self) -> str:
        """An amount with two decimals, with or without a sign."""
        amount = float(np.exp(self.rng.uniform(0, 8)))
        return self.pick(("", "", self.one_of("¥", "$"), self.one_of("￥", "RM "))) + f"{amount:,.2f}"

    def date(self) -> str:
        """A date in one of the usual forms."""
        r = self.rng
        y, m, d = int(r.integers(1990, 2031)), int(r.integers(1, 13)), int(r.integers(1, 29))
        forms = (
            f"{y}-{m:02}-{d:02}",
            f"{y}/{m:02}/{d:02}",
            f"{d:02}.{m:02}.{y}",
            self.one_of(f"{y}年{m}月{d}日", f"{m:02}/{d:02}/{y}"),
        )
        return self.pick(forms)

    def time(self) -> str:
        """Hours, minutes, seconds."""
        return f"{self.rng.integers(24):02}:{self.rng.integers(60):02}:{self.rng.integers(60):02}"

    def digits(self, n: int) -> str:
        """Just digits."""
        return "".join(str(d) for d in self.rng.integers(0, 10, n))

    def code(self) -> str:
        """An order number or the like."""
        letters = "".join(self.pick("ABCDEFGHJKLMNPRSTUVWXYZ") for _ in range(int(self.rng.integers(0, 4))))
        return letters + self.pick(("", "-")) + self.digits(int(self.rng.integers(4, 14)))

    def label(self) -> str:
        """What a form asks for."""
        return self.pick(LABELS_ZH if self.zh else LABELS_EN)

    def value(self) -> str:
        """What is filled in."""
        return str(self.pick((self.name, self.phone, self.date, self.code, self.money, self.company, self.address, self.goods))())

    def sign(self) -> str:
        """Words of a street or shop sign."""
        if not self.zh:
            return self.pick(STREET_EN) if self.rng.random() < 0.7 else str(self.faker.last_name()).upper()
        return self.pick(("", self._run_zh(2).strip(NOTES_ZH))) + self.pick(STREET_ZH) if self.rng.random() < 0.8 else self._run_zh(4)

    def _run_zh(self, length: int) -> str:
        words, weights = chinese()
        n = max(length // 2, 1)
        picks = np.searchsorted(weights, self.rng.random(n), "right")
        marks = np.where(self.rng.random(n) < 0.2, self.rng.integers(0, len(NOTES_ZH), n), -1)
        text = "".join(words[int(i)] + (NOTES_ZH[int(m)] if m >= 0 else "") for i, m in zip(picks, marks, strict=True))
        if self.rng.random() < 0.2:
            text = text[: length // 2] + self.pick((self.digits(3), self.date(), "ABC", "Wi-Fi")) + text[length // 2 :]
        return text[: max(length, 2)]

    def _run_en(self, length: int) -> str:
        text = ""
        while len(text) < length:
            text += f"{self.faker.sentence(int(self.rng.integers(4, 14)))} "
            if self.rng.random() < 0.15:
                text += self.pick((self.date(), self.money(), f"({self.digits(2)})", self.name())) + " "
        return text[:length].rsplit(" ", 1)[0] if " " in text[:length] else text[:length]


@lru_cache(maxsize=2)
def _faker(locale: str) -> Faker:
    return Faker(locale)


@lru_cache(maxsize=1)
def chinese() -> tuple[list[str], NDArray[np.float64]]:
    """Words of jieba's dictionary that simple Chinese fonts can write, and their cumulative chances."""
    lines = (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines()
    rows = [line.split(" ") for line in lines]
    kept = [(w, float(n) ** 0.5) for w, n, *_ in rows if int(n) >= 20 and len(w) <= 4 and _plain(w)]
    weights = np.cumsum([n for _, n in kept])
    return [w for w, _ in kept], weights / weights[-1]


@lru_cache(maxsize=1)
def english() -> tuple[list[str], NDArray[np.float64]]:
    """Words of symspellpy's English dictionary and their cumulative chances (their counts to the power of 0.4)."""
    file = Path(symspellpy.__file__).parent / "frequency_dictionary_en_82_765.txt"
    rows = [line.split() for line in file.read_text("utf-8-sig").splitlines()]
    weights = np.cumsum([float(n) ** 0.4 for _, n in rows])
    return [w for w, _ in rows], weights / weights[-1]


def word(rng: Rng, language: str) -> str:
    """A word of the dictionary of "zh" or "en"."""
    words, chances = chinese() if language == "zh" else english()
    return words[int(np.searchsorted(chances, rng.random(), "right"))]


def _plain(word: str) -> bool:
    try:
        return len(word.encode("gb2312")) == 2 * len(word)
    except UnicodeEncodeError:
        return False
