"""A real HTTP server on loopback that fails, stalls, throttles and answers garbage."""

import email.utils
import time

import numpy as np
import pytest
from PIL import Image

from mixedfer.errors import BadInput, Fault, StudyError, Unreadable
from mixedfer.faces.detectors import Box
from mixedfer.use.teachers import http
from tests.use.service import cut_off, drip, hang_up, running, stall

KEY = "s3cret-key-0123456789"


@pytest.fixture
def picture(tmp_path):
    Image.fromarray(np.full((6, 6), 51, np.uint8)).save(tmp_path / "face.png")
    return tmp_path / "face.png"


def asking(service, **fields):
    """Ask this service about one picture."""
    ask = http.Teacher(service.url, **{"rate": 1e6, "pause": 0.01, "timeout": 15, **fields}).start()
    return lambda picture: ask([picture])[0]


def test_an_answer(picture):
    with running() as service:
        told = asking(service)(picture)
    answer, = told.faces
    assert answer.box == Box(0, 0, 6, 6) and answer.scores == {"happy": 51, "sad": 204} and told.wrong == []
    (_, headers, body), = service.asked
    assert body == picture.read_bytes() and headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("trouble", [500, 503, 429, 408, stall, drip, cut_off, hang_up],
                         ids=lambda trouble: getattr(trouble, "__name__", str(trouble)))
def test_what_may_pass_is_tried_again(picture, trouble):
    with running(trouble, trouble) as service:
        ask = asking(service, timeout=1 if trouble in (stall, drip) else 15)
        assert len(ask(picture).faces) == 1
    assert len(service.asked) == 3


def test_it_is_tried_only_so_often_and_ever_more_slowly(picture):
    with running(*[(503, {}, b"under repair")] * 4) as service:
        with pytest.raises(Fault, match=r"HTTP 503, under repair \(4 tries\)"):
            asking(service, retries=3, pause=0.04)(picture)
    times = [at for at, *_ in service.asked]
    waits = np.diff(times)
    assert len(waits) == 3 and (waits >= [0.04, 0.08, 0.16]).all()


@pytest.mark.parametrize("wait", ["0.3", "date"])
def test_the_service_says_how_long_to_wait(picture, wait):
    after = email.utils.formatdate(time.time() + 1.5, usegmt=True) if wait == "date" else wait
    least = 0.4 if wait == "date" else 0.3  # a date has whole seconds, and the machine may be slow
    with running((429, {"Retry-After": after}, b"")) as service:
        began = time.monotonic()
        asking(service)(picture)
    (first, *_), (second, *_) = service.asked
    assert second - began >= least and (wait == "date" or second - first >= 0.3)


def test_a_very_long_wait_is_the_users(picture):
    with running((429, {"Retry-After": "86400"}, b"")) as service, pytest.raises(Fault, match="to wait for 86,400 s"):
        asking(service)(picture)
    assert len(service.asked) == 1


def test_nobody_there(picture):
    with running() as service:
        pass
    with pytest.raises(Fault, match=r"refused.*\(2 tries\)"):
        asking(service, retries=1)(picture)


@pytest.mark.parametrize(("reply", "kind", "why"), [
    ((200, {}, b"<html>Busy</html>"), Unreadable, "not JSON: <html>"), ((200, {}, b"\xff\xfe\0"), Unreadable, "not JSON"),
    ((200, {}, b'{"error": "quota"}'), Unreadable, "quota"), ((413, {}, b"too large"), Unreadable, "HTTP 413, too large"),
    ((400, {}, b""), Unreadable, "HTTP 400"), ((401, {}, b"who are you?"), BadInput, "HTTP 401, who are you"),
    ((404, {}, b""), BadInput, "HTTP 404"), ((302, {"Location": "http://127.0.0.1:1/"}, b""), BadInput, "HTTP 302")])
