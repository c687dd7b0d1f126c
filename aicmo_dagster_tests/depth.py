"""How long tests look: `AICMO_TESTS=short`, as `.ci/run` sets it, kills less and tries fewer examples."""

import os

SHORT = os.environ.get("AICMO_TESTS") == "short"
