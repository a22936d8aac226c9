"""What the script `zero` starts: puts the project on the path of an isolated Python and enters the command."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from compiler.cli.main import enter

enter()
