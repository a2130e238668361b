"""Measures each page's script with warm caches, in milliseconds, medians: `python tests/benchmarks/pages.py`.

It uses Streamlit's AppTest on a run of 8,580 images, without a browser: the server's work per click.
"""

import argparse
import logging
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS.parent))
logging.disable(logging.WARNING)

from streamlit.testing.v1 import AppTest  # noqa: E402 needs the path above

from dashboard.router import PAGES  # noqa: E402
from tests.support.synthetic_run import make_run  # noqa: E402
from tests.support.synthetic_verdict import write_verdict  # noqa: E402

IMAGES, AIM = 8580, 150


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    print(f"{IMAGES:,} images; {os.cpu_count()} cores, {platform.machine()}; aim {AIM} ms")
    with tempfile.TemporaryDirectory() as folder:
        write_verdict(make_run(Path(folder), "many", images=IMAGES))
        os.environ["CAMCORE_RUNS"] = folder
        for name, _ in PAGES:
            app = AppTest.from_file(str(TESTS.parent / "dashboard" / "script.py"), default_timeout=120)
            app.run().switch_page(f"{name}/page.py").run()
            times = []
            for _ in range(options.rounds):
                started = time.perf_counter()
                app.run()
                times.append(1000 * (time.perf_counter() - started))
            assert not app.exception
            print(f"{name:16} median {statistics.median(times):5.0f} ms ({min(times):.0f} to {max(times):.0f})")


if __name__ == "__main__":
    main()
