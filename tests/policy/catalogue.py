"""The texts of pages and their Welsh: what stands in the code beside what the catalogue holds.

``python -m tests.policy.catalogue`` (``make catalogue``) writes the catalogue anew: texts that
are gone leave it, new ones come in empty, and the Welsh of the others stays as it is.
"""

import io
import sys
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from api.web.language import CATALOGUES

API: Final = CATALOGUES.parent
WELSH: Final = CATALOGUES / "cy" / "LC_MESSAGES" / "messages.po"
KEYWORDS: Final = {"_": None, "_n": (1, 2), "N_": None}
HEADER: Final = """\
# Welsh texts of Stillwell's pages.
# Entries marked "fuzzy" wait for the review of a Welsh speaker. They are shown all the same:
# whoever has read one takes the mark away. How: api/README.md.
msgid ""
msgstr ""
"Project-Id-Version: Stillwell\\n"
"Language: cy\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=6; "
"plural=(n == 0 ? 0 : n == 1 ? 1 : n == 2 ? 2 : n == 3 ? 3 : n == 6 ? 4 : 5);\\n"

"""


def texts() -> Catalog:
    """Return every text of the pages, without Welsh."""
    with (CATALOGUES / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # it has none
    found = Catalog()
    read = extract_from_dir(API, methods, options, keywords=KEYWORDS)
    for _file, _line, message, _comments, context in read:
        found.add(message, context=context)
    return found


def known() -> Catalog:
    """Return the catalogue as it is kept."""
    with WELSH.open("rb") as file:
        return read_po(file, locale="cy")


def is_translated(message: Message) -> bool:
    """Return whether every form of this text has its Welsh."""
    forms = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(forms)


def renewed() -> bytes:
    """Return what the catalogue's file should hold."""
    kept, fresh = known(), Catalog(locale="cy")
    for message in sorted(texts(), key=_key):
        if message.id:
            old = kept.get(message.id)
            flags = old.flags if old else set()
            fresh.add(message.id, old.string if old else None, flags=flags)
    return HEADER.encode() + _body(fresh)


def _body(catalogue: Catalog) -> bytes:
    written = io.BytesIO()
    write_po(written, catalogue, omit_header=True, width=0)
    return written.getvalue()


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else "".join(message.id)


if __name__ == "__main__":
    fresh = renewed()
    WELSH.write_bytes(fresh)
    bare = [message for message in known() if message.id and not is_translated(message)]
    sys.stdout.write(f"{len(known())} texts, {len(bare)} without Welsh\n")
