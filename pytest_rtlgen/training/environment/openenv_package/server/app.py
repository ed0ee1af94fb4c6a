"""The application that the Dockerfile starts; ``RTLGEN_ENVIRONMENT`` holds its settings as JSON."""

import argparse

import uvicorn

from pytest_rtlgen.training.openenv import make_openenv_app, read_variable

app = make_openenv_app(read_variable())


def main() -> None:
    """Serve on loopback, unless another host is named: nobody is asked for a token."""
    parser = argparse.ArgumentParser(description="Serve Verilog problems with tools as an OpenEnv environment.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    args = parser.parse_args()
    uvicorn.run(app, host=args.host, port=args.port)


if __name__ == "__main__":
    main()
