"""Charge categories, pricing models and token units of every form -> one set of words. Look-ups only; unknown words stay as Usage / ""."""

# ruff: noqa: E501 - patterns and word lists are data

import re
from functools import lru_cache

from tools.audit.reading.header import key

_CATEGORY = {
    "usage": "Usage", "discountedusage": "Usage", "savingsplancoveredusage": "Usage", "unusedreservation": "Usage", "unusedsavingsplan": "Usage", "regular": "Usage",
    "tax": "Tax", "vat": "Tax", "gst": "Tax", "steuer": "Tax", "mwst": "Tax",
    "credit": "Credit", "credits": "Credit", "refund": "Credit", "promotion": "Credit", "promotionalcredit": "Credit", "gutschrift": "Credit",
    "fee": "Purchase", "rifee": "Purchase", "purchase": "Purchase", "savingsplanrecurringfee": "Purchase", "savingsplanupfrontfee": "Purchase", "subscription": "Purchase",
    "adjustment": "Adjustment", "savingsplannegation": "Adjustment", "bundleddiscount": "Adjustment", "edpdiscount": "Adjustment", "privateratediscount": "Adjustment",
    "discount": "Adjustment", "roundingadjustment": "Adjustment", "roundingerror": "Adjustment", "rounding": "Adjustment", "anniversary": "Purchase",
}  # fmt: skip
_TAX_LABEL = re.compile(
    r"^(?:sales |service )?(?:tax(?:es)?|vat|gst|hst|mwst|ust|mehrwertsteuer|umsatzsteuer|steuer|tva|iva|btw|kdv|podatek|imposto|impuesto|consumption tax|消費税|税额|税金|부가세|जीएसटी|"
    r"ضريبة|ндс|пдв)(?![\w]).{0,24}$",
    re.IGNORECASE,
)
_CREDIT_LABEL = re.compile(
    r"\b(?:credits?|refund|gutschrift|avoir|abono|promo(?:tion(?:al)?)?|crédit|crédito|credito|kredi|creditnota|korekta|кредит|возврат|повернення|iade)\b|クレジット|返金|退款|抵免|크레딧|환불|क्रेडिट|رصيد",
    re.IGNORECASE,
)
_DISCOUNT_LABEL = re.compile(
    r"\b(?:discount|rabatt|remise|descuento|desconto|sconto|rebate|korting|rabat|скидка|знижка|indirim)\b|割引|値引|折扣|优惠|할인|छूट|خصم",
    re.IGNORECASE,
)


@lru_cache(maxsize=16384)
def category_of(stated: str, label: str, negative: bool) -> str:
    """FOCUS ChargeCategory from the form's own word, else from the row's label and sign."""
    if stated and (known := _CATEGORY.get(key(stated))):
        return known
    if _TAX_LABEL.match(label):
        return "Tax"
    if negative and _CREDIT_LABEL.search(label):
        return "Credit"
    if negative and _DISCOUNT_LABEL.search(label):
        return "Adjustment"
    return "Usage"


@lru_cache(maxsize=16384)
def pricing_of(stated: str, line_type: str, usage_type: str, item: str = "") -> str:
    """batch, flex, priority, on_demand, committed, spot or "" where the row does not say. `item`: the description, where a machine wrote it."""
    text = f"{stated} {line_type} {usage_type}".casefold()
    words = f"{text} {item.casefold()}"
    of_tokens = words if "token" in words else stated.casefold()
    if tier := re.search(r"(?<![a-z])(batch|flex)(?![a-z])", of_tokens):
        return tier[1]
    if re.search(r"spot|preemptible|\blow[ -]priority\b", text) or stated.casefold() == "dynamic":
        return "spot"
    if re.search(r"(?<![a-z])priority(?![a-z])", of_tokens):
        return "priority"
    if re.search(r"provisioned[ -]?(?:throughput|managed)|\bptus?\b|scale tier", words) or stated.casefold() == "scale":
        return "committed"
    if re.search(r"discountedusage|savingsplan|savings plan|reserv|commit|rifee|heavyusage|1 ?yr|3 ?yr|1[- ]year|3[- ]year|\bcud\b", text):
        return "committed"
    if re.search(r"on[- ]?demand|pay[- ]as[- ]you|payg|\bstandard\b|usage[- ]based", text):
        return "on_demand"
    return ""


@lru_cache(maxsize=16384)
def tokens_per_unit(unit: str, words: str) -> int | None:
    """How many tokens one unit of a quantity is; None where neither the unit nor the row's words say that it counts tokens."""
    text = unit.casefold()
    if "token" not in text:
        match = re.search(r"(?:(million|1m|1,?000,?000)|(thousand|1k|1,?000))?\b[^|]{0,24}tokens?", words.casefold())
        if match is None or text not in ("", "unit", "units", "count", "each", "1k", "1m"):
            return None
        text += " " + match[0]
    if re.search(r"million|\b1 ?m\b|\b1,?000,?000\b", text):
        return 1_000_000
    return 1000 if re.search(r"thousand|\b1 ?k\b|\b1,?000\b", text) else 1


@lru_cache(maxsize=4096)
def environment_of(stated: str) -> str:
    """prod, dev, test, staging or the stated word; "" where nothing is stated."""
    word = key(stated)
    if not word or word in {"na", "none", "unknown", "null", "untagged"}:
        return ""
    if word.startswith(("nonprod", "nonproduction")):
        return "dev"
    if word.startswith(("prod", "live", "prd")):
        return "prod"
    if word.startswith(("dev", "sandbox", "playground", "experiment", "research", "poc", "entwicklung")):
        return "dev"
    if word.startswith(("test", "qa", "uat", "ci")):
        return "test"
    if word.startswith(("stag", "stg", "preprod")):
        return "staging"
    return stated.strip().casefold()[:40]
