"""The data as they are shipped: complete, described, and described truly."""

import csv
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from jalur import ledger
from jalur.ledger import datapackage
from jalur.ledger import edit as ledger_edit
from jalur.ledger import tables as schema

DATA = ledger.default_data()
README = (DATA / "README.md").read_text(encoding="utf-8")
PACKAGE = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
TABLES = [r for r in PACKAGE["resources"] if "schema" in r]
NATIONAL = ("umkm_onboarding", "modern_cooperatives", "ekatalog_umkm", "ekatalog_products")
BODIES = {
    "KemenKopUKM", "KemenUMKM", "Kemenko Marves", "Kemenko Perekonomian", "Kominfo", "Komdigi", "Kemenparekraf",
    "Kemendag", "Kemendes PDTT", "Bappenas", "LKPP", "LPDB-KUMKM", "BPS", "Presiden", "Wakil Presiden", "KSP", "TP PKK",
    "idEA", "Akumindo", "Kadin", "Dekopin", "media", "unattributed",
}  # fmt: skip


def rows(path: str) -> list[dict[str, str]]:
    with open(DATA / path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_tables_are_plain_text_with_plain_lines() -> None:
    for resource in TABLES:
        raw = (DATA / resource["path"]).read_bytes()
        assert raw.isascii(), resource["path"]
        assert b"\r" not in raw
        assert raw.endswith(b"\n")


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("modern_cooperatives/observations.csv", 21),
        ("ekatalog_umkm/observations.csv", 29),
        ("ekatalog_products/observations.csv", 45),
        ("regional/observations.csv", 171),
        ("regional/targets.csv", 35),
        ("proxies.csv", 116),
        ("jakarta_jakpreneur/observations.csv", 43),
        ("sumut_qris/observations.csv", 25),
        ("bali_qris/observations.csv", 7),
    ],
)
def test_no_row_is_lost(path: str, count: int) -> None:
    assert len(rows(path)) == count


def test_ids_run_without_a_gap_where_they_are_numbers() -> None:
    ekat = [int(r["id"][5:]) for name in ("umkm", "products") for r in rows(f"ekatalog_{name}/observations.csv")]
    assert sorted(ekat) == list(range(1, 75))
    targets = [int(r["id"][4:]) for name in NATIONAL for r in rows(f"{name}/targets.csv")]
    assert sorted(targets) == list(range(1, 101))
    assert [int(r["id"][4:]) for r in rows("regional/targets.csv")] == list(range(101, 136))


def test_bodies_of_the_national_tables_are_a_closed_list() -> None:
    for name in NATIONAL:
        for table in ("observations", "targets"):
            assert {r["speaker_org"] for r in rows(f"{name}/{table}.csv")} <= BODIES


def test_numbers_in_the_dictionary() -> None:
    for path, count in re.findall(r"^\| `([\w/]+\.csv)` \| (\d+) \|", README, flags=re.MULTILINE):
        assert len(rows(path)) == int(count), path
    order = (
        "umkm_onboarding",
        "modern_cooperatives",
        "ekatalog_umkm",
        "ekatalog_products",
        "jakarta_jakpreneur",
        "sumut_qris",
        "bali_qris",
    )
    stated = re.search(r"`<programme>/targets.csv` \| ([\d, ]+) \|", README)
    assert stated
    assert [int(n) for n in stated[1].split(", ")] == [len(rows(f"{name}/targets.csv")) for name in order]


def test_roles_in_the_dictionary() -> None:
    roles = {name: Counter(r["role"] for r in rows(f"{name}/observations.csv")) for name in NATIONAL}
    lines = re.findall(r"^\| `(\w+)` \| ([\d–]+) \| ([\d–]+) \| ([\d–]+) \| ([\d–]+) \|", README, flags=re.MULTILINE)
    assert [line[0] for line in lines] == list(schema.table_schema("observations")["fields"][11]["constraints"]["enum"])
    for role, *counts in lines:
        assert [0 if c == "–" else int(c) for c in counts] == [roles[name][role] for name in NATIONAL], role


def test_selections_in_the_dictionary(programmes: Callable[[str], ledger.Programme]) -> None:
    lines = re.findall(
        r"^\| `(\w+)` \| [^|]*`[^|]*\| [^|]+ \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$",
        README,
        flags=re.MULTILINE,
    )
    assert sorted(line[0] for line in lines) == ledger.programmes()
    for name, *counts in lines:
        study = programmes(name)
        vintages = ("2026-06-30", "2022-03-31", "2022-12-31", "2023-12-31", "2024-12-31")
        assert [int(c) for c in counts] == [len(ledger.select(study, v)) for v in vintages], name


def test_the_dictionary_explains_every_column_and_word() -> None:
    for name in ("observations", "targets", "denominators"):
        for column in schema.columns(name):
            assert f"`{column}`" in README, column
    definitions = {r["definition"] for name in NATIONAL[:2] for r in rows(f"{name}/observations.csv")}
    for word in definitions:
        assert word in README or f"`_{word.rsplit('_', 1)[1]}`" in README, word


# The data package


