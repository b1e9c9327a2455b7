"""Reads tardellirs/gpu-pricing: offers of GPU clouds under the sellers' own names of the cards, turned into our machines.

A card whose name or memory fits no accelerator of the fact base, or only a modified one, is skipped and named. Of several offers of the
same card and tier the lowest counts. Compares nothing with the fact base.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from knowledge.catalog.hardware import find_accelerator
from knowledge.refresh_sources import NotUnderstood, Published, amount, load_json

_NEEDED = ("provider_id", "gpu_model", "vram_gb", "tier", "is_spot", "price_usd_hour", "collected_at")
_MAKERS = re.compile(r"\b(NVIDIA|AMD|GeForce|HGX|Tesla)\b\s*")
#: Cards with another memory than the maker's share a name with one of ours.
_MODIFIED = re.compile(r"\bmod\)")


def offerings_json(raw: bytes, _today: date) -> Published:
    """All offers. Raises NotUnderstood."""
    content = load_json(raw)
    if not isinstance(content, list) or not content:
        raise NotUnderstood("it is not a list of offers")
    lowest: dict[str, dict[bool, Decimal]] = {}
    days: set[str] = set()
    skipped: list[str] = []
    for offer in content:
        if not isinstance(offer, dict) or any(offer.get(key) is None for key in _NEEDED):
            raise NotUnderstood(f"an offer lacks one of {', '.join(_NEEDED)}")
        days.add(str(offer["collected_at"]))
        name = machine_name(offer)
        if name is None:
            skipped.append(f"{offer['provider_id']} {offer['gpu_model']}"[:80])
            continue
        price, is_spot = amount(offer["price_usd_hour"]), bool(offer["is_spot"])
        known = lowest.setdefault(name, {})
        known[is_spot] = min(price, known.get(is_spot, price))
    try:
        oldest = min(date.fromisoformat(day) for day in days)
    except ValueError:
        raise NotUnderstood("an offer has no day") from None
    return Published(oldest, {(name, "any"): (of.get(False), of.get(True)) for name, of in lowest.items()}, skipped=tuple(skipped))


def machine_name(offer: dict[str, Any]) -> str | None:
    """Our name of what is offered: provider, accelerator, tier. None where the card is none of ours."""
    card = find_accelerator(_card(offer))
    if card is None or (card.memory_gib and abs(float(offer["vram_gb"]) - card.memory_gib) > 0.1 * card.memory_gib):
        return None
    parts = [str(offer["provider_id"]), re.sub(r"[^a-z0-9]+", "-", card.name.lower()), re.sub(r"[^a-z0-9]+", "-", _tier(offer).lower())]
    return "-".join(part for part in parts if part)


def _card(offer: dict[str, Any]) -> str:
    """The card's usual name: form factor and memory for the chips that come in several."""
    text, link = str(offer["gpu_model"]), str(offer.get("interconnect") or "")
    if _MODIFIED.search(text):
        return "none of ours"
    name = re.sub(r" \(High freq\.\)", "", _MAKERS.sub("", text)).strip()
    memory = int(float(offer["vram_gb"]))
    if name.startswith("V100"):
        return f"V100 SXM {16 if memory == 16 else 32}GB"
    if name.startswith("A100"):
        return f"A100 {'PCIe' if 'PCIe' in name or link == 'PCIe' else 'SXM'} {memory}GB"
    if name.startswith("H100"):
        return "H100 NVL" if memory == 94 or link == "NVL" else "H100 PCIe" if "PCIe" in name or link == "PCIe" else "H100 SXM"
    if (family := re.match(r"(H200|GB300|GB200|GH200|B200|B300)\b", name)) is not None:
        return "H200 SXM" if family[1] == "H200" else family[1]
    if re.match(r"(?i)RTX (6000 Pro|PRO 6000|PRO-A6000)", name):
        return "RTX PRO 6000 Workstation" if re.search(r"\bWE\b", name) else "RTX PRO 6000 Server"
    if name.startswith("A800"):
        return f"A800 SXM {memory}GB"
    return "RTX A6000" if name == "A6000" else name


def _tier(offer: dict[str, Any]) -> str:
    """What tells two offers of the same card and seller apart, beside on-demand and spot."""
    provider, text, notes = str(offer["provider_id"]), str(offer["gpu_model"]), str(offer.get("notes") or "")
    if provider == "dataoorts" and (series := re.match(r"Dataoorts (\S+)", notes)) is not None:
        return series[1] + (" confidential" if "CC" in text.split() else "")
    if "High freq" in text:
        return "high frequency"
    if provider == "vultr" and "Bare Metal" in notes:
        return "bare metal"
    if provider == "hyperstack" and "NVLink" in text:
        return "nvlink"
    return "" if offer["tier"] in ("on-demand", "spot") else str(offer["tier"])
