"""A new programme from an empty folder, and one more figure in a ledger."""

import datetime as dt
import io
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from jalur import dates, ledger
from jalur.errors import InputError
from jalur.files import LOCK, locked
from jalur.ledger import check, datapackage, programme
from jalur.ledger import edit as ledger_edit
from jalur.ledger.spoken import read_figure

PAGE = {"publisher": "ANTARA", "url": "https://example.org/page"}


def table(data: Path, name: str) -> Path:
    return data / name / "observations.csv"


# new


def test_a_new_programme_works_at_once(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    data = tmp_path / "empty"
    data.mkdir()
    assert ledger_edit.run_new("my_study", data) == 0
    assert "jalur check" in capsys.readouterr().out
    assert check.run(data, links=True) == 0
    study = ledger.load("my_study", data)
    assert len(ledger.select(study, "2024-07-31")) == 5
    assert study.path is not None
    assert [m.value for m in study.path.milestones] == [30_000, 40_000]
    assert sorted(p.name for p in (data / "my_study").iterdir()) == [
        "README.md",
        "observations.csv",
        "programme.yml",
        "targets.csv",
    ]


def test_the_examples_explain_every_column_and_key(data: Path) -> None:
    folder = ledger_edit.new("my_study", data)
    text = (folder / "README.md").read_text()
    for name in ("observations", "targets"):
        for line in (folder / f"{name}.csv").read_text().splitlines()[:1]:
            assert all(f"| `{column}` |" in text for column in line.split(","))
    manifest = (folder / "programme.yml").read_text()
    assert manifest.count("#") > 20
    assert "{name}" not in manifest + text
    assert "{prefix}" not in manifest


def test_two_new_programmes_stand_beside_each_other(data: Path) -> None:
    ledger_edit.new("one", data)
    ledger_edit.new("two", data)
    assert check.faults(data, links=True) == []


@pytest.mark.parametrize("name", ["../x", "Ümkm", "my-study", "regional", "sources", "umkm_onboarding", ""])
def test_names_that_are_refused(data: Path, name: str) -> None:
    before = sorted(data.rglob("*"))
    with pytest.raises(InputError, match="allowed is"):
        ledger_edit.new(name, data)
    assert sorted(data.rglob("*")) == before


def test_a_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(InputError, match="cannot be written"):
        ledger_edit.new("study", tmp_path)


def test_a_data_folder_that_is_not_there_is_refused_and_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a message shortens a long path
    Path("file").write_text("a file")
    for name in ("mistyped", "file"):
        with pytest.raises(InputError, match=f"{name}', which is no folder; allowed is one that exists"):
            ledger_edit.new("study", name)
    assert not Path("mistyped").exists()


# figures as they are written


@pytest.mark.parametrize(
    ("text", "value", "decimals", "qualifier", "short"),
    [
        ("20.76 million", "20760000", -4, "approx", "20.76"),
        ("17,59 juta", "17590000", -4, "approx", "17.59"),
        ("27 juta", "27000000", -6, "approx", "27"),
        ("25,292,701", "25292701", 0, "exact", "25.292701"),
        ("25.292.701", "25292701", 0, "exact", "25.292701"),
        ("25292701", "25292701", 0, "exact", "25.292701"),
        ("52 ribu", "52000", -3, "approx", "52000"),
        ("52000", "52000", -3, "approx", "52000"),
        ("906", "906", 0, "exact", "906"),
        ("1,234", "1234", 0, "exact", "1234"),
        ("more than 8 million", "8000000", -6, "at_least", "8"),
        ("lebih dari 14 juta", "14000000", -6, "at_least", "14"),
        (">1.5 million", "1500000", -5, "at_least", "1.5"),
        ("2 triliun", "2000000000000", -12, "approx", "2000000"),
        ("0.5 thousand", "500", -2, "approx", "500"),
        ("1,203,000", "1203000", -3, "approx", "1.203"),
    ],
)
def test_how_figures_are_read(text: str, value: str, decimals: int, qualifier: str, short: str) -> None:
    stated = read_figure(text, "UMKM")
    assert (stated.value, stated.decimals, stated.qualifier, stated.short) == (value, decimals, qualifier, short)


@pytest.mark.parametrize(("text", "decimals"), [("0.73", 2), ("0,73 %", 2), ("11.92 persen", 2), ("40%", 0), ("40", 0)])
def test_how_shares_are_read(text: str, decimals: int) -> None:
    stated = read_figure(text, "percent")
    assert (stated.decimals, stated.qualifier) == (decimals, "approx")


def test_a_number_called_exact_keeps_its_zeros() -> None:
    assert read_figure("52000", "UMKM", "exact").decimals == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "many",
        "1.5",
        "1,23",
        "1.234,5",
        "1,2,3",
        "20..5 juta",
        "5 dozen",
        "-3 juta",
        "1e6",
        "12 juta lebih",
        "40 %",
        "1.2.3 juta",
    ],
)
def test_figures_that_can_be_misread_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"value is .*allowed is"):
        read_figure(text, "UMKM")