def test_what_will_not_pass_is_not_tried_again(picture, reply, kind, why):
    with running(reply, reply) as service, pytest.raises(kind, match=why) as refused:
        asking(service)(picture)
    assert len(service.asked) == 1 and isinstance(refused.value, Unreadable) == (kind is Unreadable)


def test_an_answer_without_end(picture, monkeypatch):
    monkeypatch.setattr(http, "LARGEST", 1000)
    with running((200, {}, b" " * 2000)) as service, pytest.raises(Unreadable, match="larger than 1,000 bytes"):
        asking(service)(picture)


def test_the_rate_is_kept(picture):
    with running(503) as service:
        ask = asking(service, rate=10.0)
        for _ in range(3):
            ask(picture)
    times = [at for at, *_ in service.asked]
    assert len(times) == 4 and times[-1] - times[0] > 0.25  # three times a tenth of a second, less what a busy machine is late


@pytest.mark.parametrize("reply", [(500, {}, b"wrong key " + KEY.encode()), (401, {}, KEY.encode()), (400, {}, KEY.encode()),
                                   (200, {}, b'[{"scores": {"%s": -1}}]' % KEY.encode()), (200, {}, KEY.encode())])
def test_a_key_that_the_service_repeats_is_not_passed_on(picture, monkeypatch, reply):
    monkeypatch.setenv("EMOTION_KEY", KEY)
    with running(*[reply] * 2) as service, pytest.raises((Fault, BadInput)) as refused:
        asking(service, key="EMOTION_KEY", retries=1)(picture)
    assert service.asked[0][1]["Ocp-Apim-Subscription-Key"] == KEY
    assert KEY not in str(refused.value) + repr(refused.value) and "(key)" in str(refused.value)
    assert refused.value.__cause__ is None or KEY not in repr(refused.value.__cause__)


def test_the_header_can_be_another(picture, monkeypatch):
    monkeypatch.setenv("TOKEN", f" Bearer {KEY}\n")
    with running() as service:
        asking(service, key="TOKEN", header="Authorization")(picture)
    assert service.asked[0][1]["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(("value", "why"), [(None, "the environment has no variable"), ("", "has no"), ("short", "no key"),
                                            (f"{KEY}\r\nX-Other: 1", "no key"), (f"{KEY}é", "no key")])
def test_what_is_no_key(monkeypatch, value, why):
    monkeypatch.delenv("EMOTION_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("EMOTION_KEY", value)
    with pytest.raises(BadInput, match=why) as refused:
        http.Teacher("https://example.org", key="EMOTION_KEY").start()
    assert KEY not in str(refused.value)


@pytest.mark.parametrize("url", ["example.org/emotion", "ftp://example.org", "http://", "http://[", "https://example.org/a b",
                                 "https://example.org:x/", "file:///etc/passwd", "https://exämple.org"])
def test_what_is_no_address(url):
    with pytest.raises(BadInput, match="not the address"):
        http.Teacher(url).start()


def test_nothing_secret_in_an_address_and_no_key_in_the_clear(monkeypatch):
    for url in (f"https://me:{KEY}@example.org/", f"https://example.org/?Subscription-Key={KEY}",
                f"https://example.org/?a&token={KEY}", f"https://example.org/?b=1&sig={KEY}"):
        with pytest.raises(BadInput, match="holds a key") as refused:
            http.Teacher(url).start()
        assert KEY not in str(refused.value)
    with pytest.raises(BadInput, match="no variable") as refused:  # the key itself where its variable's name was to be
        http.Teacher("https://example.org/?language=en", key=KEY).start()
    assert KEY not in str(refused.value)
    monkeypatch.setenv("EMOTION_KEY", KEY)
    with pytest.raises(BadInput, match="anybody to read"):
        http.Teacher("http://example.org/", key="EMOTION_KEY").start()


@pytest.mark.parametrize("fields", [{"header": "a b"}, {"header": "a:\n"}, {"content": "a\nb"}, {"rate": 0}, {"retries": -1}])
def test_fields_are_checked(fields):
    with pytest.raises(StudyError):
        http.Teacher("https://example.org", **fields)
