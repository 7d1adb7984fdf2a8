"""The documents say what the commands print: the tour and the READMEs are run, the stated scores looked up."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jalur.engine.prior import load_shapes

ROOT = Path(__file__).parents[2]
RECORD = json.loads((ROOT / "src" / "jalur" / "verdict" / "track_record.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.slow


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def steps(text):
    """Commands of the console blocks and the lines that stand below each."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def plain(lines):
    """Lines without trailing spaces, with durations made alike."""
    text = "\n".join(line.rstrip() for line in lines).strip()
    return re.sub(r"\b\d+(\.\d+)?\s?(ms|s|min)\b", "DURATION", text)


def printed(command, folder):
    words = shlex.split(command)
    assert words[0] == "jalur", command
    run = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env={**os.environ, "COLUMNS": "120"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False, timeout=120,
    )  # fmt: skip
    refused = any(line.startswith("jalur: ") for line in run.stdout.splitlines())
    assert run.returncode == (2 if refused else 0), run.stdout
    return run.stdout.splitlines()


@pytest.mark.parametrize("name", ["docs/tour.md", "README.md", "README.id.md"])
def test_commands_print_what_the_document_shows(name, tmp_path):
    shutil.copytree(ROOT / "data", tmp_path / "data")
    commands = steps(read(name))
    assert len(commands) >= (12 if "tour" in name else 1)
    for command, shown in commands:
        assert plain(shown), f"no output stands below {command}"
        assert plain(printed(command, tmp_path)) == plain(shown), command


def test_the_import_page_prints_what_it_shows(tmp_path):
    text = read("docs/import.md")
    (tmp_path / "data").mkdir()
    files = re.findall(r"`([\w.]+)`:\n\n```(?:csv|yaml)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == ["shops.csv", "yearbook.csv", "yearbook.yml", "faults.csv"]
    for name, content in files:
        (tmp_path / name).write_text(content, encoding="utf-8")
    for command, shown in steps(text):
        assert plain(printed(command, tmp_path)) == plain(shown), command


def test_a_changed_digit_would_be_found_and_a_changed_duration_not():
    ((command, shown),) = steps("```console\n$ jalur verdict\nthe chance is 40%\n```\n")
    assert command == "jalur verdict"
    assert plain(shown) != plain(["the chance is 41%"])
    assert plain(["done in 3.2 s"]) == plain(["done in 11 s"])


def test_both_readmes_have_the_same_shape():
    shapes = [
        re.findall(r"^(#+|```\w*|\d\.|!\[)", read(name), flags=re.MULTILINE) for name in ("README.md", "README.id.md")
    ]
    assert shapes[0] == shapes[1]


def test_the_readmes_state_the_ranges_of_the_verdict(tmp_path):
    verdict = json.loads("\n".join(printed("jalur verdict --json", tmp_path)))
    chances = [f"{100 * c['joint_probability']:.0f}" for c in verdict["capacities"]]
    ranges = verdict["sensitivity"]
    ends = [f"{100 * x:.0f}" for key in ("joint_range_sources", "joint_range_figures") for x in ranges[key]]
    assert verdict["data_cannot_tell"]
    spread = f"{verdict['capacity_range']:.2f}"
    english, indonesian = (" ".join(read(name).split()) for name in ("README.md", "README.id.md"))
    assert "{} % with all UMKM, {} % with those that are likely online, {} % with the firms".format(*chances) in english
    assert "{}% bila semua UMKM, {}% bila hanya yang kemungkinan".format(*chances) in indonesian
    assert "from {} % to {} %, leaving out one figure from {} % to {} %".format(*ends) in english
    assert "antara {}% dan {}%; tanpa satu angka, antara {}% dan {}%".format(*ends) in indonesian
    shapes = [f"{100 * x:.0f}" for x in ranges["joint_range_shapes"]]
    assert "gives {} % to {} %".format(*shapes) in english
    assert "hasilnya {}% hingga {}%".format(*shapes) in indonesian
    assert f"it moves by {spread}" in english
    assert f"pergeserannya {spread.replace('.', ',')}" in indonesian
    method = read("docs/method.md")
    for capacity in verdict["capacities"]:
        numbers = [*capacity["probabilities"], capacity["joint_probability"]]
        assert "| " + " | ".join(f"{x:.3f}" for x in numbers) + " |" in method, capacity["name"]
    for kind, name in (("sources", "body left out"), ("figures", "figure left out"), ("shapes", "growth curve")):
        spans = [*ranges[f"range_{kind}"], ranges[f"joint_range_{kind}"]]
        assert f"{name} | " + " | ".join(f"{low:.3f}–{high:.3f}" for low, high in spans) + " |" in method, kind
    logistic, bass, saturating, line = (s["joint_probability"] for s in ranges["shapes"])
    rated = f"medium: {logistic:.2f} logistic, {bass:.2f} Bass, {line:.2f} line, {saturating:.2f} saturating"
    assert rated in read("docs/assumptions.md")


def test_the_stated_scores_are_those_of_the_shipped_record():
    method = read("docs/method.md")
    keys = ("scaled_crps", "coverage_50", "coverage_80", "coverage_90", "brier_skill", "auc")
    for name, scores in RECORD["methods"].items():
        assert f"| {name} | " + " | ".join(f"{scores[key]:.3f}" for key in keys) + " |" in method, name
    for row in RECORD["methods"]["jalur"]["reliability"]:
        low, high = row["happened_95"]
        line = f"| {row['said']:.3f} | {row['happened']:.3f} | {low:.3f}–{high:.3f} | {row['cases']} | "
        assert line in method, line
    for name, scores in RECORD["jalur_variants"].items():
        if name.startswith("class_"):
            numbers = " | ".join(f"{scores[key]:.3f}" for key in ("scaled_crps", "coverage_90", "brier_skill"))
            assert f"| {numbers} |" in method, name
    for name, row in RECORD["official_targets"]["parts"].items():
        scores = " | ".join(f"{row['brier'][key]:.3f}" for key in ("constant", "line", "engine", "combined"))
        shares = f"{row['cases']} | {row['met']:.2f} | {scores} | {row['coverage_90']['engine']:.2f}"
        assert f"| {name} | {shares} |" in method, name
    curves = {"gompertz, the engine's own": RECORD["methods"]["jalur"]}
    for family in ("logistic", "bass", "saturating", "line"):
        curves[family] = RECORD["jalur_variants"][f"shape_{family}"]
    for name, scores in curves.items():
        numbers = " | ".join(f"{scores[key]:.3f}" for key in ("scaled_crps", "coverage_90", "brier_skill"))
        assert f"| {name} | {numbers} |" in method, name
    powers = ", ".join(f"{p.power:.3f}" for p in load_shapes()[:3])
    assert f"τ {powers} and {load_shapes()[3].power:.3f}" in " ".join(method.split())
    for row in RECORD["labels"]:
        if row["stretch"] == 1.7055:
            assert f"| {row['method']} | {row['on_track']} | {row['hit_rate']:.3f} |" in method, row["method"]
    assert f"**engine {RECORD['engine_version']}**" in method
    assert f"measured on {RECORD['measured_on']}" in method
