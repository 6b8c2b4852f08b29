"""The local server by its address: what programs get, and what nobody gets."""

import asyncio
import contextlib
import dataclasses
import http.client
import io
import json
import logging
import socket
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mixedfer.errors import BadInput, Unreadable
from mixedfer.faces.detectors.annotated import Annotated
from mixedfer.faces.detectors.dlib_hog import DlibHog
from mixedfer.faces.detectors.whole_image import WholeImage
from mixedfer.use import guarding, rows, serving, side_by_side, upload, wire
from mixedfer.use.prediction import Predictor
from tests.tiny import STUDY

KEYS = ("000/happy/0", "001/sad/0", "002/happy/1")


def picture(*keys, kind="PNG"):
    """Portraits side by side, as the bytes of a file."""
    held = io.BytesIO()
    Image.fromarray(np.concatenate([STUDY.dataset.read(None, key) for key in keys], axis=1)).save(held, kind)
    return held.getvalue()


def plain(kind, size=(40, 30), **options):
    held = io.BytesIO()
    Image.new("RGB", size, (90, 90, 90)).save(held, kind, **options)
    return held.getvalue()


@contextlib.contextmanager
def connected(address):
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    with contextlib.closing(connection):
        yield connection


@contextlib.contextmanager
def begun(address, body=b"x", **headers):
    """A connection on which a picture has begun to arrive, and does not go on."""
    with connected(address) as connection:
        connection.putrequest("POST", "/predict")
        for name, value in {"Content-Type": "image/png", **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        yield connection


def call(address, method, path, body=None, **headers):
    """(status, headers, JSON or bytes) of an answer."""
    with connected(address) as connection:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        said = answer.read()
    return answer.status, answer.headers, json.loads(said) if "json" in answer.headers["Content-Type"] else said


def post(address, body, kind="image/png", path="/predict", **headers):
    return call(address, "POST", path, body, Content_Type=kind, **headers)


def test_every_bundle_answers_with_the_rows_of_predict(address, control, kept):
    status, _, said = post(address, picture(*KEYS), path="/predict?source=group")
    assert status == 200 and (said["width"], said["height"]) == (600, 200)
    pixels = np.concatenate([STUDY.dataset.read(None, key) for key in KEYS], axis=1)
    for folder, name, answer in zip((control, kept), ("image-only", "mixed"), said["answers"], strict=True):
        predictor = Predictor(folder)
        seen, = predictor.predict_many([pixels])
        assert answer == {"bundle": name, "rows": json.loads(json.dumps(rows.of("group", seen, predictor.bundle.classes)))}
    assert [row["face"] for row in said["answers"][1]["rows"]] == [1, 2, 3]


def test_a_picture_without_a_face_says_so(address):
    status, _, said = post(address, plain("JPEG"), "image/jpeg")
    row, = said["answers"][0]["rows"]
    assert status == 200 and row["why"] == "no face found" and not row["found"] and row["box"] == [0, 0, 40, 30]


def test_a_turned_photo_is_turned_upright(address):
    turned = Image.Exif()
    turned[0x0112] = 6  # orientation: a quarter turn
    _, _, said = post(address, plain("JPEG", exif=turned), "image/jpeg")
    assert (said["width"], said["height"]) == (30, 40)


def test_it_tells_of_itself(address, kept):
    _, _, about = call(address, "GET", "/about")
    assert [one["name"] for one in about["bundles"]] == ["image-only", "mixed"]
    mixed = about["bundles"][1]
    assert mixed["card"] == Path(kept, "card.md").read_text() and mixed["classes"] == ["happy", "sad"]
    assert mixed["measured_on"] == "12 test pictures of its study" and about["limits"]["bytes"] == serving.LARGEST
    _, _, described = call(address, "GET", "/openapi.json")
    told = described["paths"]["/predict"]["post"]
    assert {"200", "413", "415", "421"} <= set(told["responses"]) and "image/*" in told["requestBody"]["content"]
    assert described["components"]["schemas"]["Row"]["required"] == ["source", "face", "found", "why"]


def test_headers_let_nothing_be_kept_framed_or_loaded(address):
    for path in ("/", "/about", "/nowhere"):
        _, headers, _ = call(address, "GET", path)
        assert headers["Cache-Control"] == "no-store" and headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"] and "Access-Control-Allow-Origin" not in headers


def test_other_addresses_and_methods_are_told_in_json(address):
    wrong = {("GET", "/docs"): 404, ("GET", "/../bundle.json"): 404, ("GET", "/predict"): 405, ("DELETE", "/"): 405}
    for (method, path), status in wrong.items():
        got, _, said = call(address, method, path)
        assert got == status and said["error"]
    got, _, said = post(address, plain("PNG"), path=f"/predict?source={'x' * 300}")
    assert got == 422 and "source" in said["error"]


@pytest.mark.parametrize("host", ["localhost:1", "LOCALHOST", "127.0.0.1:80", "[::1]:8000"])
def test_this_machine_goes_by_its_own_names(address, host):
    assert call(address, "GET", "/about", Host=host)[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "localhost@evil",
                                  "10.0.0.7", "[", ""])
