"""A real JupyterLab in a real Chromium: notebooks run from the file browser, sliders move the sentence."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
SLOW = 120_000  # milliseconds; a shared machine may be busy


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab with the settings of `make lab` on a copy of the notebooks; nothing of the user's own is read."""
    home = tmp_path_factory.mktemp("lab")
    folder = home / "notebooks"
    folder.mkdir()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        # Without outputs and counts, so that whatever is seen was made here.
        book = nbformat.read(path, as_version=4)
        for cell in book.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(book, folder / path.name)
    places = {
        name: str(home / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    settings = {"JUPYTER_CONFIG_PATH": str(ROOT / ".jupyter"), "IPYTHONDIR": str(home / "ipython")}
    port = free_port()
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
               f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=",
               f"--notebook-dir={folder}"]  # fmt: skip
    log = (home / "log").open("w")
    server = subprocess.Popen(command, cwd=home, stdout=log, stderr=log, env={**os.environ, **places, **settings})
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            assert server.poll() is None, (home / "log").read_text()
            try:
                urllib.request.urlopen(f"{url}/api/status", timeout=1).close()
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail(f"JupyterLab did not start: {(home / 'log').read_text()[-2000:]}")
        yield url, folder
    finally:
        server.terminate()
        server.wait(30)
        log.close()


@pytest.fixture
def page(chromium):
    context = chromium.new_context(viewport={"width": 1250, "height": 1000}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(SLOW)
    yield page
    context.close()


def run_all(page, name):
    """Open a notebook from the file browser, run all cells, save, and wait until that has happened."""
    url, folder = page.lab
    page.goto(f"{url}/lab?reset")
    page.locator(".jp-DirListing-item", has_text=name).first.dblclick()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    code = [cell for cell in nbformat.read(folder / name, as_version=4).cells if cell.cell_type == "code"]
    page.locator(".jp-CodeCell .jp-InputPrompt", has_text=f"[{len(code)}]:").wait_for(state="attached")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.keyboard.press("Control+s")
    return len(code)


def saved(folder, name, last, since):
    """The saved notebook, once it is there."""
    for _ in range(120):
        if (folder / name).stat().st_mtime_ns > since:
            with contextlib.suppress(json.JSONDecodeError):  # caught while it is being written: look again
                return json.loads((folder / name).read_text(encoding="utf-8"))
        time.sleep(0.25)
    pytest.fail("the notebook was not saved")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["01_evidence.ipynb", "03_reachability.ipynb"])
def test_a_notebook_runs_from_the_file_browser_and_gives_what_is_stored(lab, page, name):
    page.lab = lab
    folder = lab[1]
    before = (folder / name).stat().st_mtime_ns
    last = run_all(page, name)
    book = saved(folder, name, last, before)
    stored = json.loads((ROOT / "notebooks" / name).read_text(encoding="utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, last + 1))
    kinds = {out["output_type"] for cell in code for out in cell["outputs"]}
    assert kinds == {"execute_result"}
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    told = [cell for cell in stored["cells"] if cell["cell_type"] == "code"]
    for now, then in zip(code, told, strict=True):
        for one, other in zip(now["outputs"], then["outputs"], strict=True):
            assert "".join(one["data"]["text/plain"]) == "".join(other["data"]["text/plain"])


@pytest.mark.slow
def test_the_sliders_move_the_sentence_by_keyboard(lab, page):
    page.lab = lab
    run_all(page, "explore.ipynb")
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    sentence = page.locator(".widget-html [role=status][aria-live=polite]").first
    sentence.wait_for()
    before = sentence.inner_text()
    assert "31 March 2022" in before
    handle = page.locator(".widget-hslider", has_text="Known on").get_by_role("slider")
    handle.scroll_into_view_if_needed()
    handle.focus()
    for _ in range(40):
        if "31 December 2022" in sentence.inner_text():
            break
        known = sentence.inner_text()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "said => document.querySelector('.widget-html [role=status]').innerText !== said", arg=known
        )
    after = sentence.inner_text()
    assert "31 December 2022" in after
    chance = re.compile(r"(\d+)%")
    assert chance.search(after).group() != chance.search(before).group()
    assert "2022" in page.locator(".widget-html svg[role=img]").get_attribute("aria-label")
    assert page.locator(".widget-html table caption").count() == 2  # the targets, and what was tried


@pytest.mark.slow
def test_the_explorer_works_by_keyboard_alone(lab, page):
    """Walk through eight vintages, tick off the figure that matters most, set two capacities side by side, go back."""
    page.lab = lab
    page.set_viewport_size({"width": 1500, "height": 1300})
    # A copy gets a kernel of its own, so that the counts of its cells start at one.
    (lab[1] / "keyboard.ipynb").write_bytes((lab[1] / "explore.ipynb").read_bytes())
    run_all(page, "keyboard.ipynb")
    sentence = page.locator(".widget-html [role=status][aria-live=polite]").first
    sentence.wait_for()
    start, days = sentence.inner_text(), re.compile(r"known on (\d+ \w+ \d+)")

    def changed(said):
        page.wait_for_function(
            "said => document.querySelector('.widget-html [role=status]').innerText !== said", arg=said
        )
        return sentence.inner_text()

    # controls beside the picture
    controls = page.locator(".widget-dropdown", has_text="Who can join").bounding_box()
    chart = page.locator(".widget-html svg[role=img]").bounding_box()
    assert controls["x"] + controls["width"] <= chart["x"]
    # eight vintages, from an early day on, walked through by the play button
    handle = page.locator(".widget-hslider", has_text="Known on").get_by_role("slider")
    handle.focus()
    page.keyboard.press("Home")
    seen = {days.search(changed(start)).group(1)}
    page.locator(".widget-play button").first.focus()
    page.keyboard.press("Enter")
    for _ in range(200):
        seen.add(days.search(sentence.inner_text()).group(1))
        if len(seen) >= 8:
            break
        page.wait_for_timeout(200)
    assert len(seen) >= 8, seen
    page.locator(".widget-play button").first.focus()
    page.keyboard.press("Enter")  # it stops
    page.wait_for_timeout(2500)
    # back to the start, by the list of what was tried
    page.locator(".widget-dropdown", has_text="Go back to").locator("select").focus()
    page.keyboard.press("End")
    for _ in range(100):
        if sentence.inner_text() == start:
            break
        page.wait_for_timeout(100)
    assert sentence.inner_text() == start
    # the figure that moves the chance most is ticked off
    keep = page.get_by_role("button", name="Keep this beside the next")
    keep.focus()
    page.keyboard.press("Enter")
    box = page.locator(".widget-checkbox", has_text="more than 17.59 million").locator("input")
    box.focus()
    page.keyboard.press("Space")
    ticked = changed(start)
    assert "one figure is left out" in ticked
    page.keyboard.press("Space")
    assert changed(ticked) == start
    # two capacities side by side
    page.locator(".widget-dropdown", has_text="Who can join").locator("select").focus()
    page.keyboard.press("End")  # JupyterLab takes the arrow keys of a closed list for itself
    other = changed(start)
    assert other != start
    beside = page.locator(".widget-html table", has_text="The setting that was kept")
    rows = beside.locator("tbody tr")
    expect(rows.first).to_contain_text("Who can join")  # the tables follow the sentence a moment later
    assert re.search(r"Whole path.*%.*%", rows.filter(has_text="Whole path").inner_text(), re.S)
    # all of it is on the list, with its verdict
    tried = page.locator(".widget-html table", has_text="What was tried")
    assert tried.locator("tbody tr").count() >= 8
    expect(tried.locator("tbody tr").first).to_contain_text("Who can join")
    first = tried.locator("tbody tr").first.inner_text()
    assert "%" in first
    assert tried.locator("td").first.evaluate("e => getComputedStyle(e).textAlign") == "left"
    shots = os.environ.get("JALUR_SCREENSHOTS")
    if shots:
        Path(shots).mkdir(parents=True, exist_ok=True)
        page.set_viewport_size({"width": 1500, "height": 2000})
        page.locator(".widget-vbox").first.screenshot(path=Path(shots) / "explore.png")


def test_the_indonesian_language_pack_is_offered(lab):
    with urllib.request.urlopen(f"{lab[0]}/lab/api/translations", timeout=60) as answer:
        assert "id_ID" in json.load(answer)["data"]


def test_the_settings_of_the_project_are_used(lab):
    with urllib.request.urlopen(
        f"{lab[0]}/lab/api/settings/@jupyterlab/notebook-extension:tracker", timeout=60
    ) as answer:
        schema = json.load(answer)["schema"]
    assert schema["properties"]["windowingMode"]["default"] == "defer"


def test_make_lab_uses_those_settings_and_that_folder():
    # A make that runs this test must not lend its flags: it would print the folders it enters.
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    run = subprocess.run(["make", "-n", "lab"], cwd=ROOT, env=alone, capture_output=True, text=True, check=True)
    command = run.stdout.splitlines()[-1]
    assert f'JUPYTER_CONFIG_PATH="{ROOT}/.jupyter" ' in command
    assert " lab --notebook-dir=notebooks" in command
