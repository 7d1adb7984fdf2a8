"""Commands of an office: what they print, their exit codes, and one sentence for bad input."""

import json
import re
from pathlib import Path

import pytest
from markupsafe import escape

from jalur import cli
from jalur.monitor import leave_each_out, verify
from jalur.office import CLASS_CHANGED, COMMANDS
from jalur.verdict.case import Case
from jalur.words.format import LANGUAGES


def run(capsys, *arguments):
    code = cli.main(list(arguments))
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_a_changed_class_is_exit_code_three(capsys):
    code, out, _ = run(capsys, "diff", "umkm_onboarding", "2023-06-30", "2023-12-31")
    assert code == CLASS_CHANGED
    assert "4 December 2023" in out
    code, out, _ = run(capsys, "diff", "umkm_onboarding", "2022-12-30", "2022-12-31", "--lang", "id")
    assert code == 0
    assert "Tidak ada angka baru" in out


def test_the_bars_of_a_difference_as_json_add_up(capsys):
    _, out, _ = run(capsys, "diff", "umkm_onboarding", "2023-06-30", "2023-12-31", "--json")
    change = json.loads(out)
    assert sum(bar["points"] for bar in change["bars"]) == pytest.approx(change["after"] - change["before"], abs=1e-9)


def test_a_claim_that_stands_in_the_ledger_is_not_its_own_witness(capsys):
    claim = ["claim", "umkm_onboarding", "27 juta", "--as-of", "2023-12-04", "--by", "Kemenko Perekonomian"]
    code, out, _ = run(capsys, *claim, "--json")
    assert code == 0
    found = json.loads(out)
    assert found["stands_out"]
    assert all(row["relation"] != "repeats" for row in found["beside"])
    assert "27\u00a0million" in run(capsys, *claim)[1]


def test_wires_promises_and_targets_are_printed_in_both_languages(capsys):
    for lang, word in (("en", "or more on 30 June 2022"), ("id", "Jika angka per 30 Juni 2022")):
        wires = run(
            capsys, "tripwires", "umkm_onboarding", "--vintage", "2022-03-31", "--on", "2022-06-30", "--lang", lang
        )
        assert word in wires[1]
        assert run(capsys, "promise", "umkm_onboarding", "--vintage", "2022-03-31", "--lang", lang)[1].count("80%") == 4
        assert run(capsys, "targets", "umkm_onboarding", "--vintage", "2024-12-31", "--lang", lang)[1].count("\n") == 11


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_waterfall_is_written_as_a_page_and_as_a_picture(capsys, tmp_path, lang):
    asked = ["diff", "umkm_onboarding", "2023-06-30", "2023-12-31", "--lang", lang, "--out"]
    for name, start in (("w.html", b"<!DOCTYPE html>"), ("w.svg", b"<?xml"), ("w.png", b"\x89PNG")):
        code, out, _ = run(capsys, *asked, str(tmp_path / name))
        assert code == CLASS_CHANGED
        assert (tmp_path / name).read_bytes().startswith(start)
    page = (tmp_path / "w.html").read_text(encoding="utf-8")
    for line in out.splitlines()[:2]:
        assert escape(line) in page
    assert page.count("<tr>") == 6  # the head, both days, three statements
    assert f'<html lang="{lang}">' in page


