"""Reads sealed files (HFSO) from the written format alone; shares no code with the program.

    hfso.py KEY_HEX FILE    opens FILE with its parent key, writes the content to standard output
    hfso.py --self-test     opens what it seals itself, and refuses what was changed

Needs the package `cryptography`.
"""

import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

HEADER, CHUNK, TAG = 64, 65_536, 16


class Damaged(Exception):
    pass


def file_key(parent: bytes, header: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=header[48:64], info=b"hfso/v1" + header[:48]).derive(parent)


def nonce(index: int, last: bool) -> bytes:
    return index.to_bytes(11, "big") + bytes([last])


def make_header(kind: int, workspace: bytes, object_id: bytes, key_version: int, header_nonce: bytes) -> bytes:
    return (b"HFSO" + bytes([1, kind, 1, 16]) + workspace + object_id
            + key_version.to_bytes(4, "big") + bytes(4) + header_nonce)


def seal(parent: bytes, header: bytes, plain: bytes) -> bytes:
    cipher = AESGCM(file_key(parent, header))
    pieces = [plain[at:at + CHUNK] for at in range(0, len(plain), CHUNK)] or [b""]
    sealed = [cipher.encrypt(nonce(index, index == len(pieces) - 1), piece, header)
              for index, piece in enumerate(pieces)]
    return header + b"".join(sealed)


def open_sealed(parent: bytes, sealed: bytes) -> bytes:
    header, body = sealed[:HEADER], sealed[HEADER:]
    if len(header) < HEADER or header[:5] != b"HFSO\x01" or header[6:8] != b"\x01\x10" or header[44:48] != bytes(4):
        raise Damaged("the header is not one of version 1")
    if header[5] not in range(1, 7):
        raise Damaged("unknown kind")
    cipher = AESGCM(file_key(parent, header))
    plain, index, at = [], 0, 0
    while True:
        piece = body[at:at + CHUNK + TAG]
        at += len(piece)
        last = at == len(body)
        if len(piece) < TAG:
            raise Damaged("it ends too early")
        try:
            plain.append(cipher.decrypt(nonce(index, last), piece, header))
        except InvalidTag:
            raise Damaged(f"chunk {index} does not open") from None
        if last and index > 0 and not plain[-1]:
            raise Damaged("an empty last chunk")
        if last:
            return b"".join(plain)
        index += 1


def self_test() -> None:
    parent = bytes(range(32))
    header = make_header(2, b"w" * 16, b"o" * 16, 1, b"n" * 16)
    for length in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 200_000):
        plain = bytes(length)
        sealed = seal(parent, header, plain)
        assert open_sealed(parent, sealed) == plain
        changed = [sealed[:-1], sealed + b"\0", sealed[:HEADER]]
        changed += [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1:] for at in (0, 5, 30, 63, 64, len(sealed) - 1)]
        for other in changed:
            try:
                open_sealed(parent, other)
            except Damaged:
                continue
            raise AssertionError(f"a change went unnoticed at length {length}")
    print("6 passed, 0 failed")


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    elif len(sys.argv) == 3:
        with open(sys.argv[2], "rb") as file:
            try:
                sys.stdout.buffer.write(open_sealed(bytes.fromhex(sys.argv[1]), file.read()))
            except Damaged as reason:
                sys.exit(f"{sys.argv[2]} does not open: {reason}")
    else:
        sys.exit(__doc__)
