"""Stands in for llama.cpp's server: same arguments, same health check; the name of the model says how it behaves.

Beside the model's file it writes ``seen.json``: its process, its environment and its arguments.
"""

import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

options = dict(zip(sys.argv[1:-1], sys.argv[2:], strict=True))
name, key = options["--alias"], Path(options["--api-key-file"]).read_text(encoding="utf-8")
seen = {"pid": os.getpid(), "environ": dict(os.environ), "argv": sys.argv[1:]}
Path(options["--model"]).with_name("seen.json").write_text(json.dumps(seen), encoding="utf-8")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send(200 if self.path == "/health" and name != "slow" else 503, {})

    def do_POST(self) -> None:
        if self.headers["Authorization"] != f"Bearer {key}":
            return self.send(401, {})
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = f"seed {body['seed']} of {body['model']} at {self.path}"
        choice = {"message": {"content": text}, "text": text, "finish_reason": "stop"}
        return self.send(200, {"model": name, "choices": [choice], "usage": {"prompt_tokens": 3}})

    def send(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


if name == "broken":
    sys.exit("loading the model\nerror: tensor 'output' not found")
if name == "taken":
    sys.exit("couldn't bind HTTP server socket")
if name == "deaf":
    time.sleep(60)
ThreadingHTTPServer(("127.0.0.1", int(options["--port"])), Handler).serve_forever()