# add


def test_a_figure_is_appended(data: Path) -> None:
    before = table(data, "umkm_onboarding").read_text()
    added = ledger_edit.add(
        "umkm_onboarding", data=data, value="26.1 million", as_of="2025-01-31", as_of_precision="month",
        reported_on="2025-02-10", speaker_org="KemenKopUKM", note="Hearing", **PAGE,
    )  # fmt: skip
    after = table(data, "umkm_onboarding").read_text()
    assert after.startswith(before)
    assert after.removeprefix(before) == (
        "2025-01-31-kkukm-26.1,2025-01-31,month,2025-02-10,day,26100000,UMKM,approx,level,,digital_ecosystem,observation,,,"
        "10,-5,KemenKopUKM,ANTARA,https://example.org/page,Hearing\n"
    )
    study = ledger.load("umkm_onboarding", data)
    assert ledger.explain(study, added.id).row == added.row == len(before.splitlines()) + 1
    assert len(ledger.select(study, "2025-02-10")) == len(ledger.select(study, "2025-02-09")) + 1
    assert added.suggestion is None
    assert check.faults(data, links=True) == []


@pytest.mark.parametrize(
    ("name", "unit_choice", "new_id"),
    [
        ("ekatalog_umkm", {}, "ekat-075"),
        ("modern_cooperatives", {}, "coop-022"),
        ("sumut_qris", {"speaker_org": "Bank Indonesia North Sumatra"}, "P149"),
        ("bali_qris", {}, "reg-172"),
    ],
)
def test_numbers_go_on_over_the_whole_folder(data: Path, name: str, unit_choice: dict, new_id: str) -> None:
    fields = {"value": "450", "as_of": "2025-01-31", "speaker_org": "LKPP", **PAGE, **unit_choice}
    if name in ("sumut_qris", "bali_qris"):
        fields["value"] = "600 thousand"
    assert ledger_edit.add(name, data=data, force=True, **fields).id == new_id


def test_ids_do_not_collide(data: Path) -> None:
    fields = {"value": "27 million", "as_of": "2023-12-04", "speaker_org": "Kemenko Perekonomian"} | PAGE
    assert ledger_edit.add("umkm_onboarding", data=data, **fields).id == "2023-12-04-ekon-27c"
    flow = fields | {"kind": "flow", "flow_since": "2020-05-14", "value": "19 million"}
    assert ledger_edit.add("umkm_onboarding", data=data, **flow).id == "2023-12-04-ekon-flow19"


def test_an_equal_figure_within_sixty_days_is_named(data: Path, capsys: pytest.CaptureFixture) -> None:
    fields = {"value": "27 million", "speaker_org": "Kominfo"} | PAGE
    near = ledger_edit.add("umkm_onboarding", data=data, as_of="2024-01-15", **fields)
    far = ledger_edit.add("umkm_onboarding", data=data, as_of="2024-06-15", **fields)
    assert (near.suggestion, far.suggestion) == ("2023-12-04-ekon-27", None)
    given = [f"{k}={v}" for k, v in (fields | {"as_of": "2024-01-16"}).items()]
    assert ledger_edit.run_add("umkm_onboarding", given, data) == 0
    assert "equal to " in capsys.readouterr().out


def test_a_repeat_of_a_repeat_goes_back_to_its_origin(data: Path) -> None:
    # the nearest equal figure, of 31 December, is itself a repeat
    fields = {"value": "20.76 million", "as_of": "2023-01-05", "speaker_org": "Kominfo"} | PAGE
    assert ledger_edit.add("umkm_onboarding", data=data, **fields).suggestion == "2022-12-27-kkukm-20.76"


