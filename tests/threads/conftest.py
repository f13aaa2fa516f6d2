"""What is handed over is made by programs/handed.py, here and on the board model."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "programs"))
