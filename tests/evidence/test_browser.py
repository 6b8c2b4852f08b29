"""The page in a real browser, without a network: it loads cleanly, fits every width, and its gallery works."""

from __future__ import annotations

import base64
import dataclasses
import re
import shutil

import numpy as np
import pytest

from mixedfer.evidence import answers, inspecting, report, results
from tests.evidence.synthetic import build

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed"),
    # Of asyncio, which Playwright drives; not ours to mend.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
CLASSES = ("anger", "<script>alert('x')</script>", "happiness")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """(Results, Report) of a study with two treatments, missed faces and more test images than the gallery shows."""
    store = tmp_path_factory.mktemp("store")
    plan = build(store, ("image-only", "mixed", "landmarks-only"), classes=CLASSES, images=450, replicates=3)
    return results.load(plan, store), report.write(plan, store, store / "reports")


@pytest.fixture(scope="module")
def inspected(study):
    """(FaceSet, page) of that study's faces: two that could not be read, and votes."""
    faces = study[0].faces
    readable, votes = np.arange(len(faces)) > 1, np.array(faces.votes)
    votes[5] = (0.25, 0.75, 0)
    lost = [[faces.name(0), "<b>cut off</b>"], [faces.name(1), "an empty file"]]
    faces = dataclasses.replace(faces, readable=readable, votes=votes, meta={**faces.meta, "unreadable": lost})
    return faces, inspecting.write(faces, "drawn", study[1].folder.parent / "inspected", 30)


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser, study):
    """Opens the page offline; afterwards, that nothing was said on the console and nothing was asked of the network."""
    said, asked, contexts = [], [], []

    def opened(ready="#gallery-faces li", path=study[1].page, **options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.resolve().as_uri())
        page.wait_for_selector(ready)
        return page
    yield opened
    for context in contexts:
        context.close()
    assert not said
    assert all(url.startswith(("data:", "file:")) for url in asked) and sum(url.startswith("file:") for url in asked) <= 1


def _count(page) -> tuple[int, int]:
    """(shown, matching) faces by the line above them, and that as many are there."""
    shown, matching = re.search(r"Showing (\d+) of (\d+) faces", page.inner_text("#gallery-status")).groups()
    assert page.locator("#gallery-faces li").count() == int(shown)
    return int(shown), int(matching)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 800, 1280])
def test_nothing_is_wider_than_the_screen(visit, width, scheme):
    page = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").bounding_box()["x"] >= 0
    # Text is dark on light or light on dark, never the same on the same.
    ground, ink = (page.evaluate(f"getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color"))
    light = {"ground": ground, "ink": ink}
    brightness = {name: sum(map(int, re.findall(r"\d+", value)[:3])) for name, value in light.items()}
    assert (brightness["ground"] > 600 and brightness["ink"] < 200) == (scheme == "light")


def test_every_picture_is_painted(visit):
    page = visit()
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    pixels = page.evaluate("""[...document.querySelectorAll("#gallery-faces canvas")].map(canvas =>
        new Set(canvas.getContext("2d").getImageData(0, 0, 192, 192).data).size)""")
    assert len(pixels) == 20 and min(pixels) > 20


def test_a_cell_of_the_four_outcomes_shows_its_faces(visit, study):
    page, loaded = visit(), study[0]
    assert _count(page) == (20, 450)
    for name, images in answers.outcomes(loaded, "mixed").items():
        cell = page.get_by_role("button", name=f"{name}: {images.sum()} faces", exact=True)
        cell.click()
        assert _count(page)[1] == images.sum() and name in page.inner_text("#gallery-status")
        assert cell.get_attribute("aria-pressed") == "true"
    cell.click()
    assert _count(page)[1] == 450


def test_a_cell_of_the_confusion_matrix_and_the_filters_agree_with_the_results(visit, study):
    page, loaded = visit(), study[0]
    given, truth = answers.answer(loaded, "mixed"), loaded.truth
    page.get_by_label("Matrix of", exact=True).select_option("mixed")
    wrong = (truth == 0) & (given == 1)
    page.get_by_role("button", name=f"anger answered as {CLASSES[1]} by mixed: {wrong.sum()} faces", exact=True).click()
    assert _count(page)[1] == wrong.sum() > 0
    page.get_by_label("Face", exact=True).select_option("missed")
    assert _count(page)[1] == (wrong & ~loaded.found).sum()
    least = np.minimum(*(answers.votes(loaded, arm).max(-1) for arm in ("image-only", "mixed")))
    page.get_by_label("Replicates that agree", exact=True).select_option("3 of 3")
    assert _count(page)[1] == (wrong & ~loaded.found & (least == 3)).sum()
    page.get_by_label("Treatment", exact=True).select_option("landmarks-only")
    page.get_by_label("True class", exact=True).select_option("happiness")
    least = np.minimum(*(answers.votes(loaded, arm).max(-1) for arm in ("image-only", "landmarks-only")))
    assert _count(page)[1] == ((truth == 2) & ~loaded.found & (least == 3)).sum()


