"""Carbon is told as a range with its sources: sources disagree, places differ fifty-fold, and unknown is not zero."""

import csv
from pathlib import Path

import pytest

from knowledge import catalog, hardware_check
from knowledge.catalog.shelf import read_folder
from knowledge.errors import UserError
from knowledge.schemas import CarbonFile, Country, GridRegion

PRICES = Path(__file__).resolve().parents[3] / "shared" / "data" / "prices"


def grid(*place: str | None) -> tuple[int, int, int]:
    value = catalog.grid_carbon(*place).value
    return round(value.low), round(value.likely), round(value.high)


@pytest.mark.parametrize(
    ("provider", "region", "of", "low_likely_high"),
    [
        ("aws", "us-east-1", "Virginia", (322, 383, 440)),
        ("aws", "us-east-1a", "Virginia", (322, 383, 440)),  # a zone
        ("aws", "us-west-2", "Oregon", (94, 117, 351)),  # sources disagree almost fourfold
        ("aws", "eu-north-1", "Stockholm", (8, 36, 41)),
        ("azure", "East US 2", "Virginia", (322, 383, 440)),
        ("azure", "Finland Central", "Helsinki", (46, 77, 181)),  # 000077 at the source
        ("azure", "germanywestcentral", "Frankfurt", (293, 345, 402)),  # 000402 at the source
        ("azure", "norwayeast", "Oslo", (26, 30, 35)),  # nobody reads the region; the country's figures
        ("gcp", "us-central1-a", "Iowa", (386, 454, 523)),
        ("gcp", "europe-west4", "Netherlands", (221, 260, 474)),
        ("oci", "us-ashburn-1", "Virginia", (322, 383, 440)),  # as the other clouds in the place
        ("oci", "eu-frankfurt-1", "Frankfurt", (293, 345, 397)),
    ],
)
def test_a_region_lies_between_its_readings(provider: str, region: str, of: str, low_likely_high: tuple[int, int, int]) -> None:
    found = catalog.grid_carbon(provider, region)
    assert (found.of, found.scope) == (of, "region")
    assert grid(provider, region) == pytest.approx(low_likely_high, abs=1)
    assert found.sources
    assert all(source.checked_on for source in found.sources)


def test_a_country_does_where_no_region_is_known() -> None:
    for place in (("runpod", "SE"), ("runpod", "Sweden"), ("lambda", None, "swe"), (None, "any", "Sweden"), ("gcp", "no-such-1", "SWE")):
        found = catalog.grid_carbon(*place)
        assert (found.of, found.scope) == ("Sweden", "country"), place
    assert catalog.grid_carbon("coreweave", "UK").of == "United Kingdom"
    assert grid(None, None, "France")[1] < grid(None, None, "Poland")[1] / 10


def test_no_place_at_all_gives_the_world_widely() -> None:
    for place in ((), (None, None), ("vast", "any"), ("runpod", "")):
        found = catalog.grid_carbon(*place)
        assert (found.of, found.scope) == ("the world", "world")
        assert found.value.low < 150 < 473 < 600 < found.value.high


@pytest.mark.parametrize(
    ("place", "nearest"), [(("aws", "us-eest-1"), "us-east-1"), (("runpod", "Swedenn"), "Sweden"), ((None, None, "Germny"), "Germany")]
)
def test_a_place_nobody_reads_is_refused_with_the_nearest(place: tuple[str | None, ...], nearest: str) -> None:
    with pytest.raises(UserError) as caught:
        catalog.grid_carbon(*place)
    assert caught.value.code == "unknown-region"
    assert nearest in caught.value.hint


def test_a_lone_reading_is_not_taken_as_exact() -> None:
    found = catalog.grid_carbon("azure", "westus3")
    assert len(found.sources) == 1
    assert found.value.low < 350.861 * 0.9 < found.value.likely < 350.861 * 1.1 < found.value.high


def test_sources_that_disagree_by_over_a_fifth_are_all_inside_the_range() -> None:
    wide = 0
    for file in carbon_files():
        for region in file.regions:
            value = catalog.grid_carbon(region.provider, region.region).value
            assert 0 < value.low <= value.likely <= value.high < 1500
            readings = list(region.readings.values())
            if readings and max(readings) > 1.2 * min(readings):
                wide += 1
            assert all(value.low <= reading <= value.high for reading in readings)
    assert wide >= 10


def test_every_region_that_rents_an_accelerator_has_grid_carbon() -> None:
    missing = set()
    for machine in catalog.instances().entries.values():
        for price in machine.prices:
            try:
                catalog.grid_carbon(machine.provider, price.region)
            except UserError:
                missing.add((machine.provider, price.region))
    assert missing <= {("gcp", "us-central2")}  # Oklahoma: no source reads its grid


