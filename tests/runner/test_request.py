"""Which reports are asked for, and what is refused before anything starts."""

from __future__ import annotations

import io
import json
from pathlib import Path

import nbformat
import pytest
import tiny

from jalur.errors import InputError
from jalur.runner import request as matrix

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def notebooks(tmp_path):
    return matrix.read_notebooks(tiny.folder(tmp_path / "nb", n01_a="1", brief="2"))


@pytest.mark.parametrize("path", sorted((REPOSITORY / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_parameters_are_those_that_papermill_sees(path):
    import papermill

    seen = papermill.inspect_notebook(str(path))
    ours = matrix.declared_parameters(json.loads(path.read_bytes()))
    theirs = {name: (p["inferred_type_name"], p["default"], p["help"]) for name, p in seen.items()}
    assert {name: (p.type, p.help) for name, p in ours.items()} == {n: (t, h) for n, (t, _, h) in theirs.items()}
    assert [repr(p.default) for p in ours.values()] == [repr(eval(default)) for _, default, _ in theirs.values()]


def test_default_study_in_both_languages(notebooks):
    (report,) = matrix.reports(notebooks)
    assert (report.programme, report.vintage, report.langs) == ("umkm_onboarding", "2022-03-31", ("id", "en"))
    assert report.folder == Path("umkm_onboarding/2022-03-31")


def test_every_combination_once(notebooks):
    settings = {"share": ["0.4", "0.6", "0.40"], "seed": ["1", "2"]}
    found = matrix.reports(
        notebooks, programmes=["a", "b", "a"], vintages=["2022-03-31", "2022-12-31"], langs=["id"], settings=settings
    )
    assert len(found) == len({r.folder for r in found}) == 2 * 2 * 2 * 2
    assert found[0].settings == {"share": 0.4, "seed": 1}
    assert found[0].folder == Path("a/2022-03-31/share-0.4__seed-1")


def test_parameter_files_are_scenarios_named_after_the_file(notebooks, tmp_path):
    file = tmp_path / "what-if-fewer-can-join.yml"
    file.write_text("vintage: [2022-03-31, 2022-12-31]\nshare: [0.4, 0.6]\nseed: 3\n")
    found = matrix.reports(notebooks, files=[file])
    assert {r.scenario for r in found} == {"what-if-fewer-can-join__share-0.4", "what-if-fewer-can-join__share-0.6"}
    assert {r.vintage for r in found} == {"2022-03-31", "2022-12-31"}
    assert all(r.settings["seed"] == 3 for r in found)


def test_a_file_of_programmes_and_days_is_no_scenario(notebooks, tmp_path):
    file = tmp_path / "every-year.yml"
    file.write_text("programme: [a, b]\nvintage: [2022-12-31, 2023-12-31]\nlang: id\n")
    found = matrix.reports(notebooks, files=[file])
    assert len(found) == 4
    assert {(r.scenario, r.langs) for r in found} == {("", ("id",))}


@pytest.mark.parametrize("path", sorted((REPOSITORY / "params").glob("*.yml")), ids=lambda path: path.stem)
def test_the_parameter_files_of_the_repository_fit_its_notebooks(programmes, path):
    from jalur.verdict.case import Case

    found = matrix.reports(matrix.read_notebooks(REPOSITORY / "notebooks"), files=[path])
    assert len(found) > 1
    assert f"jalur report --params params/{path.name}" in path.read_text()
    for report in found:
        found = Case.of(
            programmes(report.programme), report.vintage, **report.settings
        ).capacity  # an unknown name would be refused
        assert found is None or found > 0


def test_the_command_line_goes_before_the_file(notebooks, tmp_path):
    file = tmp_path / "low.yml"
    file.write_text("vintage: 2022-03-31\nshare: 0.4\n")
    (report,) = matrix.reports(notebooks, files=[file], vintages=["2023-12-31"], settings={"share": ["0.5"]})
    assert (report.vintage, dict(report.settings), report.scenario) == ("2023-12-31", {"share": 0.5}, "low__share-0.5")


@pytest.mark.parametrize(("given", "text"), [(9000, "9000"), (9000.5, "9000.5"), ("all_firms", "all_firms")])
def test_a_number_of_units_may_stand_bare_in_a_file(given, text):
    assert matrix.typed(matrix.Parameter("capacity", "str", "", ""), given) == text


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"colour": ["red"]}, "unknown parameter 'colour' for 01_a; known are: seed (int), share (float)"),
        ({"seed": ["0.5"]}, "parameter seed is int (seed of the draws), not '0.5'"),
        ({"seed": ["1e3"]}, "not '1e3'"),
        ({"seed": ["9" * 40]}, "parameter seed is int"),
        ({"share": ["half"]}, "parameter share is float (share of the capacity), not 'half'"),
        ({"share": ["nan"]}, "not 'nan'"),
        ({"share": ["inf"]}, "not 'inf'"),
        ({"share": [True]}, "not True"),
        ({"vintage": ["2022-03-31"]}, "use --vintage"),
        ({"data": ["/etc"]}, "use --data"),
    ],
)
def test_unknown_or_ill_typed_parameters_are_refused(notebooks, settings, message):
    with pytest.raises(InputError) as refusal:
        matrix.reports(notebooks, settings=settings)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"programmes": ["../secret"]}, "is not the name of a programme"),
        ({"programmes": ["a/b"]}, "is not the name of a programme"),
        ({"programmes": [""]}, "is not the name of a programme"),
        ({"vintages": ["2022-02-30"]}, "a day that exists in the calendar"),
        ({"vintages": ["20220331"]}, "allowed is a date written YYYY-MM-DD"),
        ({"vintages": ["31-03-2022"]}, "allowed is a date written YYYY-MM-DD"),
        ({"vintages": ["\u0662\u0660\u0662\u0662-\u0660\u0663-\u0663\u0661"]}, "allowed is a date written YYYY-MM-DD"),
        ({"vintages": ["2999-01-01"]}, "in the future"),
        ({"langs": ["fr"]}, "unknown language 'fr'; there are: id, en"),
    ],
)
def test_bad_names_dates_and_languages_are_refused(notebooks, asked, message):
    with pytest.raises(InputError) as refusal:
        matrix.reports(notebooks, **asked)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("share: !!python/object/apply:os.system [ls]\n", "tag"),
        ("a: &x [1]\nshare: *x\n", "alias"),
        ("- share\n", "is not a parameter file"),
        ("share: {low: 1}\n", "share must be a value or a list of values"),
        ("share: []\n", "share must be a value or a list of values"),
        ("share: [0.4\n", "YAML"),
        ("colour: red\n", "unknown parameter 'colour'"),
        ("data: /etc\n", "use --data"),
        ("", "is not a parameter file"),
        ("share: " + "1" * 300_000, "bytes"),
    ],
)
def test_bad_parameter_files_are_refused(notebooks, tmp_path, text, message):
    file = tmp_path / "bad.yml"
    file.write_text(text)
    with pytest.raises(InputError) as refusal:
        matrix.reports(notebooks, files=[file])
    assert message in str(refusal.value)