def test_a_repeat_says_so(data: Path) -> None:
    added = ledger_edit.add(
        "umkm_onboarding",
        data=data,
        value="27 million",
        as_of="2023-12-20",
        speaker_org="Kominfo",
        repeats="2023-12-04-ekon-27",
        **PAGE,
    )
    assert added.fields["role"] == "repeat"
    assert "RECAP of 2023-12-04-ekon-27" in added.fields["note"]
    assert check.faults(data) == []


def test_the_terminal_is_asked_for_what_is_missing(data: Path) -> None:
    asked = []

    def ask(column: str, default: str) -> str:
        asked.append((column, default))
        return {"value": "27 juta", "as_of": "2024-01-15", "speaker_org": "Kominfo", "repeats": default}.get(
            column, default or "https://example.org/x"
        )

    added = ledger_edit.add("umkm_onboarding", data=data, ask=ask, publisher="ANTARA")
    assert [column for column, _ in asked] == ["value", "as_of", "reported_on", "speaker_org", "url", "note", "repeats"]
    assert ("reported_on", "2024-01-15") in asked
    assert (added.fields["role"], added.fields["repeats"]) == ("repeat", "2023-12-04-ekon-27")


def test_in_a_terminal_questions_carry_the_meaning_of_the_column(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.prompt import Prompt

    texts = []
    monkeypatch.setattr(Prompt, "ask", lambda text, **choice: texts.append((text, choice)) or "answer")
    assert ledger_edit._ask("value", "") == "answer"
    assert ledger_edit._ask("repeats", "row-1") == "answer"
    assert "The figure as published" in texts[0][0]
    assert "row-1" in texts[1][0]
    assert texts[1][1]["default"] == "row-1"


def test_without_a_terminal_nothing_is_asked(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(InputError, match="no as_of is given for the figure; needed are: value, as_of"):
        ledger_edit.run_add("umkm_onboarding", ["value=27 million"], data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"value": "lots"}, "value is 'lots'"),
        ({"value": "1,000,000 million"}, "can be read in two ways"),
        ({"value": "99 million"}, "default capacity 'all_umkm'"),
        ({"as_of": "2022-02-30"}, "as_of is '2022-02-30'; allowed is a day that exists"),
        ({"reported_on": "2020-01-01"}, "reported_on is '2020-01-01'; allowed is the day the figure refers to"),
        ({"url": "ftp://x"}, "column url: given 'ftp://x'"),
        ({"publisher": "=cmd"}, "column publisher: given '=cmd'"),
        ({"note": "two\nlines"}, "column note"),
        ({"role": "guess"}, "column role: given 'guess'"),
        ({"unit": "products"}, "column unit: given 'products'"),
        ({"repeats": "nothing"}, "column repeats: given 'nothing'"),
        ({"definition": "All"}, "column definition: given 'All'"),
        ({"as_of_precision": "month"}, "column as_of"),
        ({"decimals": "3.5"}, "column decimals"),
        ({"decimals": "-7"}, "column decimals: given -7"),
        ({"colour": "red"}, "column is 'colour'"),
        ({"id": "mine"}, "column is 'id'"),
        ({"lag_days": "4"}, "column is 'lag_days'"),
    ],
)
def test_what_would_not_pass_is_refused_and_nothing_written(data: Path, change: dict, said: str) -> None:
    before = {p: p.read_bytes() for p in data.rglob("*") if p.is_file()}
    fields = {"value": "21.6 million", "as_of": "2022-12-28", "speaker_org": "KemenKopUKM"} | PAGE | change
    with pytest.raises(InputError) as caught:
        ledger_edit.add("umkm_onboarding", data=data, **fields)
    assert said in str(caught.value)
    after = {p: p.read_bytes() for p in data.rglob("*") if p.is_file()}
    assert after == before


def test_a_field_without_a_sign(data: Path) -> None:
    with pytest.raises(InputError, match="allowed is COLUMN=VALUE"):
        ledger_edit.run_add("umkm_onboarding", ["27 million"], data)


@pytest.mark.parametrize("ending", [b"\r\n", b"\n"])
@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_the_manner_of_the_file_is_kept(data: Path, ending: bytes, mark: bytes) -> None:
    path = table(data, "bali_qris")
    path.write_bytes(mark + path.read_bytes().rstrip(b"\n").replace(b"\n", ending))
    before = path.read_bytes()
    ledger_edit.add(
        "bali_qris", data=data, value="600 thousand", as_of="2023-01-31", speaker_org="Bank Indonesia Bali", **PAGE
    )
    after = path.read_bytes()
    assert after.startswith(before + ending)
    assert after.endswith(ending)
    assert after.count(b"\n") == after.count(ending)


