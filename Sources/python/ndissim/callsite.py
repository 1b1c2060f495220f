"""The call site of an allocation: the nearest caller outside this package, as `file:line`."""

import os
import sys

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def call_site() -> str:
    """`file:line` of the nearest frame that is not of this package; empty when there is none."""
    frame = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if not path.startswith(_PACKAGE):
            return f"{path}:{frame.f_lineno}"
        frame = frame.f_back
    return ""