def test_a_parameter_file_that_is_not_there_or_has_no_slug_for_a_name(notebooks, tmp_path):
    with pytest.raises(InputError, match=r"nowhere\.yml"):
        matrix.reports(notebooks, files=[tmp_path / "nowhere.yml"])
    file = tmp_path / "What if?.yml"
    file.write_text("share: 0.4\n")
    with pytest.raises(InputError, match="small letters"):
        matrix.reports(notebooks, files=[file])


@pytest.mark.parametrize("text", ["share", "=1", "sha re=1", "share 1", "../x=1"])
def test_set_takes_name_and_value(text):
    with pytest.raises(InputError, match="--set takes name=value"):
        matrix.settings_from_text([text])


def test_a_name_set_twice_is_refused():
    with pytest.raises(InputError, match="set twice"):
        matrix.settings_from_text(["seed=1", "seed=2"])


def test_scenario_names_stay_apart_and_are_slugs(notebooks):
    nb = tiny.notebook("1")
    nb.cells[0].source += 'capacity: str = ""  # name\n'
    buffer = io.StringIO()
    nbformat.write(nb, buffer)
    declared = matrix.declared_parameters(json.loads(buffer.getvalue()))
    several = [matrix.Notebook("01_a", b"", declared)]
    values = ["Estimated UMKM", "estimated umkm", "../../etc", "x" * 200, "x" * 201]
    found = matrix.reports(several, settings={"capacity": values})
    assert len({r.folder for r in found}) == len(values)
    assert all(set(r.scenario) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.") for r in found)
    assert all(".." not in r.scenario and len(r.scenario) < 80 for r in found)


def test_scenarios_that_would_share_a_folder_are_refused(notebooks, tmp_path):
    for name, text in (("a", "share: [0.4, 0.5]\n"), ("a__share-0.4", "share: 0.6\n")):
        (tmp_path / f"{name}.yml").write_text(text)
    assert len(matrix.reports(notebooks, files=[tmp_path / "a.yml"])) == 2
    with pytest.raises(InputError, match="small letters"):
        matrix.reports(notebooks, files=[tmp_path / "a.yml", tmp_path / "a__share-0.4.yml"])
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a.yml").write_text("share: 0.7\n")
    (tmp_path / "a.yml").write_text("share: 0.4\n")
    with pytest.raises(InputError, match="both be called a; rename"):
        matrix.reports(notebooks, files=[tmp_path / "a.yml", tmp_path / "b" / "a.yml"])


def test_only_notebooks_that_are_there(tmp_path):
    where = tiny.folder(tmp_path / "nb", n01_a="1", explore="2", brief="3")
    assert [n.name for n in matrix.read_notebooks(where)] == ["01_a", "brief"]
    assert [n.name for n in matrix.read_notebooks(where, ["brief"])] == ["brief"]
    with pytest.raises(InputError, match="there are: 01_a, brief"):
        matrix.read_notebooks(where, ["02_b"])
    with pytest.raises(InputError, match="--notebooks"):
        matrix.read_notebooks(tmp_path / "nothing")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"cells": 3}'])
def test_a_notebook_that_is_none(tmp_path, content):
    (tmp_path / "brief.ipynb").write_bytes(content)
    with pytest.raises(InputError, match="is not a notebook that can be run"):
        matrix.read_notebooks(tmp_path)