@pytest.mark.parametrize(
    ("provider", "low_likely_high"),
    [
        ("aws", (1.04, 1.14, 1.25)),
        ("gcp", (1.06, 1.095, 1.12)),
        ("azure", (1.12, 1.18, 1.2)),
        ("oci", (1.15, 1.2, 1.25)),
        ("runpod", (1.12, 1.42, 1.59)),
        (None, (1.12, 1.42, 1.59)),
    ],
)
def test_power_usage_effectiveness(provider: str | None, low_likely_high: tuple[float, float, float]) -> None:
    found = catalog.power_usage_effectiveness(provider)
    assert (found.value.low, found.value.likely, found.value.high) == pytest.approx(low_likely_high)
    assert found.scope == ("provider" if provider in ("aws", "gcp", "azure", "oci") else "any provider")
    assert found.sources


def test_manufacture_is_spread_over_the_hours_of_the_lifetime() -> None:
    found = catalog.embodied_carbon(catalog.accelerator("H100"))
    assert found is not None
    assert found.value.low == pytest.approx(1000 * (143 + 3000 / 8) / (5 * 8760))  # 11.8 g an hour
    assert found.value.high == pytest.approx(1000 * (273 + 5700 / 8) / (3 * 8760))  # 37.5 g an hour
    assert len(found.sources) == 2
    assert catalog.embodied_carbon(catalog.accelerator("L4")) is None  # nobody published it: unknown, not zero


def carbon_files() -> list[CarbonFile]:
    return [content for _, content in read_folder("carbon") if isinstance(content, CarbonFile)]


def test_carbon_facts_that_cannot_be_are_refused() -> None:
    files = carbon_files()
    assert not list(hardware_check.carbon_errors(files, set(catalog.accelerators().entries)))
    extra = files[0].model_copy(
        update={
            "regions": (
                GridRegion(provider="aws", region="us-east-1", place="Virginia", same_place=("gcp nowhere1",)),
                GridRegion(provider="x", region="y", place="Z", country="XXX"),
            ),
            "countries": (Country(iso3="ZZZ", name="Sweden", readings={"codecarbon": 1.0}),),
        }
    )
    found = " ".join(hardware_check.carbon_errors([*files, extra], set()))
    for complaint in ("aws us-east-1 is listed twice", "unlisted gcp nowhere1", "unlisted country XXX", "`Sweden` means both"):
        assert complaint in found
    alone = " ".join(hardware_check.carbon_errors([extra.model_copy(update={"regions": (), "power_use": ()})], set()))
    assert "WOR" in alone
    assert "no power usage effectiveness" in alone
    with pytest.raises(ValueError, match="no reading"):
        GridRegion(provider="x", region="y", place="Z")
    with pytest.raises(ValueError, match="greater than 0"):
        GridRegion(provider="x", region="y", place="Z", readings={"s": 0.0})


@pytest.mark.shared
@pytest.mark.skipif(not PRICES.is_dir(), reason="the development data ../shared is not here")
@pytest.mark.parametrize(("file", "provider"), [("aws", "aws"), ("azure", "azure"), ("gcp", "gcp")])
def test_readings_equal_the_source_but_for_its_two_slips(file: str, provider: str) -> None:
    with (PRICES / f"grid_intensity_ccf_{file}.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            tonnes = row["CO2e (metric ton/kWh)"] or row["Source"]  # the two slips have one column too many ...
            if tonnes.startswith("000"):
                tonnes = "0." + tonnes  # ... and have lost their decimal point
            reading = catalog.grid_region(provider, row["Region"]).readings["ccf"]
            assert reading == pytest.approx(float(tonnes) * 1e6), row["Region"]


@pytest.mark.shared
@pytest.mark.skipif(not PRICES.is_dir(), reason="the development data ../shared is not here")
def test_countries_equal_the_source_and_none_is_zero() -> None:
    listed = {c.iso3: c for f in carbon_files() for c in f.countries}
    with (PRICES / "grid_intensity_countries_codecarbon.csv").open(encoding="utf-8-sig", newline="") as rows:
        for row in csv.DictReader(rows):
            value = float(row["g_co2e_per_kwh"])
            if value:
                assert listed[row["iso3"]].readings["codecarbon"] == value
            else:
                assert row["iso3"] not in listed
    with (PRICES / "electricity_mix_impacts_ecologits.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            assert listed[row["name"]].readings["ecologits"] == pytest.approx(float(row["gwp"]) * 1000, abs=0.006)
