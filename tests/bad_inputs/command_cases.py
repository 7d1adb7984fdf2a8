"""Faulty command lines: each is refused in one sentence with exit code 2 before anything is written.

Commands run in a folder as `prepare` makes it: `data` is the small ledger `ledger_base`, `reports` must stay absent.
`said` holds fragments of the sentence: what was given, and what is allowed.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

BASE = Path(__file__).parent / "ledger_base"
FIGURE = "as_of=2021-12-01", "speaker_org=Ministry", "publisher=Paper", "url=https://example.org/9"
SAID = *FIGURE, "value=2700"
SERIES = "group,series,year,value_percent,capacity\n"
PARAMETER_FILES = {
    "bomb": "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\nseed: *c\n",
    "code": "seed: !!python/object/apply:os.system ['true']\n",
    "list": "- seed\n",
    "empty": "",
    "nested": "seed: {first: 1}\n",
    "nothing": "seed:\n",
    "twice": "seed: 1\nseed: 2\n",
    "unknown": "colour: red\n",
    "wrong_type": "seed: half\n",
    "underscores": "seed: 1_000\n",
    "other_digits": "seed: ٣\n",
    "no_such_capacity": "capacity: [counted, 0]\n",
    "path_in_name": "programme: ../study\n",
    "french": "lang: fr\n",
    "number_for_day": "vintage: 20210331\n",
    "no_such_day": "vintage: 2021-02-30\n",
    "seed_below": "seed: -1\n",
    "deep": "seed: " + "[" * 500 + "]" * 500,
    "Big Name": "seed: 1\n",
}
CELLS = [
    "pace_own",
    "pace_scatter",
    "slope_noise",
    "level_noise",
    "reversion",
    "jump_rate",
    "jump_size",
    "capacity_share",
]
AT_A_VINTAGE = (  # an office's questions that take a day as it was known
    "tripwires study --on 2022-06-30",
    "claim study 3000 --as-of 2021-12-31 --by Ministry",
    "promise study",
    "targets study",
    "seal study",
)
UNITS = ["half_life", "scatter_half_life", "typical_pace", "typical_scatter", "increments", "own_share"]
WEIGHTS = {
    "version": "x",
    "families": ["gompertz"],
    "power": 1,
    "discount": 1,
    "slope_spread": 1,
    "units": dict.fromkeys(UNITS, 1),
    "classes": {},
    "ranges": {},
    "log_weight": [0],
    "cells": {"family": [0], **{name: [1] for name in CELLS}},
}
PRIORS = {
    "list": "[]",
    "empty": "{}",
    "text": json.dumps({**WEIGHTS, "cells": {**WEIGHTS["cells"], "pace_own": ["many"]}}),
    "family": json.dumps({**WEIGHTS, "cells": {**WEIGHTS["cells"], "family": [7]}}),
    "nan": json.dumps({**WEIGHTS, "log_weight": [float("nan")]}),
    "class": json.dumps({**WEIGHTS, "classes": {"digital": {"log_weight": [1, 2], "power": 1, "kinds": 3, "ties": 3}}}),
    "deep": "[" * 100_000,
    **{
        f"cell_{name}": json.dumps({**WEIGHTS, "cells": {**WEIGHTS["cells"], cell: values}})
        for name, cell, values in (
            ("two", "pace_own", [1, 2]),
            ("nested", "pace_own", [[1]]),
            ("half", "family", [0.5]),
            ("huge", "jump_rate", [1e300]),
            ("noise", "slope_noise", [1e300]),
        )
    },
    "spread": json.dumps({**WEIGHTS, "slope_spread": -1}),
}
REGISTERS = {
    "text": b"hello\n",
    "deep": b"[" * 100_000 + b"\n",
    "binary": b"\x00\xff\n",
    "half": b'{"kind": "verdict", "pro',
    "nan": b'{"kind": NaN}\n',
    "types": b'{"before": {}, "kind": 3, "number": "x", "sha256": []}\n',
}
VERDICTS = {
    "empty": b"",
    "list": b"[]",
    "deep": b"[" * 100_000,
    "binary": b"\x00\xff",
    "half": b'{"schema_version": "1',
    "long": b"9" * 5000,
}
ROWS = {
    "short": "a,b,2000\n",
    "nan": "a,b,2000,nan,100\n",
    "huge": "a,b,2000,1,1e400\n",
    "digits": "a,b,٢٠٠٠,1,100\n",
    "far": "a,b,1e9,1,100\n",
    "twice": "a,b,2000,1,100\na,b,2000,2,100\n",
}


@dataclass(frozen=True)
class Case:
    """One faulty command line and the fragments that the message must hold."""

    kind: str
    words: tuple[str, ...]
    said: tuple[str, ...]

    @property
    def name(self) -> str:
        """The command as it is typed."""
        return " ".join(repr(word) if not word.isascii() or not word else word for word in self.words)[:120]


def prepare(folder: Path) -> None:
    """Make the folder in which the commands run."""
    shutil.copytree(BASE, folder / "data")
    (folder / "params").mkdir()
    for name, text in PARAMETER_FILES.items():
        (folder / "params" / f"{name}.yml").write_text(text, encoding="utf-8")
    (folder / "params" / "binary.yml").write_bytes(b"\xff\xfe\x00")
    (folder / "empty").mkdir()
    (folder / "file").write_text("not a folder\n", encoding="utf-8")
    for name, text in PRIORS.items():
        (folder / f"prior_{name}").write_text(text, encoding="utf-8")
    for name, text in REGISTERS.items():
        (folder / f"register_{name}").write_bytes(text)
    for name, text in VERDICTS.items():
        (folder / f"reports_{name}" / "study" / "2021-12-31").mkdir(parents=True)
        (folder / f"reports_{name}" / "study" / "2021-12-31" / "verdict.json").write_bytes(text)
    (folder / "loop.csv").symlink_to("loop.csv")
    for name, rows in ROWS.items():
        (folder / f"series_{name}.csv").write_text(SERIES + rows, encoding="utf-8")
    (folder / "nothing.csv").write_text("", encoding="utf-8")
    (folder / "header.csv").write_text(SERIES, encoding="utf-8")
    (folder / "columns.csv").write_text("year,value\n2020,1\n", encoding="utf-8")
    (folder / "word.csv").write_text(SERIES + "a,b,2020,many,100\n", encoding="utf-8")
    (folder / "minus.csv").write_text(SERIES + "a,b,2020,5,100\n\na,b,2021,-5,100\n", encoding="utf-8")
    (folder / "no_tables" / "study").mkdir(parents=True)
    shutil.copy(BASE / "study" / "programme.yml", folder / "no_tables" / "study")
    (folder / "broken_notebook").mkdir()
    (folder / "broken_notebook" / "brief.ipynb").write_text("{", encoding="utf-8")


def case(kind: str, command: str, *said: str, also: tuple[str, ...] = ()) -> Case:
    """A case from a line without quotes, and further words as they are; but for names, the programme is `study`."""
    words = (*command.split(), *also)
    if words[0] in ("report", "verdict") and kind != "name" and "--programme" not in words:
        words = (words[0], "--programme", "study", *words[1:])
    return Case(kind, words, said)


def parameter_file(name: str, kind: str, *said: str) -> Case:
    """A case of a parameter file."""
    return case(kind, "report --params", *said, also=(f"params/{name}.yml",))


CASES = [
    # words and options
    case("option", "fly", "invalid choice: 'fly'", "report"),
    case("option", "--data data verdict", "invalid choice: 'data'", "verdict"),
    case("option", "report --nonsense", "unrecognized arguments: --nonsense"),
    case("option", "report --programme", "expected at least one argument"),
    case("option", "report --plan study", "unrecognized arguments: study"),
    case("option", "verdict --programme study study", "unrecognized arguments: study"),
    case("option", "check data", "unrecognized arguments: data"),
    case("option", "new", "required: NAME"),
    case("option", "new one two", "unrecognized arguments: two"),
    case("option", "learn-prior", "required: FOLDER"),
    case("option", "import", "required: FILE"),
    case("option", "import one.csv two.csv", "unrecognized arguments: two.csv"),
    case("option", "add study --nonsense", "unrecognized arguments: --nonsense"),
    # values of options
    case("type", "report --jobs 0", "--jobs", "positive int", "'0'"),
    case("type", "report --jobs 1.5", "--jobs", "positive int", "'1.5'"),
    case("type", "report --jobs two", "--jobs", "positive int", "'two'"),
    case("type", "report --timeout -1", "--timeout", "positive float", "'-1'"),
    case("type", "report --timeout nan", "--timeout", "positive float", "'nan'"),
    case("type", "report --timeout inf", "--timeout", "positive float", "'inf'"),
    case("type", "verdict --seed x", "--seed", "int", "'x'"),
    case("type", "verdict --capacity-share half", "--capacity-share", "float", "'half'"),
    case("type", "verdict --capacity-share 0,4", "--capacity-share", "float", "'0,4'"),
    case("range", "verdict --seed -1", "seed is -1", "from 0 to 4294967295"),
    case("range", "verdict --json --seed -1", "seed is -1", "from 0 to 4294967295"),
    case("range", f"verdict --seed {2**32}", f"seed is {2**32}", "from 0 to"),
    case("range", "verdict --draws 0", "draws is 0", "from 100 to 1000000"),
    case("range", "verdict --draws 1000000000000", "draws is 1000000000000", "from 100 to 1000000"),
    case("range", "verdict --capacity-share 0", "capacity_share is 0.0", "above 0 and at most 1"),
    case("range", "verdict --capacity-share 1.5", "capacity_share is 1.5", "above 0 and at most 1"),
    case("type", "verdict --capacity-share nan", "--capacity-share", "float", "'nan'"),
    case("number", "verdict --capacity 65_465_497", "capacity is '65_465_497'", "positive number of units"),
    case("number", "verdict --capacity", "capacity is '١٥٠٠٠'", "positive number of units", also=("١٥٠٠٠",)),
    case("number", "verdict --capacity 65,465,497", "capacity is '65,465,497'", "positive number of units"),
    case("number", "verdict --capacity-share 1_0e-1", "--capacity-share", "'1_0e-1'"),
    case("number", "verdict --capacity-share", "--capacity-share", "'٠.٥'", also=("٠.٥",)),
    case("number", "verdict --seed 1_0", "--seed", "int", "'1_0'"),
    case("number", "verdict --seed", "--seed", "int", "'٣'", also=("٣",)),
    case("number", "verdict --draws 2_000", "--draws", "int", "'2_000'"),
    case("number", "report --jobs ٢", "--jobs", "positive int", "'٢'"),
    case("number", "report --timeout 1_0", "--timeout", "positive float", "'1_0'"),
    case("number", "report --set seed=٣", "seed is int", "'٣'"),
    case("number", "report --set seed=1_0", "seed is int", "'1_0'"),
    case("number", "report --set capacity_share=1_0e-1", "capacity_share is float", "'1_0e-1'"),
    case("number", "report --set capacity=65_465", "capacity is '65_465'", "positive number of units"),
    case("range", "verdict --capacity 0", "capacity is '0'", "positive number", "counted, online"),
    case("range", "verdict --capacity -5", "capacity is '-5'", "positive number", "counted, online"),
    case("range", "verdict --capacity inf", "capacity is 'inf'", "positive number"),
    case("range", "verdict --capacity 1e308", "capacity is '1e308'", "up to 1e+15"),
    case("range", "report --set seed=-1", "seed is -1", "from 0 to 4294967295"),
    case("range", "report --set draws=0", "draws is 0", "from 100 to 1000000"),
    case("range", "report --set draws=100000000000", "draws is 100000000000", "from 100 to 1000000"),
    case("range", "report --set capacity_share=0", "capacity_share is 0.0", "above 0 and at most 1"),
    # parameters
    case("parameter", "report --set seed", "name=value", "'seed'"),
    case("parameter", "report --set =3", "name=value", "'=3'"),
    case("parameter", "report --set seed=", "seed is int", "''"),
    case("parameter", "report --set seed=0.5", "seed is int", "'0.5'"),
    case("parameter", "report --set capacity_share=half", "capacity_share is float", "'half'"),
    case("parameter", "report --set colour=red", "unknown parameter 'colour'", "capacity_share (float)"),
    case("parameter", "report --set programme=study", "programme has an option of its own", "--programme"),
    case("parameter", "report --set seed=1 --set seed=2", "seed is set twice", "--set seed=value1,value2"),
    case("parameter", "report --set capacity=nobody", "capacity is 'nobody'", "counted, online"),
    case("marks", "report --set capacity=65,465,497", "one number or several", "capacity=65465497 for one"),
    case("marks", "report --set draws=20,000", "one number or several", "draws='20;000' for several"),
    case("marks", "report --set capacity=1,234.5", "one number or several", "capacity=1234.5 for one"),
    case("marks", "report --set capacity=-1,000", "one number or several", "capacity=-1000 for one"),
    case("marks", "report --set capacity=65.465.497", "capacity is '65.465.497'", "positive number"),
    # parameter files
    parameter_file("missing", "file", "no such file", "a UTF-8 text file"),
    case("file", "report --params params", "given not a file", "a UTF-8 text file"),
    parameter_file("binary", "encoding", "row 1", "0xFF", "UTF-8"),
    parameter_file("bomb", "yaml", "row 2", "alias", "written out"),
    parameter_file("code", "yaml", "row 1", "tag", "python"),
    parameter_file("deep", "yaml", "row 1", "12 levels"),
    parameter_file("twice", "yaml", "row 2", "'seed'", "once"),
    parameter_file("list", "yaml", "not a parameter file", "capacity_share: [0.4, 0.6]"),
    parameter_file("empty", "yaml", "not a parameter file", "capacity_share: [0.4, 0.6]"),
    parameter_file("nested", "yaml", "seed must be a value or a list of values"),
    parameter_file("nothing", "yaml", "seed must be a value or a list of values"),
    parameter_file("unknown", "parameter", "unknown parameter 'colour'", "seed (int)"),
    parameter_file("wrong_type", "parameter", "seed is int", "'half'"),
    parameter_file("underscores", "number", "seed is int", "'1_000'"),
    parameter_file("other_digits", "number", "seed is int", "'٣'"),
    parameter_file("no_such_capacity", "range", "capacity is '0'", "positive number of units"),
    parameter_file("seed_below", "range", "seed is -1", "from 0 to"),
    parameter_file("path_in_name", "name", "'../study'", "small letters"),
    parameter_file("Big Name", "name", "Big Name.yml", "small letters"),
    parameter_file("french", "language", "unknown language 'fr'", "id, en"),
    parameter_file("number_for_day", "date", "'20210331'", "2022-03-31"),
    parameter_file("no_such_day", "date", "'2021-02-30'", "exists in the calendar"),
    # names
    case("name", "verdict --programme ../study", "'../study'", "small letters"),
    case("name", "verdict --programme /etc", "'/etc'", "small letters"),
    case("name", "verdict --programme nowhere", "'nowhere'", "known are: study"),
    case("name", "verdict", "'umkm_onboarding'", "known are: study"),
    case("name", "report --programme ../study", "'../study'", "small letters"),
    case("name", "report --programme nowhere", "'nowhere'", "there are: study"),
    case("name", "report --programme study nowhere", "'nowhere'", "there are: study"),
    case("name", "add ../study value=1", "'../study'", "small letters"),
    case("name", "add nowhere value=1", "'nowhere'", "known are: study"),
    case("name", "new ../x", "'../x'", "small letters"),
    case("name", "new Capitals", "'Capitals'", "small letters"),
    case("name", f"new {'a' * 300}", "at most 64"),
    case("name", "new study", "'study'", "exists already", "not used before"),
    case("name", "new regional", "'regional'", "another name"),
    case("name", "new", "programme is ''", "small letters", also=("",)),
    case("name", "new --xlsx Capitals", "'Capitals'", "small letters"),
    case("file", "import nowhere.xlsx", "'nowhere.xlsx'", "no file"),
    case("file", "import nowhere.csv", "nowhere.csv", "no such file"),
    case("file", "import file", "'file'", "ends in .csv or .xlsx"),
    case("file", "import data", "'data'", "ends in .csv or .xlsx"),
    case("file", "import word.csv --data nowhere", "'nowhere'", "no folder"),
    case("name", "report --only nothing", "no notebook 'nothing'", "01_evidence"),
    case("reference", "verdict --drop nothing", "drop is 'nothing'", "obs-1"),
    case("reference", "verdict --without-source Nobody", "without_sources is 'Nobody'", "Ministry"),
    case("name", "verdict --programme", "'\\udcff'", "small letters", also=("\udcff",)),
    # days
    case("date", "verdict --vintage soon", "vintage is 'soon'", "YYYY-MM-DD"),
    case("date", "verdict --vintage 2021-02-30", "'2021-02-30'", "exists in the calendar"),
    case("date", "verdict --vintage 31-03-2021", "'31-03-2021'", "YYYY-MM-DD"),
    case("date", "verdict --vintage 2999-01-01", "in the future", "a day until today"),
    case("date", "verdict --vintage", "vintage is ''", "YYYY-MM-DD", also=("",)),
    case("date", "report --vintage soon", "'soon'", "2022-03-31"),
    case("date", "report --vintage 2021-02-30", "'2021-02-30'", "exists in the calendar"),
    case("date", "report --vintage 2999-01-01", "'2999-01-01'", "in the future"),
    case("date", "report --vintage 2021-12-31 soon", "'soon'", "2022-03-31"),
    # languages
    case("language", "verdict --lang fr", "unknown language 'fr'", "id, en"),
    case("language", "verdict --lang EN", "unknown language 'EN'", "id, en"),
    case("language", "report --lang en fr", "unknown language 'fr'", "id, en"),
    # folders and files
    case("file", "verdict --data nowhere", "'nowhere'", "no folder"),
    case("file", "verdict --data file", "'file'", "no folder"),
    case("file", "verdict --data empty", "'study'", "none in this folder"),
    case("file", "verdict --data", "--data", "path", also=("",)),
    case("file", "verdict --programme study --data no_tables", "study/observations.csv", "no such file"),
    case("file", "report --data nowhere", "nowhere", "--data"),
    case("file", "report --data file", "file", "--data"),
    case("file", "report --programme study --data no_tables", "study/observations.csv", "no such file"),
    case("file", "report --out file", "file", "File exists"),
    case("file", "report --out file/below", "file/below", "Not a directory"),
    case("file", "report --out", "--out", "path", also=("",)),
    case("file", "report --notebooks nowhere", "nowhere", "--notebooks"),
    case("file", "report --notebooks file", "file", "--notebooks"),
    case("file", "report --notebooks broken_notebook", "brief.ipynb", "not a notebook"),
    case("file", "check --data nowhere", "'nowhere'", "no folder"),
    case("file", "check --data file", "'file'", "no folder"),
    case("file", "check --data empty", "'empty'", "no table"),
    case("file", "check --data empty --update-hashes", "'empty'", "no table"),
    case("file", "new abc --data file", "file", "no folder"),
    case("file", "new abc --data file/below", "file/below", "no folder"),
    case("file", "add study value=1 --data nowhere", "'nowhere'", "no folder"),
    case("file", "add study value=1 --data no_tables", "study/observations.csv", "no such file"),
    case("file", "report --out data", "within the data folder", "outside of it"),
    case("file", "report --out data/study/reports", "data/study/reports", "within the data folder"),
    case("file", "init data", "'data'", "not empty", "new or empty"),
    case("file", "init file", "'file'", "new or empty"),
    case("file", "init", "path", also=("",)),
    # addresses of a cluster
    case("address", "report --scheduler nonsense", "no dask scheduler answers at 'nonsense'"),
    case("address", "report --scheduler", "--scheduler", "text", also=("",)),
    case("address", "report --scheduler tcp://127.0.0.1:9", "no dask scheduler answers at 'tcp://127.0.0.1:9'"),
    case("address", "report --scheduler tls://127.0.0.1:9", "tls:// needs certificates", "--tls AUTHORITY"),
    case("address", "report --scheduler ucx://127.0.0.1:9", "'ucx://127.0.0.1:9'", "tcp:// or tls://"),
    case("address", "report --scheduler tls://127.0.0.1:9 --tls nothing file file", "'nothing'", "no file"),
    case("address", "report --scheduler tls://127.0.0.1:9 --tls file file file", "certificates", "cannot be used"),
    case("address", "report --scheduler tcp://127.0.0.1:9 --tls file file file", "'tcp://127.0.0.1:9'", "tls://"),
    # prior weights
    case("file", "verdict --prior nowhere", "nowhere", "No such file"),
    case("file", "report --prior data", "data", "Is a directory"),
    case("structure", "verdict --prior file", "file", "cannot be read"),
    case("structure", "verdict --prior prior_list", "prior_list", "learn-prior"),
    case("structure", "verdict --prior prior_empty", "incomplete or malformed", "cells"),
    case("structure", "verdict --prior prior_text", "incomplete or malformed", "many"),
    case("structure", "report --prior prior_family", "incomplete or malformed", "1 families"),
    case("structure", "verdict --prior prior_nan", "incomplete or malformed", "finite"),
    case("structure", "verdict --prior prior_class", "incomplete or malformed", "2 weights for 1 growth laws"),
    case("structure", "verdict --prior prior_deep", "cannot be read"),
    case("structure", "verdict --prior prior_cell_two", "pace_own is not a list of 1 numbers"),
    case("structure", "verdict --prior prior_cell_nested", "pace_own is not a list of 1 numbers"),
    case("structure", "verdict --prior prior_cell_half", "a family is not a whole number"),
    case("structure", "verdict --prior prior_cell_huge", "jump_rate is above 1,000"),
    case("structure", "report --prior prior_cell_noise", "slope_noise is above 1,000"),
    case("structure", "verdict --prior prior_spread", "slope_spread in [0, 1000]"),
    case("file", "verdict --prior loop.csv", "loop.csv", "cannot be read"),
    # an office that watches programmes
    *(
        refused
        for command in ("diff study 2021-06-01 2021-12-31", *AT_A_VINTAGE)
        for refused in (
            case("name", command.replace("study", "../study"), "'../study'", "small letters"),
            case("name", command.replace("study", "nowhere"), "'nowhere'", "known are: study"),
            case("name", command.replace("study", "st\x1b[31mudy"), "'st\\x1b[31mudy'", "small letters"),
            case("file", f"{command} --data nowhere", "'nowhere'", "no folder"),
            case("file", f"{command} --data", "--data", "path value: ''", also=("",)),
            case("language", f"{command} --lang fr", "'fr'", "en, id"),
            case("option", f"{command} --nonsense", "unrecognized arguments: --nonsense"),
        )
    ),
    *(
        refused
        for command in AT_A_VINTAGE
        for refused in (
            case("date", f"{command} --vintage", "vintage is ''", "YYYY-MM-DD", also=("",)),
            case("date", f"{command} --vintage soon", "vintage is 'soon'", "YYYY-MM-DD"),
            case("date", f"{command} --vintage 2021-02-30", "'2021-02-30'", "exists in the calendar"),
            case("date", f"{command} --vintage 2999-01-01", "'2999-01-01'", "in the future"),
            case("date", f"{command} --vintage ٢٠٢١-٠١-٠١", "vintage is", "YYYY-MM-DD"),
        )
    ),
    *(
        refused
        for command in ("tripwires study --on 2022-06-30", "claim study 3000 --as-of 2021-12-31 --by Ministry")
        for refused in (
            case("number", f"{command} --capacity", "--capacity", "text value: ''", also=("",)),
            case("number", f"{command} --capacity 65,465", "capacity is '65,465'", "positive number of units"),
            case("number", f"{command} --capacity ١٥", "capacity is '١٥'", "positive number of units"),
            case("range", f"{command} --capacity nan", "capacity is 'nan'", "positive number of units"),
        )
    ),
    case("date", "diff study soon 2021-12-31", "'soon'", "YYYY-MM-DD"),
    case("date", "diff study 2021-12-31 2021-06-01", "the earlier one first"),
    case("date", "diff study 2021-06-01 2999-01-01", "'2999-01-01'", "in the future"),
    case("file", "diff study 2021-06-01 2021-12-31 --out x.txt", "'x.txt'", ".html, .svg, .png"),
    case("date", "tripwires study --vintage 2021-12-31 --on 9999-12-31", "9999-12-31", "the last target (2022-12-31)"),
    case("date", "tripwires study --vintage 2021-12-31 --on 1900-01-01", "1900-01-01", "after the last figure"),
    case("reference", "tripwires study --vintage 2021-12-31 --on 2022-06-30 --by X", "'X'", "Agency, Ministry"),
    case("reference", "claim study 3000 --as-of 2021-12-31 --by Nobody", "'Nobody'", "Agency, Ministry"),
    *(
        case("figure", "claim --as-of 2021-12-31 --by Ministry study", "value is", "20.76 million", also=(figure,))
        for figure in ("", "many", "nan", "1e400", "1/2", "٣٠٠٠", "1_000", "2,600 thousand", "27 juta juta")
    ),
    case("figure", "claim --as-of 2021-12-31 --by Ministry study", "the claim is", "up to 1e+15", also=("9" * 400,)),
    case("date", "claim study 3000 --as-of soon --by Ministry", "as-of is 'soon'", "YYYY-MM-DD"),
    *(
        case("number", f"promise study --chance {chance}", "--chance", f"number value: '{chance}'")
        for chance in ("half", "nan", "0,5", "0_5", "٠.٥")
    ),
    case("range", "promise study --chance 0.5 1", "the chance is 1", "between 0 and 1"),
    # registers and reports that are read back
    *(
        case("structure", f"{command} --register register_{name}", f"register_{name}", *said)
        for command in ("resolve --vintage 2022-12-31", "seal study --vintage 2021-12-31")
        for name, said in (
            ("text", ("line 1", "not what was sealed")),
            ("deep", ("line 1", "not what was sealed")),
            ("binary", ("cannot be read",)),
            ("half", ("the last line is not complete",)),
            ("nan", ("line 1", "not what was sealed")),
            ("types", ("line 1", "not what was sealed")),
        )
    ),
    case("file", "seal study --vintage 2021-12-31 --register nowhere/r", "'nowhere/r'", "a folder that exists"),
    case("file", "seal study --vintage 2021-12-31 --register file/r", "'file/r'", "a folder that exists"),
    case("file", "seal study --vintage 2021-12-31 --register empty", "empty", "cannot be read"),
    case("file", "resolve --register nowhere.jsonl", "'nowhere.jsonl'", "`jalur seal` wrote"),
    case("date", "resolve --register nothing.csv --vintage soon", "vintage is 'soon'", "YYYY-MM-DD"),
    case("date", "resolve --register nothing.csv --vintage", "vintage is ''", "YYYY-MM-DD", also=("",)),
    case("file", "index nowhere", "no verdict.json below nowhere"),
    case("file", "index file", "no verdict.json below file"),
    *(
        case("structure", f"index reports_{name}", f"reports_{name}/study/2021-12-31/verdict.json", "cannot be read")
        for name in VERDICTS
    ),
    # names that mean something else, and folders
    *(
        case("name", f"new {option}{name}", f"'{name}'", "another name")
        for option in ("", "--xlsx ")
        for name in ("all", "con", "nul", "com1", "schema", "sources")
    ),
    case("file", "init file/below", "'file/below'", "below a folder"),
    # figures
    case("figure", "add study", "no value is given", "value, as_of"),
    case("figure", "add study value=1000", "no as_of is given", "value, as_of"),
    case("figure", "add study value 1000", "'value'", "COLUMN=VALUE"),
    case("figure", "add study colour=red", "column is 'colour'", "as_of, as_of_precision"),
    case("figure", "add study id=obs-9", "column is 'id'", "as_of, as_of_precision"),
    case("figure", "add study data=x", "column is 'data'", "as_of, as_of_precision"),
    case("figure", "add study programme=x", "column is 'programme'", "as_of, as_of_precision"),
    case("figure", "add study ask=x", "column is 'ask'", "as_of, as_of_precision"),
    case("figure", "add study =5", "column is ''", "as_of, as_of_precision"),
    case("figure", "add study value=1000 value=2000", "column value is given twice", "one value"),
    case("figure", "add study", "value is '2 milion'", "20.76 million", also=("value=2 milion", *FIGURE)),
    case("figure", "add study", "'-2000'", also=("value=-2000", *FIGURE)),
    case("figure", "add study", "'nan'", also=("value=nan", *FIGURE)),
    case("figure", "add study", "'1e400'", also=("value=1e400", *FIGURE)),
    case("figure", "add study", "as_of is 'soon'", "YYYY-MM-DD", also=("value=2000", "as_of=soon", *FIGURE[1:])),
    case("figure", "add study reported_on=2021-11-30", "'2021-11-30'", "2021-12-01", also=("value=2000", *FIGURE)),
    case("figure", "add study unit=people", "'people'", "UMKM", also=("value=2000", *FIGURE)),
    case("figure", "add study repeats=obs-99", "repeats", "'obs-99'", also=("value=2000", *FIGURE)),
    *(
        case("figure", "add study", f"'{figure}'", "can be read in two ways", also=(f"value={figure}", *FIGURE))
        for figure in ("2,600 thousand", "2.600 ribu", "1,234 million", "1.234 juta", "20.760 miliar", "over 1,500 rb")
    ),
    case("figure", "add study", "less than half of the 2,600", "obs-6", "--force", also=("value=130", *FIGURE)),
    case("figure", "add study", "less than half of the 2,600", "--force", also=("value=1.2 ribu", *FIGURE)),
    case("date", "add study as_of=2098-01-01", "as_of is '2098-01-01', in the future", "until today", also=SAID[1:]),
    case("date", "add study reported_on=2099-01-01", "reported_on is '2099-01-01', in the future", also=SAID),
    *(
        case("injection", f"add study upstream=Mini{unseen}stry", "column upstream", f"U+{ord(unseen):04X}", also=SAID)
        for unseen in "\u200b\u2060\xad\u200d\ufeff\u202e"
    ),
    *(
        case("injection", "add study", "column upstream", f"U+{ord(unseen):04X}", also=(*SAID, f"upstream=A{unseen}B"))
        for unseen in "\xa0\u202f\u3000\u2003"
    ),
    case("injection", "add study upstream=Me\u0301nistry", "column upstream", "NFC", also=SAID),
    case("injection", "add study note==1+1", "column note", "formula", also=("value=2000", *FIGURE)),
    case("injection", "add study", "column note", "printable", also=("value=2000", *FIGURE, "note=one\ntwo")),
    case("injection", "add study", "column note", "printable", also=("value=2000", *FIGURE, "note=a\u202eb")),
    case("encoding", "add study", "column note", "'\\udcff'", "UTF-8", also=("value=2000", *FIGURE, "note=\udcff")),
    # series to learn from
    case("file", "learn-prior nowhere.csv", "nowhere.csv", "No such file"),
    case("file", "learn-prior empty", "empty", "directory"),
    case("structure", "learn-prior nothing.csv", "nothing.csv", "CSV"),
    case("structure", "learn-prior columns.csv", "columns.csv", "group, series", "needed are"),
    case("structure", "learn-prior header.csv", "header.csv"),
    case("number", "learn-prior word.csv", "word.csv, row 2, column value_percent", "'many'"),
    case("number", "learn-prior minus.csv", "minus.csv, row 4, column value_percent", "'-5'", "from 0 to 100"),
    case("file", "learn-prior loop.csv", "loop.csv"),
    case("structure", "learn-prior series_short.csv", "row 2, column capacity", "''"),
    case("number", "learn-prior series_nan.csv", "row 2, column value_percent", "'nan'"),
    case("number", "learn-prior series_huge.csv", "row 2, column capacity", "'1e400'"),
    case("number", "learn-prior series_digits.csv", "row 2, column year", "a year from 1500 to 2200"),
    case("number", "learn-prior series_far.csv", "row 2, column year", "'1e9'"),
    case("structure", "learn-prior series_twice.csv", "row 3, column year", "each year once"),
    case("file", "learn-prior word.csv --out empty", "--out is 'empty'", "a file in a folder"),
    case("file", "learn-prior word.csv --out nowhere/prior.json", "'nowhere/prior.json'", "a file in a folder"),
    case("file", "learn-prior word.csv --out word.csv", "--out is 'word.csv'", "other than the series"),
]  # fmt: skip
