"""Views: what they show, the numbers behind it, and how they are saved."""

import pandas as pd
import pytest
from markupsafe import Markup

import helpers
from jalur.errors import InputError
from jalur.study.base import Sentences, frame, stretch
from jalur.words.format import Format

ROOMS = ("engine", "evidence", "curves", "reach", "record", "scenarios", "compare")
CASES = [
    ("umkm_onboarding", "2022-03-31", "en"),
    ("modern_cooperatives", "2024-12-31", "id"),  # too few figures for anything
    ("jakarta_jakpreneur", "2021-03-31", "id"),  # passed already
    ("ekatalog_umkm", "2022-10-31", "en"),
]
DATES = (
    "as_of",
    "reported_on",
    "date",
    "since",
    "until",
    "start",
    "end",
    "period_start",
    "period_end",
    "vintage",
    "last_date",
    "target_date",
)
TEXTS = (
    "id", "role", "qualifier", "kind", "definition", "speaker_org", "url", "code", "field", "content", "body", "method",
    "family", "parameter", "status", "currency", "label", "rule", "name", "choice", "lever", "sentence", "reason",
    "programme", "outcome", "probability_class", "kind_class", "ids", "bodies", "values", "direction", "unit",
)  # fmt: skip


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case[0])
def study(request):
    name, vintage, lang = request.param
    return helpers.open_study(name, vintage, lang=lang)


@pytest.fixture(scope="module")
def umkm():
    return helpers.open_study()


def is_text(column):
    return (
        column in TEXTS
        or column.startswith(("id_", "body_", "definition_", "url_"))
        or column.endswith(("_id", "_name", "_rule", "_source"))
    )


@pytest.mark.parametrize("room", ROOMS)
def test_every_view_shows_itself_and_holds_its_numbers(study, umkm, room):
    """Also where there is nothing to show: the columns stay, so that code that goes on from them runs."""
    views = getattr(study, room)
    for name in views.VIEWS:
        view, other = getattr(views, name)(), getattr(getattr(umkm, room), name)()
        assert hasattr(view, "_repr_html_") or hasattr(view, "_repr_mimebundle_")
        assert 0 < len(repr(view)) < 40_000
        assert "object at 0x" not in repr(view)
        days = [column for column in other.data.columns if column[:2] == "20"]
        assert [c for c in other.data.columns if c not in days] == [c for c in view.data.columns if c[:2] != "20"]
        for column, kind in view.data.dtypes.items():
            if column in DATES or column.endswith("_date") or column == "stated_on":
                assert pd.api.types.is_datetime64_any_dtype(kind), (name, column)
            elif not is_text(column) and not column.startswith("held_"):
                assert pd.api.types.is_numeric_dtype(kind), (name, column, kind)


@pytest.mark.parametrize("room", ROOMS)
def test_the_docstring_of_a_view_names_its_columns(umkm, room):
    views = getattr(umkm, room)
    for name in views.VIEWS:
        view, words = getattr(views, name)(), " ".join(getattr(type(views), name).__doc__.split())
        if isinstance(view, Sentences) or name in ("replay", "vintages", "regional"):
            continue
        named = [c for c in view.data.columns if c[:2] != "20"]
        missing = [c for c in named if c not in words and c.replace("high", "low") not in words]
        assert not missing or "rows of the ledger" in words, (name, missing)


def test_a_view_is_saved_by_the_ending_of_its_name(umkm, tmp_path):
    fan, table = umkm.reach.fan(), umkm.reach.milestones()
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF", "csv": b"date,q05"}
    for kind, start in starts.items():
        path = fan.save(tmp_path / f"fan.{kind}")
        assert path.read_bytes().startswith(start)
        assert fan.save(tmp_path / f"again.{kind}").read_bytes() == path.read_bytes()
    assert fan.save(str(tmp_path / "FAN.PNG")).exists()
    read = pd.read_csv(table.save(tmp_path / "table.csv"), parse_dates=["date"])
    pd.testing.assert_frame_equal(read, table.data, check_dtype=False)


@pytest.mark.parametrize("name", ["fan.jpg", "fan", "fan.png.zip", ".png"])
def test_another_ending_is_refused_in_one_sentence(umkm, tmp_path, name):
    with pytest.raises(
        InputError, match=r"cannot be saved as .*; allowed is a name that ends in \.png, \.svg, \.pdf, \.csv$"
    ):
        umkm.reach.fan().save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_no_picture_and_a_folder_must_be_there(umkm, tmp_path):
    table = umkm.evidence.figures()
    with pytest.raises(InputError, match=r"allowed is a name that ends in \.csv$"):
        table.save(tmp_path / "a.png")
    with pytest.raises(InputError, match="cannot be written"):
        table.save(tmp_path / "none" / "a.csv")


def test_sentences_are_read_as_lines_and_as_a_frame():
    said = Sentences([Markup("One <b>bold</b> word."), "Two < three."])
    assert repr(said) == "One bold word.\nTwo < three."
    assert said.data["sentence"].tolist() == repr(said).splitlines()
    assert said._repr_html_() == "<ul><li>One <b>bold</b> word.</li><li>Two &lt; three.</li></ul>"


def test_a_table_in_a_notebook_says_the_side_of_every_cell(umkm):
    """JupyterLab and nbconvert set all cells to the right; a style in the cell goes before theirs."""
    html = umkm.evidence.figures()._repr_html_()
    cells = html.count("<td") + html.count("<th ")
    assert html.count('style="text-align:') == cells
    assert html.count('style="text-align:right"') == html.count('class="num"')


def test_a_frame_keeps_its_columns_without_rows():
    empty = frame([], day="date", name="text", n="count", share="number", yes="flag")
    assert [str(kind) for kind in empty.dtypes] == ["datetime64[s]", "object", "Int64", "float64", "boolean"]
    full = frame([("2022-03-31", "a", 1, None, None)], day="date", name="text", n="count", share="number", yes="flag")
    assert list(full.dtypes) == list(empty.dtypes)
    assert full["share"].isna().all()


@pytest.mark.parametrize(
    ("years", "said"), [(1, "×1.30 in 1 year"), (3, "×1.30 in 3 years"), (0.5, "×1.30 in 0.5 years")]
)
def test_one_year_is_no_years(years, said):
    assert stretch(1.3, years, Format("en")) == said