def test_the_gallery_works_by_keyboard_and_keeps_the_focus(visit, study):
    page = visit()
    page.locator("#gallery-outcomes button").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert _count(page)[1] == answers.outcomes(study[0], "mixed")["only image-only right"].sum()
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"


def test_landmarks_can_be_hidden_and_more_faces_shown(visit):
    page = visit()
    drawn = "document.querySelector('#gallery-faces canvas').toDataURL()"
    before = page.evaluate(drawn)
    page.get_by_label("Landmarks", exact=True).uncheck()
    assert page.evaluate(drawn) != before
    page.get_by_role("button", name="Show more").click()
    assert _count(page)[0] > 20
    page.get_by_label("Order", exact=True).select_option("arms differ most first")
    assert _count(page)[0] == 20


def test_tables_and_figures_are_saved_from_the_page_alone(visit, study):
    page, folder = visit(), study[1].folder
    with page.expect_download() as saved:
        page.locator("a[download='arms.csv']").click()
    assert saved.value.path().read_bytes() == (folder / "tables" / "arms.csv").read_bytes()
    address = page.locator("a[download='effect.svg']").get_attribute("href")
    assert base64.b64decode(address.partition(",")[2]) == (folder / "figures" / "effect.svg").read_bytes()


def test_it_prints_without_the_gallery(visit, tmp_path):
    page = visit()
    page.pdf(path=tmp_path / "page.pdf")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not page.locator("#gallery-faces").is_visible()
    assert page.get_by_text("left out of the print").is_visible() and page.locator("#figure-side_by_side").is_visible()


def test_without_scripts_everything_else_is_there(visit):
    page = visit(ready="#reproduce", java_script_enabled=False)
    assert page.get_by_text("The gallery needs JavaScript").is_visible()
    assert page.locator("figure img").count() > 5 and page.locator("#figure-effect").is_visible()


def test_missed_faces_are_looked_through_by_class_and_partition(visit, inspected):
    faces, path = inspected
    page = visit(path=path)
    labels, part, missed = np.asarray(faces.labels), np.asarray(faces.partition), faces.readable & ~faces.found
    assert _count(page) == (20, missed.sum())
    page.get_by_label("Class", exact=True).select_option("happiness")
    assert _count(page) == (20, (missed & (labels == 2)).sum())
    page.get_by_label("Partition", exact=True).select_option("validation")
    assert _count(page)[1] == (missed & (labels == 2) & (part == 1)).sum()
    page.get_by_label("Face", exact=True).select_option("found")
    assert _count(page)[1] == (faces.readable & faces.found & (labels == 2) & (part == 1)).sum()
    assert page.locator(".face .seen").first.inner_text() == "✓ face found"
    page.get_by_label("Partition", exact=True).select_option("any")
    page.get_by_label("Class", exact=True).select_option("any")
    page.get_by_role("button", name="Show more").focus()
    page.keyboard.press("Enter")
    assert _count(page) == (60, (faces.readable & faces.found).sum())


def test_inspected_faces_have_their_marks_names_and_reasons(visit, inspected):
    page = visit(path=inspected[1], viewport={"width": 360, "height": 800}, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    drawn = "document.querySelector('#gallery-faces canvas').toDataURL()"
    before = page.evaluate(drawn)
    page.get_by_label("Landmarks", exact=True).uncheck()
    assert page.evaluate(drawn) != before
    assert page.get_by_role("img", name=re.compile("drawn-0.*")).count() == 20
    assert "<b>cut off</b>" in page.inner_text("#unreadable") and "an empty file" in page.inner_text("#unreadable")
    page.keyboard.press("Tab")
    links = page.locator("#sheets a[href^='sheets/']")
    assert links.count() == 6 and all((inspected[1].parent / link.get_attribute("href")).is_file() for link in links.all())
