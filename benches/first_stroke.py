#!/usr/bin/env python3
"""How long a donor waits for the first stroke while a painter takes half a minute: from the accepted donation to the first
painted pixel on the canvas, as a browser source sees it.

    cargo build --release -p drawstream-cli
    python3 benches/first_stroke.py [target/release/drawstream] [donations]

The painter is a server with AUTOMATIC1111's API in this script that answers after 30 s. Each donation has a program of
its own, so that none waits for another.
"""
import base64
import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAINTING_SEC = 30
MESSAGES = ["a red fox in a snowy forest", "уютный домик под северным сиянием", "three owls on a branch"]


def png(side):
    rows = b"".join(
        b"\0" + b"".join(bytes((x // 32 * 32 % 256, y // 32 * 32 % 256, 90)) for x in range(side)) for y in range(side)
    )
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Painter(BaseHTTPRequestHandler):
    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/sdapi/v1/sd-models":
            self.answer([{"title": "xl.safetensors [0]", "model_name": "xl"}])
        elif path == "/sdapi/v1/options":
            self.answer({"sd_model_checkpoint": "xl.safetensors [0]"})
        elif path == "/sdapi/v1/loras":
            self.answer([{"name": "pixel-art-xl", "alias": "pixel-art-xl", "path": "pixel-art-xl.safetensors"}])
        elif path == "/sdapi/v1/progress":
            self.answer({"progress": 0.1, "current_image": None})
        else:
            self.send_error(404)

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"] or 0)) or b"{}")
        if self.path == "/sdapi/v1/txt2img":
            time.sleep(PAINTING_SEC)
            self.answer({"images": [base64.b64encode(png(asked["width"])).decode()]})
        else:
            self.answer({})

    def log_message(self, *_):
        pass


class Watcher:
    """The canvas over its WebSocket, which only speaks: one binary message after another."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, port))
        key = base64.b64encode(os.urandom(16)).decode()
        ask = (
            f"GET /canvas/ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self.socket.sendall(ask.encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self.buffer += self.socket.recv(4096)
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        assert b"101" in head.split(b"\r\n")[0], head

    def take(self, count):
        while len(self.buffer) < count:
            self.buffer += self.socket.recv(65536)
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def message(self):
        _, length = self.take(2)
        if length == 126:
            (length,) = struct.unpack(">H", self.take(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.take(8))
        return self.take(length)


def numbers(message, at, count):
    found = []
    for _ in range(count):
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        found.append(value)
    return found, at


def colours_painted(message):
    """How many colours the runs of a message have: one is a bare canvas, none is a canvas that is not shown."""
    at = 1
    if message[0] == 1:
        (width, _), at = numbers(message, at, 2)
        if width == 0:
            return 0
    (colours,), at = numbers(message, at, 1)
    at += 3 * colours
    (runs,), at = numbers(message, at, 1)
    painted = set()
    for _ in range(runs):
        (_, _, colour), at = numbers(message, at, 3)
        painted.add(colour)
    return len(painted) if message[0] == 1 else len(painted) and 2


def measure(program, painter, text):
    with tempfile.TemporaryDirectory() as data:
        settings = [f"data_dir={data}", "api.port=0", f"webui.url=http://127.0.0.1:{painter}", "planner.backend=builtin"]
        command = [program, "run", "--headless"] + [word for setting in settings for word in ("--set", setting)]
        run = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=data)
        try:
            for line in run.stderr:
                found = re.search(r"control API are at http://([\d.]+):(\d+)", line)
                if found:
                    break
            threading.Thread(target=run.stderr.read, daemon=True).start()
            host, port = found.group(1), int(found.group(2))
            watcher = Watcher(host, port)
            body = json.dumps({"amount": "5", "message": text, "donor": "Ann"}).encode()
            request = urllib.request.Request(
                f"http://{host}:{port}/commands/donate", body, {"content-type": "application/json"}
            )
            assert urllib.request.urlopen(request).status == 202
            accepted = time.monotonic()
            while colours_painted(watcher.message()) < 2:
                pass
            return time.monotonic() - accepted
        finally:
            run.kill()
            run.wait()


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "target/release/drawstream")
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    server = ThreadingHTTPServer(("127.0.0.1", 0), Painter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    times = []
    for number in range(count):
        times.append(measure(program, server.server_address[1], MESSAGES[number % len(MESSAGES)]))
        print(f"{times[-1]:.2f} s", flush=True)
    print(f"{count} donations, a painter of {PAINTING_SEC} s: first stroke after {min(times):.2f} to {max(times):.2f} s")


main()
