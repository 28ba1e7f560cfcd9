"""From bytes to text: what a reviewer sees is what the parser reads.

- The file is UTF-8; a leading byte order mark is dropped, UTF-16 and UTF-32 are refused by name.
- It has at most `MAX_BYTES` bytes.
- Lines end with LF or CRLF. YAML 1.1 also ends a line at a bare CR, U+0085, U+2028 and U+2029, which an editor or a
  review page shows inside a line: a comment could carry a step that nobody sees. They are refused.
- Raw control characters, byte order marks inside the text, and characters that reorder what is displayed
  (CVE-2021-42574, "Trojan Source") are refused. Written as an escape in double quotes they are data.
"""

from __future__ import annotations

import codecs
import re

from runner.workflow.loading.problems import START, Mark, Problems

MAX_BYTES = 1024 * 1024
"""Bytes of a playbook at most: far more than anybody reviews, and read within a few seconds whatever it holds."""

# UTF-32 comes first: its little-endian mark begins with the one of UTF-16.
_FOREIGN = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)

_REFUSED = re.compile(
    "(?P<line>\r(?!\n)|[\x85\u2028\u2029])"
    "|(?P<order>[\u202a-\u202e\u2066-\u2069])"
    "|(?P<control>[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff])"
)

_WHY = {
    "line": "ends a line for YAML, but not where a reviewer sees one end",
    "order": "reorders what a reviewer sees",
    "control": "is not visible to a reviewer",
}


def decode(data: bytes, problems: Problems) -> str:
    """Return the file's text.

    Raises:
        InvalidPlaybook: when the bytes are too many, not UTF-8, or hold a character that hides something.
    """
    if len(data) > MAX_BYTES:
        problems.refuse(START, f"the file is larger than {MAX_BYTES} bytes", "split it")
    for mark, encoding in _FOREIGN:
        if data.startswith(mark):
            problems.refuse(START, f"the file is {encoding}, not UTF-8", "save it as UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        problems.refuse(_after(before), message, "save the file as UTF-8")
    text = text.removeprefix("\ufeff")
    for found in _REFUSED.finditer(text):
        code = ord(found.group())
        why = _WHY[found.lastgroup or "control"]
        escape = f"\\u{code:04x}"
        hint = f'remove it; where it is meant, write "{escape}" in double quotes'
        problems.add(_after(text[: found.start()]), f"the character U+{code:04X} {why}", hint)
    problems.stop_if_any()
    return text


def _after(before: str) -> Mark:
    """Return the position of the character that follows a text."""
    return Mark(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