def test_columns_in_another_order_are_written_in_that_order(data: Path) -> None:
    path = table(data, "bali_qris")
    text = ledger.load("bali_qris", data).observations
    order = list(reversed(text.columns))
    text[order].to_csv(path, index=False, date_format="%Y-%m-%d", lineterminator="\n", float_format="%.0f")
    added = ledger_edit.add(
        "bali_qris", data=data, value="600 thousand", as_of="2023-01-31", speaker_org="Bank Indonesia Bali", **PAGE
    )
    assert path.read_text().splitlines()[-1].endswith(f",{added.id}")


def test_two_additions_at_once_are_both_kept(data: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def one(day: int) -> str:
        fields = {
            "value": f"{26 + day / 10} million",
            "as_of": f"2025-01-{day:02d}",
            "speaker_org": "KemenKopUKM",
        } | PAGE
        return ledger_edit.add("umkm_onboarding", data=data, **fields).id

    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(one, range(1, 6)))
    rows = ledger.load("umkm_onboarding", data).observations
    assert set(ids) <= set(rows["id"])
    assert check.faults(data) == []


def test_a_ledger_that_another_run_holds(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datapackage, "PATIENCE", 0.05)
    before = table(data, "bali_qris").read_bytes()
    with locked(data, 0), pytest.raises(InputError, match=f"is being changed by .* process {os.getpid()};"):
        ledger_edit.add("bali_qris", data=data, value="600 thousand", as_of="2023-01-31", speaker_org="BI", **PAGE)
    assert table(data, "bali_qris").read_bytes() == before
    assert not (data / LOCK).exists()


