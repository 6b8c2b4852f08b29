"""A labelling service on loopback that knows faces by their brightness, and behaves as badly as it is told to."""

import contextlib
import io
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
from PIL import Image
from scipy import ndimage

from mixedfer.use.mosaic import GRAY


def regions(raw):
    """The answer, in the shape of the emotion API: every even patch that is not gray is a face, the brighter the happier."""
    picture = np.asarray(Image.open(io.BytesIO(raw)).convert("L"))
    found = ndimage.find_objects(ndimage.label(picture != GRAY)[0])
    return [{"faceRectangle": {"left": across.start, "top": down.start, "width": across.stop - across.start,
                               "height": down.stop - down.start},
             "scores": {"happy": int(picture[down, across][0, 0]), "sad": 255 - int(picture[down, across][0, 0])}}
            for down, across in found]


def shades(folder, values, side=8):
    """Pictures that are one shade each, as faces that a `WholeImage` finds; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for value in values:
        Image.fromarray(np.full((side, side), value, np.uint8)).save(folder / f"{value:03d}.png")
    return folder


class Service(ThreadingHTTPServer):
    """`plan` says what becomes of the first, second, ... question: an HTTP status, with or without headers and body, or a
    method of the handler; after its end all goes well. `asked` holds when, with what headers and body.
    """

    daemon_threads = True

    def __init__(self, *plan):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.plan, self.asked, self.over = list(plan), [], threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/emotion"

    def handle_error(self, *_):
        """The client has gone; that is what is tested."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        number = len(self.server.asked)
        self.server.asked.append((time.monotonic(), dict(self.headers), body))
        how = self.server.plan[number] if number < len(self.server.plan) else _Handler.good
        if callable(how):
            how(self, body)
        else:
            status, headers, said = how if isinstance(how, tuple) else (how, {}, b"")
            self.send(said, status, headers)

    def good(self, body):
        self.send(json.dumps(regions(body)).encode())

    def few(self, body):
        self.send(json.dumps(regions(body)[1:]).encode())

    def astray(self, body):
        found = regions(body)
        found[0]["faceRectangle"]["left"] += 1000
        self.send(json.dumps(found).encode())

    def stall(self, body):
        self.server.over.wait(20)

    def drip(self, body):
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        while not self.server.over.wait(0.02):
            self.wfile.write(b" ")

    def cut_off(self, body):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"[]")

    def hang_up(self, body):
        self.close_connection = True

    def send(self, said, status=200, headers=()):
        self.send_response(status)
        for name, value in {"Content-Length": len(said), **dict(headers)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        """Nothing."""


good, few, astray = _Handler.good, _Handler.few, _Handler.astray
stall, drip, cut_off, hang_up = _Handler.stall, _Handler.drip, _Handler.cut_off, _Handler.hang_up


@contextlib.contextmanager
def running(*plan):
    """The service, from now to the end of the block."""
    service = Service(*plan)
    thread = threading.Thread(target=service.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        service.shutdown()
        service.server_close()
        thread.join()