def test_names_that_were_pointed_here_are_refused(address, host):
    status, _, said = call(address, "GET", "/about", Host=host)
    assert status == 421 and "name" in said["error"]


def test_pages_of_other_sites_cannot_send_pictures(address):
    own = address.rstrip("/")
    assert post(address, plain("PNG"), Origin=own)[0] == 200
    for origin in ("http://evil.example", "null", "http://localhost:1", own + "0"):
        assert post(address, plain("PNG"), Origin=origin)[0] == 403
    assert post(address, plain("PNG"), Sec_Fetch_Site="cross-site")[0] == 403
    # What a page of another site may send without asking first.
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        assert post(address, plain("PNG"), kind)[0] == 415


def test_a_host_that_stands_for_all_addresses_takes_addresses_and_no_names():
    everywhere, one = guarding.Guard(None, "0.0.0.0"), guarding.Guard(None, "192.168.0.7")
    assert everywhere._named("192.168.0.7:8000") and everywhere._named("[fe80::1]") and not everywhere._named("evil.example")
    assert one._named("192.168.0.7:8000") and one._named("localhost") and not one._named("192.168.0.8")
    assert not guarding.Guard(None, "")._named("a$b.evil.example")  # which browsers take for a name, and `HOST` does not


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"  # for which Pillow would start another program


@pytest.mark.parametrize("body", [b"", b"no picture", POSTSCRIPT, plain("PNG", (200, 200))[:-30]])
def test_what_is_no_whole_picture_is_refused(address, body):
    status, _, said = post(address, body)
    assert status == 415 and said["error"]


def test_too_many_bytes_are_refused_before_they_are_read(address):
    with begun(address, Content_Length=10**12) as connection:
        assert connection.getresponse().status == 413


def test_too_many_bytes_of_no_declared_length_are_refused_while_they_come(address, monkeypatch):
    monkeypatch.setattr(serving, "LARGEST", 1000)
    with begun(address, b"400\r\n" + bytes(1024) + b"\r\n", Transfer_Encoding="chunked") as connection:
        assert connection.getresponse().status == 413


def test_a_picture_that_does_not_arrive_is_given_up(address, monkeypatch):
    monkeypatch.setattr(serving, "PATIENCE", 0.05)
    with begun(address, Content_Length=100) as connection:
        assert connection.getresponse().status == 408


def test_too_many_pixels_are_refused_before_they_are_decoded(address, monkeypatch):
    monkeypatch.setattr(upload, "PIXELS", 40 * 30 - 1)
    status, _, said = post(address, plain("PNG"))
    assert status == 413 and "40 x 30 pixels" in said["error"]


def test_a_detector_that_doubles_pictures_more_often_gets_smaller_ones(both, monkeypatch):
    finders = {name: each.finder for name, each in both.predictors.items()}
    assert both.pixels == upload.PIXELS
    finder, detector = finders["mixed"], DlibHog(upsample=3)
    for one in (detector, Annotated(fallback=detector)):
        preparation = dataclasses.replace(finder.preparation, detector=one)
        monkeypatch.setattr(both.predictors["mixed"], "finder", dataclasses.replace(finder, preparation=preparation))
        assert both.pixels == upload.PIXELS // 4**2  # two doublings more than one


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "PNG", "WEBP"])
def test_pictures_in_one_file_are_not_counted(kind):
    """Pillow looks for each picture of a TIFF in the list of those before: 175,000 in 20 MB take a quarter of an hour."""
    others = [Image.new("L", (40, 30), shade) for shade in range(5)]
    with pytest.raises(Unreadable, match=": several pictures"):
        upload.decode(plain(kind, save_all=True, append_images=others), "film", 10**6)


def test_a_photo_beside_which_a_camera_has_put_a_preview_is_one_picture():
    both = plain("MPO", save_all=True, append_images=[Image.new("RGB", (20, 15))])
    assert upload.decode(both, "photo.jpg", 10**6).shape == (30, 40, 3)


