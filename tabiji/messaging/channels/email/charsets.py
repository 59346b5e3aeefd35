"""Text of mails that others wrote: iso-2022-jp as it is really used, cp932, half-width kana, wrong labels."""

import binascii
import re
from typing import Final

_ISO_2022_JP: Final = frozenset(
    {
        "iso-2022-jp",
        "iso-2022-jp-1",
        "iso-2022-jp-2",
        "iso-2022-jp-ms",
        "csiso2022jp",
        "cp50220",
        "cp50221",
        "cp50222",
    }
)
# What mail programs call Shift_JIS is Windows' table with ①, ㈱ and 髙.
_CP932: Final = frozenset(
    {"shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "cp932", "ms932", "ms_kanji", "csshiftjis"}
)
# A closed list: among Python's codecs are slow ones (punycode) and ones that are no charsets (unicode_escape).
_OTHERS: Final = {
    "euc-jp": "euc_jp",
    "x-euc-jp": "euc_jp",
    "eucjp": "euc_jp",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "windows-1252": "cp1252",
    "iso-8859-2": "iso8859_2",
    "iso-8859-15": "iso8859_15",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "koi8-r": "koi8_r",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "big5": "big5",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "utf-16": "utf_16",
    "utf-16le": "utf_16_le",
    "utf-16be": "utf_16_be",
    "utf-7": "utf_7",
}

_ESCAPE = re.compile(rb"\x1b(\$@|\$B|\$\(@|\$\(B|\$\(D|\(B|\(J|\(I|\(H)|([\x0e\x0f])")
_ENCODED_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]*)?\?([bBqQ])\?([^?\s]*)\?=", re.ASCII)
_HEADER_MAX: Final = 4000


def decode(octets: bytes, label: str | None) -> str:
    """Text from bytes by the charset's label, or by look where there is none or it lies. Never raises.

    NUL becomes U+FFFD (PostgreSQL takes no NUL in text); bytes without meaning become U+FFFD.
    """
    name = (label or "").strip().strip("\"'").lower()
    if name in _ISO_2022_JP:
        text = _iso_2022_jp(octets)
    elif name in _CP932:
        text = octets.decode("cp932", "replace")
    elif name in _OTHERS:
        text = octets.decode(_OTHERS[name], "replace")
    else:
        text = _by_look(octets)
    return text.replace("\0", "�")


def decode_header(raw: str) -> str:
    """A header's text: RFC 2047 words and raw 8-bit letters (surrogate escapes of the parser) decoded.

    Words that stand together are joined before decoding: many programs cut them within a character.
    """
    raw = raw[:_HEADER_MAX].replace("\r", "").replace("\n", "")
    pieces: list[str] = []
    pending: tuple[str, bytes] | None = None
    position = 0
    for word in _ENCODED_WORD.finditer(raw):
        between = raw[position : word.start()]
        octets = _word_octets(word.group(2), word.group(3))
        charset = word.group(1).lower()
        if pending is not None and not between.strip() and pending[0] == charset:
            pending = (charset, pending[1] + octets)
        else:
            if pending is not None:
                pieces.append(decode(pending[1], pending[0]))
            if pending is None or between.strip():
                pieces.append(_plain(between))
            pending = (charset, octets)
        position = word.end()
    if pending is not None:
        pieces.append(decode(pending[1], pending[0]))
    pieces.append(_plain(raw[position:]))
    return "".join(pieces).replace("\0", "�").strip()


def _plain(piece: str) -> str:
    return piece if piece.isascii() else _by_look(piece.encode("utf-8", "surrogateescape"))


def _word_octets(encoding: str, text: str) -> bytes:
    if encoding in "qQ":
        return binascii.a2b_qp(text.encode("utf-8", "replace"), header=True)
    letters = re.sub(r"[^A-Za-z0-9+/]", "", text)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))


def _by_look(octets: bytes) -> str:
    if b"\x1b$" in octets or b"\x1b(I" in octets:
        return _iso_2022_jp(octets)
    for codec in ("utf-8", "cp932", "euc_jp"):
        try:
            return octets.decode(codec)
        except UnicodeDecodeError:
            continue
    return octets.decode("utf-8", "replace")


def _iso_2022_jp(octets: bytes) -> str:
    """Decodes what Windows and mobile phones send under this label, by way of cp932.

    Python's codecs refuse row 13 (①, ㈱), the IBM letters (髙, 﨑), half-width kana by ESC ( I or SO, and raw
    8-bit kana; all of these are in the field.
    """
    out: list[str] = []
    mode = b"(B"
    position = 0
    for escape in _ESCAPE.finditer(octets):
        out.append(_segment(mode, octets[position : escape.start()]))
        if escape.group(2) is not None:
            mode = b"(I" if escape.group(2) == b"\x0e" else b"(B"
        else:
            mode = escape.group(1)
        position = escape.end()
    out.append(_segment(mode, octets[position:]))
    return "".join(out)


def _segment(mode: bytes, octets: bytes) -> str:
    if not octets:
        return ""
    if mode == b"(I":
        return bytes(octet | 0x80 if 0x21 <= octet <= 0x5F else octet for octet in octets).decode(
            "cp932", "replace"
        )
    if mode == b"$(D":
        return (b"\x1b$(D" + octets + b"\x1b(B").decode("iso2022_jp_1", "replace")
    if mode.startswith(b"$"):
        return _kanji(octets).decode("cp932", "replace")
    return octets.decode("cp932", "replace")


def _kanji(octets: bytes) -> bytes:
    """Pairs of JIS X 0208 as Shift_JIS; anything else (a line end in kanji mode) stays as it is."""
    out = bytearray()
    position = 0
    while position < len(octets):
        pair = octets[position : position + 2]
        if len(pair) == 2 and 0x21 <= pair[0] <= 0x7E and 0x21 <= pair[1] <= 0x7E:
            out += _shift_jis(pair[0], pair[1])
            position += 2
        else:
            out += pair[:1]
            position += 1
    return bytes(out)


def _shift_jis(row: int, cell: int) -> bytes:
    first = (row + 1) // 2 + (0x70 if row < 0x5F else 0xB0)
    if row % 2:
        return bytes((first, cell + (0x1F if cell < 0x60 else 0x20)))
    return bytes((first, cell + 0x7E))
