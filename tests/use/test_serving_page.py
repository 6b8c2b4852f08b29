"""The local server's page in a real browser: a picture goes in, faces and bars come out; the camera; nothing from elsewhere."""

import base64
import io
import itertools
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from mixedfer.use import wire
from mixedfer.use.page import write
from tests.tiny import STUDY

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
pytestmark = [
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed"),
    # Of asyncio, which Playwright drives; not ours to mend.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
KEYS = ("000/happy/0", "001/sad/0", "002/happy/1")
FAKE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def portraits(kind):
    """Three portraits in a row, as the bytes of a file."""
    held = io.BytesIO()
    Image.fromarray(np.concatenate([STUDY.dataset.read(None, key) for key in KEYS], axis=1)).save(held, kind)
    return held.getvalue()


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium, whose camera sees three portraits."""
    film = tmp_path_factory.mktemp("camera") / "film.mjpeg"
    film.write_bytes(4 * portraits("JPEG"))
    # No name but this machine's is found, so that a page that needs another cannot work.
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=[
            "--no-sandbox", *FAKE, f"--use-file-for-fake-video-capture={film}",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"])
        yield opened
        opened.close()


@pytest.fixture
def visit(browser, address):
    """Opens the page; afterwards, that nothing was said on the console and nobody but the server was asked."""
    said, asked, contexts = [], [], []

    def opened(routes=(), **options):
        contexts.append(context := browser.new_context(**options))
        page = context.new_page()
        page.set_default_timeout(20000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        for path, answer in dict(routes).items():
            page.route(path, lambda route, _, answer=answer: route.fulfill(**answer))
        page.goto(address)
        page.said = said
        return page
    yield opened
    for context in contexts:
        context.close()
    assert not said
    assert all(url.startswith((address, "data:", "blob:")) for url in asked)


@pytest.fixture(scope="module")
def group():
    """Three portraits in a row, as a file that is chosen."""
    return {"name": "group.png", "mimeType": "image/png", "buffer": portraits("PNG")}


def choose(page, file):
    page.set_input_files("#file", file)
    page.wait_for_selector("#drop[aria-busy=false]")


def painted(page):
    """How many pixels of the canvas are in the first and in the second face's colour."""
    return page.evaluate("""() => {
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", {willReadFrequently: true});
        copy.drawImage(canvas, 0, 0);
        const {data} = copy.getImageData(0, 0, canvas.width, canvas.height), counts = new Map();
        for (const value of new Uint32Array(data.buffer)) counts.set(value, (counts.get(value) ?? 0) + 1);
        return [counts.get(0xFFE9B456) ?? 0, counts.get(0xFF009FE6) ?? 0];
    }""")


def test_a_picture_gives_faces_with_bars_of_both_bundles(visit, group):
    page = visit()
    choose(page, group)
    assert page.inner_text("#status") == "3 faces found."
    cards = page.locator("#faces li")
    assert cards.count() == 3 and cards.nth(1).locator("h3").inner_text().split() == ["2", "Face", "2"]
    heads = [text.split("\n")[0].strip() for text in cards.first.locator("thead th").all_inner_texts()]
    assert heads == ["Expression", "image-only", "mixed"]
    assert cards.first.locator("tbody th").all_inner_texts() == ["happy", "sad"]
    shares = [float(text.strip("<>%")) for text in cards.first.locator("tbody td").all_inner_texts()]
    assert shares[0] + shares[2] == pytest.approx(100, abs=1) and shares[1] + shares[3] == pytest.approx(100, abs=1)
    widths = cards.first.locator(".bar i").evaluate_all("bars => bars.map(bar => bar.getBoundingClientRect().width"
                                                        " / bar.parentElement.getBoundingClientRect().width)")
    assert 100 * np.array(widths) == pytest.approx(np.array(shares), abs=1)
    blue, orange = painted(page)
    assert blue > 100 and orange > 100
    page.get_by_label("Landmarks", exact=True).uncheck()
    assert 100 < painted(page)[0] < blue
    assert "3 faces found" in page.locator("#canvas").get_attribute("aria-label")


def test_a_picture_is_dropped(visit, group):
    page = visit()
    carried = page.evaluate_handle("""text => {
        const carried = new DataTransfer();
        const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
        carried.items.add(new File([bytes], "group.png", {type: "image/png"}));
        return carried;
    }""", base64.b64encode(group["buffer"]).decode())
    page.dispatch_event("#drop", "dragover", {"dataTransfer": carried})
    assert page.locator("#drop.over").count() == 1
    page.dispatch_event("#drop", "drop", {"dataTransfer": carried})
    page.wait_for_selector("#faces li")
    assert page.locator("#drop.over").count() == 0 and page.inner_text("#status") == "3 faces found."


def test_it_works_by_keyboard(visit, group):
    page = visit()
    focused = "document.activeElement.id || document.activeElement.tagName"
    with page.expect_file_chooser() as chosen:
        page.keyboard.press("Tab")
        assert page.evaluate(focused) == "file"
        assert page.evaluate("getComputedStyle(document.querySelector('.button')).outlineStyle") == "solid"
        page.keyboard.press("Enter")
    chosen.value.set_files(group)
    page.wait_for_selector("#faces li")
    order = []
    for _ in range(3):
        page.keyboard.press("Tab")
        order.append(page.evaluate(focused))
    assert order == ["camera", "marks", "SUMMARY"]
    page.keyboard.press("Enter")
    assert "Intended use" in page.locator("details[open] pre").inner_text()


def test_no_face_no_picture_and_too_much_are_told(visit, group):
    page = visit()
    held = io.BytesIO()
    Image.new("L", (64, 48), 90).save(held, "PNG")
    choose(page, group | {"buffer": held.getvalue()})
    assert page.inner_text("#status") == "No face was found. The whole picture was taken for one, as in training."
    assert page.locator("#faces h3").inner_text().split() == ["1", "Whole", "picture"]
    page.evaluate("() => { look(new File([new Uint8Array(20000001)], 'large.png')); }")
    assert "at most 20 MB" in page.inner_text("#trouble") and not page.locator("#faces li").count()
    choose(page, group | {"buffer": b"<script>"})
    assert page.inner_text("#trouble").startswith("Not a picture of a kind that is taken")
    assert page.locator("#canvas").is_hidden()
    # The browser itself tells its console of every answer that is an error.
    assert len(page.said) == 1 and "415" in page.said.pop()
    choose(page, group)
    assert page.inner_text("#status") == "3 faces found." and not page.inner_text("#trouble")


def test_a_picture_that_only_the_server_can_read_is_answered(visit):
    page = visit()
    choose(page, {"name": "group.tif", "mimeType": "image/tiff", "buffer": portraits("TIFF")})
    assert page.inner_text("#status") == "3 faces found. The browser cannot show this kind of picture."
    assert painted(page)[0] > 100


def test_the_camera_is_watched_until_it_is_stopped(visit):
    page, answered = visit(), []
    page.on("requestfinished", lambda request: answered.append(request))
    page.get_by_role("button", name="Use the camera").click()
    page.get_by_role("status").filter(has_text="3 faces found.").wait_for()
    assert page.locator("#faces li").count() == 3 and painted(page)[0] > 100
    page.wait_for_timeout(1000)
    # One frame at a time, and no more than four per second; in milliseconds.
    times = [(timing["startTime"], timing["responseEnd"]) for timing in (request.timing for request in answered)]
    assert len(times) > 1
    assert all(after - before > max(200, took - 5) for (before, took), (after, _) in itertools.pairwise(times))
    assert page.evaluate("document.activeElement.id") == "stop"
    page.keyboard.press("Enter")
    assert page.inner_text("#status") == "The camera is off." and page.evaluate("stream === null")
    before = page.evaluate("canvas.toDataURL()")
    page.wait_for_timeout(400)
    assert page.evaluate("canvas.toDataURL()") == before
    assert page.get_by_role("button", name="Use the camera").is_visible() and page.locator("#stop").is_hidden()


@pytest.mark.parametrize("name, told", [("NotAllowedError", "not allowed"), ("NotFoundError", "no camera"),
                                        (None, "localhost")])
def test_a_camera_that_cannot_be_had_is_told(visit, name, told):
    page = visit()
    page.evaluate("""name => {
        const refuse = async () => { throw new DOMException("no", name); };
        Object.defineProperty(navigator, "mediaDevices", {value: name ? {getUserMedia: refuse} : undefined});
    }""", name)
    page.get_by_role("button", name="Use the camera").click()
    page.wait_for_selector("#trouble:not(:empty)")
    assert told in page.inner_text("#trouble") and page.locator("#stop").is_hidden()


HOSTILE = "<img src=x onerror=alert(1)>"


def row(number, box, **probabilities):
    return {"source": "x", "face": number, "found": True, "box": box, "label": max(probabilities, key=probabilities.get),
            "probabilities": probabilities, "landmarks": [[box[0] + 1, box[1] + 1]] * 68, "why": ""}


def test_bundles_that_differ_are_laid_side_by_side_and_names_are_only_text(visit, group, address):
    """One bundle finds a face that the other does not, has another class, and boxes that lie a little elsewhere."""
    bundles = [wire.Described(name=name, study="s", question="q", arm="a", classes=classes, networks=1, accuracy=None,
                              measured_on="9 pictures", interval=None, card=HOSTILE + "</script>")
               for name, classes in (("</script>" + HOSTILE, ["happy", HOSTILE]), ("other", ["happy", "sad"]))]
    limits = wire.Limits(bytes=10**6, pixels=10**6, kinds=[])
    written, policy = write(wire.About(mixedfer="0", bundles=bundles, limits=limits), False)
    answers = [{"bundle": bundles[0].name, "rows": [row(1, [0, 0, 100, 100], happy=0.25, **{HOSTILE: 0.75}),
                                                   row(2, [300, 0, 100, 100], happy=1.0, **{HOSTILE: 0.0})]},
               {"bundle": "other", "rows": [row(1, [310, 5, 100, 100], happy=0.4, sad=0.6) | {"why": "a face was left out"}]}]
    page = visit(routes={address: {"body": written, "content_type": "text/html",
                                   "headers": {"Content-Security-Policy": policy}},
                         "**/predict": {"json": {"width": 600, "height": 200, "answers": answers}}})
    assert "unencrypted" in page.inner_text(".private")
    choose(page, group)
    assert page.inner_text("#status") == "2 faces found. other: a face was left out."
    told = [[text.split() for text in card.locator("thead b, tbody td").all_inner_texts()]
            for card in page.locator("#faces li").all()]
    assert told == [[HOSTILE.split(), ["no", "such", "face"], ["25%"], ["–"], ["75%"], ["–"], ["–"], ["–"]],
                    [["happy"], ["sad"], ["100%"], ["40%"], ["0%"], ["–"], ["–"], ["60%"]]]
    assert page.locator("img").count() == 0 and HOSTILE in page.locator("pre").first.text_content()
    assert page.title() == f"mixedfer: </script>{HOSTILE} and other"


def test_what_all_bundles_say_of_a_picture_is_said_once(visit, group):
    rows = [row(1, [0, 0, 100, 100], happy=0.25, sad=0.75) | {"why": "faces are cut out"}]
    answers = [{"bundle": name, "rows": rows} for name in ("image-only", "mixed")]
    page = visit(routes={"**/predict": {"json": {"width": 600, "height": 200, "answers": answers}}})
    choose(page, group)
    assert page.inner_text("#status") == "1 face found. Faces are cut out."


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 800])
def test_nothing_is_wider_than_the_screen(visit, group, width, scheme):
    page = visit(viewport={"width": width, "height": 700}, color_scheme=scheme)
    choose(page, group)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) > 600) == (scheme == "light")


def test_no_share_is_told_as_certain_that_is_not(visit):
    """And each stands on one line, on a phone too."""
    page = visit(viewport={"width": 320, "height": 700})
    told = {0: "0%", 1e-6: "<1%", 0.0099: "<1%", 0.01: "1%", 0.5: "50%", 0.99: "99%", 0.9901: ">99%", 1: "100%"}
    assert page.evaluate("values => values.map(percent)", list(told)) == list(told.values())
    made = page.evaluate("""texts => texts.map(text => {
        const value = make("td", {class: "best"}, make("div", {class: "value"}, make("span", {}, text)));
        document.body.append(make("table", {}, make("tr", {}, value)));
        const span = value.querySelector("span");
        return [span.offsetHeight, span.scrollWidth - span.clientWidth];
    })""", list(told.values()))
    assert len({height for height, _ in made}) == 1 and max(over for _, over in made) <= 0


def test_a_server_that_is_gone_is_told(visit, group):
    page = visit()
    page.route("**/predict", lambda route: route.abort())
    choose(page, group)
    assert "still running" in page.inner_text("#trouble")
    assert "ERR_FAILED" in page.said.pop()