def test_what_a_fine_tuned_bundle_was_measured_on_is_said(both):
    bundle = both.predictors["mixed"].bundle
    tuned = dataclasses.replace(bundle, said=bundle.said | {"tuned": {}})
    assert wire._described("mixed", tuned).measured_on == "12 held-out pictures that it was fine-tuned for"


def test_too_many_waiting_pictures_are_sent_away(address, monkeypatch):
    monkeypatch.setattr(serving, "WAITING", 0)
    status, headers, _ = post(address, plain("PNG"))
    assert status == 503 and headers["Retry-After"] == "2"


@given(st.one_of(st.binary(max_size=300), st.tuples(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]),
                                                    st.integers(0, 400), st.binary(max_size=8))),
       st.sampled_from(["image/png", "image/svg+xml", "application/octet-stream", "text/plain", "image/", "\xff"]),
       st.sampled_from([{}, {"Content_Length": "0"}, {"Content_Length": "100000000000"}]))
@settings(max_examples=60, deadline=None)
def test_no_bytes_make_it_fail(address, body, kind, length):
    if isinstance(body, tuple):
        whole, (place, other) = plain(body[0], (24, 20)), body[1:]
        body = whole[:place] + other + (whole[place + len(other):] if len(other) % 2 else b"")
    status, _, said = post(address, body, kind, **length)
    assert ("answers" in said) if status == 200 else (status in (413, 415) and said["error"])


def test_garbage_on_the_line_leaves_it_answering(address):
    place = urlsplit(address)
    for sent in (b"\x16\x03\x01\x00", b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                 b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 99\r\n\r\ncut"):
        with socket.create_connection((place.hostname, place.port), 30) as line:
            line.sendall(sent)
    assert post(address, plain("PNG"))[0] == 200


def test_bundles_are_told_apart(control, kept, ensemble):
    assert list(serving.SideBySide([kept]).predictors) == ["mixed"]
    assert list(serving.SideBySide([kept, ensemble]).predictors) == [kept.name, ensemble.name]
    with pytest.raises(BadInput, match="the same bundle twice"):
        serving.SideBySide([kept, kept])


def test_bundles_whose_faces_are_found_otherwise_look_for_themselves(control, kept):
    asked = side_by_side.SideBySide([control, kept])
    mixed = asked.predictors["mixed"]
    preparation = dataclasses.replace(mixed.finder.preparation, detector=WholeImage())
    mixed.finder = dataclasses.replace(mixed.finder, preparation=preparation)
    said = asked(picture(KEYS[0]), "one.png").rows
    assert said["mixed"][0]["box"] == [0, 0, 200, 200] != said["image-only"][0]["box"]


def test_a_port_that_is_taken_and_a_host_that_is_not_there_are_told():
    with serving.listen("127.0.0.1", 0) as taken, pytest.raises(BadInput, match="Choose another port") as refused:
        serving.listen("127.0.0.1", taken.getsockname()[1])
    assert "in use" in refused.value.what
    with pytest.raises(BadInput):
        serving.listen("nowhere.invalid", 0)


def test_an_address_of_the_sixth_version_is_written_as_one():
    with serving.listen("::1", 0) as taken:
        assert serving.address(taken, "::1") == f"http://[::1]:{taken.getsockname()[1]}/"


def test_nothing_is_reported_elsewhere_whatever_the_environment_says(both, monkeypatch, caplog):
    """FastAPI would, or say that it cannot, when it starts."""
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    said = []

    async def told():
        return {"type": "lifespan.shutdown" if said else "lifespan.startup"}

    async def say(message):
        said.append(message["type"])
    asyncio.run(serving.application(both)({"type": "lifespan", "state": {}}, told, say))
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"] and not caplog.records


def test_a_server_that_is_stopped_gives_up_a_picture_that_does_not_arrive(both, monkeypatch, caplog):
    monkeypatch.setattr(serving, "ENDING", 0.1)
    with serving.listen("127.0.0.1", 0) as taken:
        server = serving.server(both, "127.0.0.1")
        monkeypatch.setattr(logging.getLogger("uvicorn"), "handlers", [caplog.handler])
        thread = threading.Thread(target=server.run, args=([taken],))
        thread.start()
        with begun(serving.address(taken, "127.0.0.1"), Content_Length=100):
            while not server.server_state.tasks:
                time.sleep(0.01)
            server.should_exit = True
            thread.join(10)
        assert not thread.is_alive()
    assert [record.message for record in caplog.records] == ["Cancel 1 running task(s), timeout graceful shutdown exceeded"]
