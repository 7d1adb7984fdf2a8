"""The gate of the data: what it finds, what it prints, and its exit codes."""

import json
import os
import shutil
from pathlib import Path

import pytest

from jalur.errors import Fault
from jalur.ledger import check, datapackage


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def only(faults: list[Fault]) -> Fault:
    """The one fault beside the changed hash."""
    (fault,) = (f for f in faults if f.file != datapackage.NAME)
    return fault


def test_the_shipped_data_are_without_fault(capsys: pytest.CaptureFixture) -> None:
    assert check.faults(links=True) == []
    assert check.run(links=True) == 0
    assert "No fault: 7 programmes, 18 tables" in capsys.readouterr().out


def test_a_changed_file_is_seen_and_its_hash_renewed_on_request(data: Path, capsys: pytest.CaptureFixture) -> None:
    edit(data / "umkm_onboarding" / "programme.yml", "reporting_error: 0.02", "reporting_error: 0.03")
    (fault,) = check.faults(data)
    assert (fault.file, fault.column) == ("datapackage.json", "umkm_onboarding/programme.yml")
    assert check.run(data) == 1
    assert "1 fault" in capsys.readouterr().out
    assert check.run(data, update_hashes=True) == 0
    assert "datapackage.json written" in capsys.readouterr().out
    assert check.run(data) == 0


def test_hashes_of_faulty_data_are_not_renewed(data: Path) -> None:
    edit(data / "bali_qris" / "observations.csv", ",80717,", ",-80717,")
    before = (data / "datapackage.json").read_bytes()
    assert check.run(data, update_hashes=True) == 1
    assert (data / "datapackage.json").read_bytes() == before


def test_title_licence_and_sources_survive_a_renewal(data: Path) -> None:
    before = json.loads((data / "datapackage.json").read_text())
    datapackage.update(data)
    assert json.loads((data / "datapackage.json").read_text()) == before


def test_a_missing_or_broken_package_is_a_fault(data: Path) -> None:
    (data / "datapackage.json").write_text("{")
    assert check.faults(data)[0].given.startswith("text that is not JSON")
    (data / "datapackage.json").write_text("[]")
    assert check.faults(data)[0].given == "no list of resources"
    (data / "datapackage.json").unlink()
    assert check.faults(data)[0].given == "no such file"
    datapackage.update(data)
    assert check.faults(data) == []


def test_files_come_and_go(data: Path) -> None:
    shutil.copytree(data / "bali_qris", data / "_draft")
    assert check.faults(data) == []
    shutil.rmtree(data / "bali_qris")
    assert {f.column for f in check.faults(data)} == {
        f"bali_qris/{n}" for n in ("observations.csv", "targets.csv", "programme.yml")
    }


def test_an_embedded_schema_that_differs(data: Path) -> None:
    edit(data / "schema" / "targets.json", '"unique": true', '"unique": false')
    (fault,) = check.faults(data)
    assert (fault.file, fault.column, fault.given) == ("datapackage.json", "schema/targets.json", "another schema")
    edit(data / "datapackage.json", "schema/targets.json", "https://example.org/targets.json")
    assert len(check.faults(data)) == 2
    assert check.run(data, update_hashes=True) == 0


def test_folder_names(data: Path) -> None:
    shutil.move(data / "bali_qris", data / "Bali QRIS")
    assert "'Bali QRIS'" in only([f for f in check.faults(data) if f.file.startswith("Bali")]).given


def test_ids_are_unique_over_the_folder(data: Path) -> None:
    edit(data / "modern_cooperatives" / "targets.csv", "tgt-056,", "tgt-001,")
    fault = only(check.faults(data))
    assert (fault.file, fault.column) == ("umkm_onboarding/targets.csv", "id")
    assert "modern_cooperatives/targets.csv" in fault.allowed


@pytest.mark.parametrize(
    ("path", "old", "new", "column"),
    [
        ("bali_qris/observations.csv", ",80717,", ",80718,", "value"),
        ("jakarta_jakpreneur/targets.csv", ",278971,", ",278972,", "value"),
        ("sumut_qris/observations.csv", ",136546,", ",136547,", "value"),
    ],
)
def test_copies_agree_with_the_common_tables(data: Path, path: str, old: str, new: str, column: str) -> None:
    edit(data / path, old, new)
    fault = only(check.faults(data))
    assert (fault.file, fault.column) == (path, column)
    assert "from which the row is copied" in fault.allowed


def test_notes_name_rows_that_exist(data: Path) -> None:
    edit(data / "modern_cooperatives" / "observations.csv", "CORROBORATES coop-004", "CORROBORATES coop-099")
    assert "'coop-099'" in only(check.faults(data)).given
    edit(data / "modern_cooperatives" / "observations.csv", "CORROBORATES coop-099", "CORROBORATES coop-001")
    assert only(check.faults(data)).allowed == "the row in the column repeats, coop-004"


def test_regional_rows_obey_the_rules(data: Path) -> None:
    edit(
        data / "regional" / "observations.csv",
        "reg-005,Bali,qris_merchants,2020-07-31,day,2020-08-08,day",
        "reg-005,Bali,qris_merchants,2020-07-31,day,2020-07-08,day",
    )
    faults = [f for f in check.faults(data) if f.file == "regional/observations.csv"]
    assert [(f.row, f.column) for f in faults] == [(6, "reported_on")]


def test_links_are_checked_only_when_asked(data: Path) -> None:
    edit(data / "denominators.csv", "https://oecd.org/en", "https://user:pass@oecd.org/en")
    assert {f.file for f in check.faults(data)} == {"datapackage.json"}
    fault = only(check.faults(data, links=True))
    assert (fault.row, fault.column) == (12, "url")


def test_one_row_for_a_page_and_claim(data: Path) -> None:
    path = data / "ekatalog_umkm" / "observations.csv"
    row = next(line for line in path.read_text().splitlines() if line.startswith("ekat-054,"))
    path.write_text(path.read_text() + row.replace("ekat-054", "ekat-154") + "\n")
    assert {f.file for f in check.faults(data)} == {"datapackage.json"}
    assert only(check.faults(data, links=True)).column == "url"


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/x", "https://192.168.0.1/x", "http://a..b/x", "https://example.org:99999/x", "https://example.org:22/x",
        "https://ex ample.org", "ftp://example.org", "https:///x", "https://u@example.org/", "https://exämple.org/", "https://[::1/",
    ],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    assert check.address_problem(url)


@pytest.mark.parametrize(
    "url", ["https://www.bps.go.id", "http://a.co/b?c=d&e=f#g", "https://x-y.example.org:8080/~z/(1)"]
)
def test_addresses_that_are(url: str) -> None:
    assert check.address_problem(url) is None


def test_the_table_shows_markup_as_text(
    data: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(data / "bali_qris" / "observations.csv", ",exact,", ",[bold]<b>,")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert check.run(data) == 1
    out = capsys.readouterr().out
    assert "[bold]<b>" in out
    assert "bali_qris/observations.csv" in out
    monkeypatch.delenv("FORCE_COLOR")
    check.run(data)
    assert (
        "bali_qris/observations.csv, row 3, column qualifier: given '[bold]<b>'; allowed: one of"
        in capsys.readouterr().out
    )


def test_a_package_written_halfway_is_never_seen(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (data / "datapackage.json").read_bytes()

    def broken(source: object, target: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="no space"):
        datapackage.update(data)
    assert (data / "datapackage.json").read_bytes() == before
    assert not list(data.glob(".*"))
