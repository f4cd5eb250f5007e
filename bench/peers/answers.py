"""Compares pairs of answers with SymPy: equal as text, or their difference simplifies to 0. Run by `bench/answers.ts`.

    python bench/peers/answers.py PAIRS.json   (needs sympy)

PAIRS.json: [[a, b], ...] in short LaTeX. Prints one JSON object: seconds (without imports) and verdicts.
"""

import json
import platform
import re
import sys
import time

import sympy
from sympy import Rational, simplify, sympify


def braced(command, form, text):
    pattern = re.compile(command)
    while pattern.search(text):
        text = pattern.sub(form, text)
    return text


def plain(text):
    """Converts short LaTeX to SymPy's syntax."""
    text = text.strip().rstrip(".").replace("$", "").replace("\\left", "").replace("\\right", "").replace("\\dfrac", "\\frac")
    text = re.sub(r"^[a-z]=", "", text.replace(" ", ""))
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text) if "(" not in text else text
    text = braced(r"\\sqrt\{([^{}]*)\}", r"*sqrt(\1)", text)
    text = braced(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1)/(\2))", text)
    text = text.replace("\\pi", "*pi").replace("^", "**")
    return re.sub(r"(^|\()\*", r"\1", text)


def equal(a, b):
    if a.strip() == b.strip():
        return True
    try:
        left, right = sympify(plain(a), rational=True), sympify(plain(b), rational=True)
        if isinstance(left, (tuple, sympy.Tuple)) or isinstance(right, (tuple, sympy.Tuple)):
            if not (isinstance(left, (tuple, sympy.Tuple)) and isinstance(right, (tuple, sympy.Tuple)) and len(left) == len(right)):
                return False
            return all(simplify(x - y) == 0 for x, y in zip(left, right))
        return bool(simplify(left - right) == 0)
    except Exception:
        return None


def main(path):
    with open(path) as file:
        pairs = json.load(file)
    simplify(sympify("sqrt(8) + pi") - Rational(1, 3))
    start = time.perf_counter()
    verdicts = [equal(a, b) for a, b in pairs]
    seconds = time.perf_counter() - start
    print(json.dumps({"versions": {"python": platform.python_version(), "sympy": sympy.__version__}, "seconds": seconds, "verdicts": verdicts}))


main(sys.argv[1])
