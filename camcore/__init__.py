"""Train a CNN, store its CAM-family heatmaps, and compare them."""

import os

__version__ = "0.1.0"

# Torch's threads wait for each other at the end of every operator, by default in a loop that keeps a core busy. If
# anything else wants a core (a worker that decodes images, a second program), that loop takes it away from the thread
# that is being waited for, and small networks run 10 to 30 times slower. Read when torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