def test_a_folder_that_cannot_be_written(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = table(data, "bali_qris").read_bytes()
    monkeypatch.setattr(ledger_edit, "write_whole", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left"):
        ledger_edit.add("bali_qris", data=data, value="600 thousand", as_of="2023-01-31", speaker_org="BI", **PAGE)
    assert table(data, "bali_qris").read_bytes() == before


def test_more_figures_of_one_day_than_there_are_letters(data: Path) -> None:
    fields = {"value": "27 million", "as_of": "2025-01-15", "speaker_org": "KemenUMKM"} | PAGE
    first = ledger_edit.add("umkm_onboarding", data=data, **fields).id
    path = table(data, "umkm_onboarding")
    row = path.read_text().splitlines()[-1]
    letters = [chr(ord("b") + k) for k in range(25)]
    path.write_text(path.read_text() + "".join(f"{row.replace(first, first + letter)}\n" for letter in letters))
    assert [ledger_edit.add("umkm_onboarding", data=data, **fields).id for _ in range(2)] == [
        f"{first}aa",
        f"{first}ab",
    ]


def test_an_id_of_another_programme_is_not_used_again(data: Path) -> None:
    path = table(data, "modern_cooperatives")
    path.write_text(path.read_text().replace("coop-021,", "2025-01-15-kkukm-27,", 1))
    fields = {"value": "27 million", "as_of": "2025-01-15", "speaker_org": "KemenKopUKM"} | PAGE
    assert ledger_edit.add("umkm_onboarding", data=data, **fields).id == "2025-01-15-kkukm-27b"


DROP = {"value": "1.3 million", "as_of": "2025-01-15", "speaker_org": "KemenUMKM"} | PAGE


def test_a_drop_in_a_count_that_cannot_fall_needs_a_yes(data: Path) -> None:
    before, asked = table(data, "umkm_onboarding").read_bytes(), []

    def answering(answer: str) -> ledger_edit.Ask:
        return lambda column, default: asked.append(default) or (answer if column == "force" else default)

    refused = r"value is 1,300,000 for 2025-01-15, less than half of the 27,000,000 of .* with --force if it is meant"
    for ask in (None, answering("no"), answering("")):
        with pytest.raises(InputError, match=refused):
            ledger_edit.add("umkm_onboarding", data=data, ask=ask, reported_on="2025-01-15", note="x", **DROP)
    assert table(data, "umkm_onboarding").read_bytes() == before
    assert "less than half" in asked[-1]
    yes = ledger_edit.add(
        "umkm_onboarding", data=data, ask=answering("yes"), reported_on="2025-01-15", note="x", **DROP
    )
    assert yes.fields["value"] == "1300000"


def test_a_drop_is_appended_by_force_and_where_a_count_may_fall(data: Path) -> None:
    given = [f"{column}={value}" for column, value in DROP.items()]
    assert ledger_edit.run_add("umkm_onboarding", given, data, force=True) == 0
    assert ledger_edit.add("umkm_onboarding", data=data, **DROP | {"kind": "flow", "flow_since": "2024-01-01"}).row
    manifest = data / "umkm_onboarding" / "programme.yml"
    manifest.write_text(manifest.read_text().replace("net: false", "net: true"))
    assert ledger_edit.add("umkm_onboarding", data=data, **DROP | {"as_of": "2025-02-15"}).row


def test_a_figure_ten_times_the_one_before_needs_a_yes(data: Path) -> None:
    with pytest.raises(InputError, match=r"more than ten times the 491 of 2022-01-31 \(ekat-004\)"):
        ledger_edit.add("ekatalog_umkm", data=data, value="49100", as_of="2022-02-01", speaker_org="LKPP", **PAGE)


def test_one_figure_changes_one_line_of_the_description_and_reads_no_other_programme(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described, read = [], []
    describe, read_table = datapackage.describe, programme.read_table
    monkeypatch.setattr(datapackage, "describe", lambda *given: described.append(given[1]) or describe(*given))
    monkeypatch.setattr(programme, "read_table", lambda *given: read.append(given[2]) or read_table(*given))
    before = (data / "datapackage.json").read_text().splitlines()
    ledger_edit.add("bali_qris", data=data, value="600 thousand", as_of="2023-01-31", speaker_org="BI", **PAGE)
    after = (data / "datapackage.json").read_text().splitlines()
    assert described == ["bali_qris/observations.csv"]
    assert {path.split("/")[0] for path in read} == {"bali_qris", "denominators.csv", "proxies.csv"}
    assert [
        a["path"] for a in (json.loads(a.rstrip(",")) for a, b in zip(after, before, strict=True) if a != b)
    ] == described
    assert check.faults(data) == []


def test_a_table_keeps_its_permissions_and_its_link(data: Path) -> None:
    path = table(data, "bali_qris")
    real = path.rename(data / "bali_qris" / "real.csv")
    real.chmod(0o600)
    path.symlink_to(real)
    rows = real.read_text().count("\n")
    ledger_edit.add("bali_qris", data=data, value="600 thousand", as_of="2023-01-31", speaker_org="BI", **PAGE)
    assert path.is_symlink()
    assert real.read_text().count("\n") == rows + 1
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


def test_a_day_to_come_is_one_after_today(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"value": "27 million", "as_of": "2026-11-10", "speaker_org": "KemenUMKM"} | PAGE
    monkeypatch.setattr(dates, "today", lambda: dt.date(2026, 11, 9))
    with pytest.raises(
        InputError, match="as_of is '2026-11-10', in the future; allowed is a day until today, 2026-11-09"
    ):
        ledger_edit.add("umkm_onboarding", data=data, **fields)
    monkeypatch.setattr(dates, "today", lambda: dt.date(2026, 11, 10))
    assert ledger_edit.add("umkm_onboarding", data=data, **fields).row
    monkeypatch.setattr(dates, "today", lambda: dt.date(2026, 11, 9))
    with pytest.raises(InputError, match="allowed: a date from 1990-01-01 to 2026-11-09, today"):
        ledger.load("umkm_onboarding", data)


def test_a_reference_body_needs_a_row_only_where_there_are_rows(tmp_path):
    folder = ledger_edit.new("study", tmp_path)
    manifest, table = folder / "programme.yml", folder / "observations.csv"
    manifest.write_text(manifest.read_text().replace("Example Agency #", "Exmple Agency #"))
    with pytest.raises(InputError) as raised:
        ledger.load("study", tmp_path)
    assert [fault.column for fault in raised.value.faults] == ["reference_source"]
    assert "'Exmple Agency'" in str(raised.value)
    assert "Example Agency" in str(raised.value)
    table.write_text(table.read_text().splitlines()[0] + "\n")
    assert ledger.load("study", tmp_path).name == "study"