def test_the_package_describes_every_file_once() -> None:
    paths = [r["path"] for r in PACKAGE["resources"]]
    assert len(paths) == len(set(paths))
    there = {p.relative_to(DATA).as_posix() for kind in ("csv", "yml") for p in DATA.rglob(f"*.{kind}")}
    assert set(paths) == there
    assert len({r["name"] for r in PACKAGE["resources"]}) == len(paths)
    assert all(re.fullmatch(r"[-a-z0-9._/]+", r["name"]) for r in PACKAGE["resources"])


def test_sizes_and_hashes() -> None:
    for resource in PACKAGE["resources"]:
        raw = (DATA / resource["path"]).read_bytes()
        assert resource["bytes"] == len(raw)
        assert resource["hash"] == "sha256:" + hashlib.sha256(raw).hexdigest()
    assert datapackage.faults(DATA) == []


def test_licence_and_sources() -> None:
    assert [licence["name"] for licence in PACKAGE["licenses"]] == ["CC-BY-4.0"]
    assert "creativecommons.org/licenses/by/4.0" in (DATA / "LICENSE").read_text()
    for source in PACKAGE["sources"]:
        assert source["title"]
        if "path" in source and not source["path"].startswith("http"):
            assert (DATA / source["path"]).is_file()


@pytest.mark.parametrize("resource", TABLES, ids=lambda r: r["path"])
def test_every_field_is_described(resource: dict) -> None:
    kinds = {"string", "number", "integer", "date"}
    stated = json.loads((DATA / resource["schema"]).read_text(encoding="utf-8"))
    with open(DATA / resource["path"], encoding="utf-8") as file:
        assert [f["name"] for f in stated["fields"]] == file.readline().strip().split(",")
    for field in stated["fields"]:
        assert field["type"] in kinds
        assert field["unit"]
        assert field["description"].endswith((".", ":"))
        assert field["constraints"]
    assert stated["primaryKey"] == ["id"]


@pytest.mark.parametrize("which", ["shipped", "new"])
def test_the_package_is_valid_by_another_validator(which: str, tmp_path: Path) -> None:
    folder = DATA
    if which == "new":
        ledger_edit.new("my_study", tmp_path)
        figure = {"value": "26,100", "as_of": "2024-08-31", "speaker_org": "Example Agency", "publisher": "Paper"}
        ledger_edit.add("my_study", data=tmp_path, url="https://example.org/7", **figure)
        folder = tmp_path
    command = [sys.executable, "-m", "frictionless", "validate", "datapackage.json", "--json"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=100)
    report = json.loads(run.stdout)
    assert report["valid"], [task["errors"][:2] for task in report["tasks"] if not task["valid"]]
    assert report["stats"]["tasks"] == len(json.loads((folder / "datapackage.json").read_text())["resources"])
    assert run.returncode == 0


# One schema for all


def test_the_package_names_the_one_schema() -> None:
    for path, name in datapackage.tables(DATA).items():
        assert next(r["schema"] for r in TABLES if r["path"] == path) == f"schema/{name}.json"
        assert (DATA / "schema" / f"{name}.json").read_text(encoding="utf-8") == schema.schema_text(name)


def test_regional_tables_have_the_columns_of_the_others() -> None:
    for name in ("observations", "targets"):
        plain = {f["name"]: f for f in schema.table_schema(name)["fields"]}
        regional = {f["name"]: f for f in schema.table_schema(f"regional_{name}")["fields"]}
        assert {k: regional[k] for k in plain} == plain
        assert len(regional) == len(plain) + 2


@pytest.mark.parametrize("name", schema.TABLES)
def test_the_reader_enforces_every_constraint(name: str, tmp_path: Path) -> None:
    path = next(p for p, s in datapackage.tables(DATA).items() if s == name and "bali" not in p)
    records = [row for row in rows(path) if not row.get("repeats")][:3]
    for field in schema.table_schema(name)["fields"]:
        column = field["name"]
        for text in broken_texts(field, records[0][column]):
            with open(tmp_path / "t.csv", "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(records[0]))
                writer.writeheader()
                writer.writerows([records[0], records[1] | {column: text}, records[2]])
            found = schema.read_table(tmp_path / "t.csv", name, "t")[1]
            assert [(f.row, f.column) for f in found] == [(3, column)], (column, text)


def broken_texts(field: dict, taken: str) -> list[str]:
    """One text that breaks each constraint of a field."""
    limits, kind = field["constraints"], field["type"]
    assert set(limits) <= {"required", "unique", "minimum", "maximum", "enum", "pattern", "minLength", "maxLength"}
    broken: list[str] = []
    if limits.get("required"):
        broken.append("")
    if limits.get("unique"):
        broken.append(taken)
    if kind == "date":
        broken += ["1989-12-31", "2101-01-01"]
    elif "minimum" in limits:
        broken += [str(int(limits["minimum"]) - 1), str(int(limits["maximum"]) + 1)]
    if "enum" in limits or "pattern" in limits:
        broken.append("??")
    if "maxLength" in limits:
        broken.append(("https://e.org/" if "url" in field["name"] else "[day] ") + "x" * limits["maxLength"])
    return broken