def test_what_is_sealed_is_settled_and_scored(capsys, tmp_path):
    register = str(tmp_path / "register.jsonl")
    seal = ["seal", "umkm_onboarding", "--vintage", "2022-03-31", "--register", register]
    assert "One verdict sealed" in run(capsys, *seal)[1]
    assert cli.main(seal) == 0
    code, out, _ = run(capsys, "resolve", "--register", register, "--vintage", "2024-12-31")
    assert code == 0
    assert "Brier score" in out


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_of_a_register_shows_the_score_and_every_miss(capsys, tmp_path, lang):
    register, page = str(tmp_path / "register.jsonl"), tmp_path / "register.html"
    for day in ("2022-03-31", "2023-06-30"):
        assert run(capsys, "seal", "umkm_onboarding", "--vintage", day, "--register", register)[0] == 0
    resolve = ["resolve", "--register", register, "--vintage", "2024-12-31", "--lang", lang, "--page", str(page)]
    code, out, _ = run(capsys, *resolve)
    assert code == 0
    html, lines = page.read_text(encoding="utf-8"), verify(register)
    assert out.splitlines()[-1] in html
    ends = [line for line in lines if line["kind"] == "outcome"]
    wrong = [line for line in ends if (line["chance"] > 0.5) != line["met"]]
    said = [one for line in lines if line["kind"] == "verdict" for one in line["milestones"]]
    assert html.count("<tr>") == len(said) + 1 + (len(wrong) + 1 if wrong else 0)
    for line in ends:
        assert line["of"][:12] in html


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["diff", "umkm_onboarding", "2022-12-31", "2022-03-31"], "allowed is the earlier one first"),
        (["diff", "umkm_onboarding", "2022-13-31", "2022-12-31"], "a day to compare"),
        (
            ["diff", "umkm_onboarding", "2022-03-31", "2022-12-31", "--out", "w.doc"],
            "allowed is a name that ends in .html",
        ),
        (["claim", "umkm_onboarding", "27", "--as-of", "2023-12-04", "--by", "X"], "the body is 'X'"),
        (["claim", "umkm_onboarding", "many", "--as-of", "2023-12-04", "--by", "Presiden"], "value is 'many'"),
        (["tripwires", "umkm_onboarding", "--on", "2021-01-01", "--vintage", "2022-03-31"], "after the last figure"),
        (["promise", "umkm_onboarding", "--chance", "1.5"], "the chance is 1.5"),
        (["targets", "nowhere"], "nowhere"),
        (["targets", "umkm_onboarding", "--lang", "xx"], "language 'xx'"),
        (["index", "nowhere"], "no verdict.json below nowhere"),
        (["seal", "modern_cooperatives", "--vintage", "2022-03-31", "--register", "/dev/null/x"], "no chance to seal"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_two(capsys, arguments, sentence):
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1


def test_a_register_that_was_edited_is_refused(capsys, tmp_path):
    register = tmp_path / "register.jsonl"
    cli.main(["seal", "umkm_onboarding", "--vintage", "2022-03-31", "--register", str(register)])
    register.write_text(register.read_text(encoding="utf-8").replace("0.", "0.9", 1), encoding="utf-8")
    capsys.readouterr()
    code, _, err = run(capsys, "resolve", "--register", str(register))
    assert code == 2
    assert "line 1: not what was sealed" in err


def test_a_plan_in_parts_names_the_gap_and_the_three_chances(capsys):
    for lang, gap in (("en", "200\u00a0thousand do not fit"), ("id", "selisihnya 200\u00a0ribu")):
        code, said, _ = run(capsys, "plan", "umkm_onboarding", "--vintage", "2022-12-31", "--lang", lang)
        assert code == 0
        assert gap in said
        assert [share in said for share in ("50%:", "100%:", "150%:")] == [True] * 3


def test_reports_of_more_than_one_are_put_on_one_page(capsys, out):
    asked = ["report", "--only", "verdict", "--out", str(out), "--vintage"]
    assert run(capsys, *asked, "2022-03-31")[0] == 0
    assert not list(out.glob("index.*"))
    code, said, _ = run(capsys, *asked, "2022-03-31", "2022-12-31")
    assert code == 0
    for lang in LANGUAGES:
        assert str(out / f"index.{lang}.html") in said
    assert [row["vintage"] for row in json.loads((out / "index.json").read_bytes())["verdicts"]] == [
        "2022-03-31", "2022-12-31"
    ]  # fmt: skip
    (out / "umkm_onboarding" / "2022-12-30").mkdir()
    (out / "umkm_onboarding" / "2022-12-30" / "verdict.json").write_text("{", encoding="utf-8")
    code, _, err = run(capsys, *asked, "2022-03-31", "2022-12-31")
    assert code == 0
    assert "the page of all reports was not made" in err


@pytest.mark.slow
def test_a_report_in_other_formats_lies_beside_its_page_and_the_page_names_the_card(capsys, out):
    asked = ["report", "--only", "brief", "--lang", "en", "--out", str(out), "--format", "docx", "xlsx", "png", "embed"]
    code, said, _ = run(capsys, *asked)
    assert code == 0
    folder = out / "umkm_onboarding" / "2022-03-31"
    for name in ("brief.en.docx", "brief.en.xlsx", "brief.en.png", "embed.en.html"):
        assert (folder / name).is_file()
        assert str(folder / name) in said
    assert "brief.en.png" in (folder / "brief.en.html").read_text(encoding="utf-8")
    assert run(capsys, "report", "--only", "brief", "--lang", "en", "--out", str(out))[0] == 0
    assert "brief.en.png" not in (folder / "brief.en.html").read_text(encoding="utf-8")


def test_the_page_on_the_office_states_what_the_commands_print(capsys, programme):
    text = " ".join((Path(__file__).parents[2] / "docs" / "office.md").read_text(encoding="utf-8").split())
    change = json.loads(run(capsys, "diff", "umkm_onboarding", "2022-03-31", "2022-12-31", "--json")[1])
    most = max(change["bars"], key=lambda bar: abs(bar["points"]))
    assert f"from {100 * change['before']:.0f}% to {100 * change['after']:.0f}%" in text
    assert f"{most['values'][0] / 1e6:g} million, takes {-100 * most['points']:.1f} points of it" in text
    asked = ["tripwires", "umkm_onboarding", "--vintage", "2022-03-31", "--on", "2022-06-30", "--json"]
    level = {wire["chance"]: wire["level"] for wire in json.loads(run(capsys, *asked)[1])}
    assert (
        f"{level[0.5] / 1e6:.1f} million make it even odds, below {level[0.33] / 1e6:.1f} million it is unlikely"
        in text
    )
    checked = leave_each_out(Case.of(programme, "2024-12-31"))
    assert f"{checked['stands_out'].sum()} of the {len(checked)} figures of the first programme do" in text
    for name in re.findall(r"`jalur (\w+)", text):
        assert name in {*COMMANDS, "report"}, name
