"""The test stand: what starts the service and its peers, loads them and reads what it cost."""

import sys
from pathlib import Path

# The system tests' harness starts pools, reads segments and speaks FastCGI.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "system"))
