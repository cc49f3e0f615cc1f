"""Opens the files of an installation from the written formats alone; shares no code with the program (KEY-8).

    workspace.py DATA [--key FILE]         opens control.db and every workspace, checks every page of each
    workspace.py DATA --digest ID          prints a hash over everything in the file of one workspace
    workspace.py DATA --raw-key ID         prints the raw key of one workspace (32 hex digits; zeros: control.db)

The way in: the master key as text (`HFMK1-…`) or 32 bytes, the keyring `keys/keyring`, HKDF-SHA-256, and then
any SQLCipher 4 with the raw key. Needs the packages `cryptography` and `sqlcipher3-wheels`.
"""

import hashlib
import pathlib
import sys
import zlib

import sqlcipher3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import vectors

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
HEADER, ENTRY, MAC = 45, 89, 32


def decode(symbols: str) -> bytes:
    bits = "".join(f"{CROCKFORD.index(symbol):05b}" for symbol in symbols)
    whole = len(bits) // 8 * 8
    assert set(bits[whole:]) <= {"0"}, "spare bits are not zero"
    return int(bits[:whole], 2).to_bytes(whole // 8, "big")


def read_master(path: pathlib.Path) -> bytes:
    raw = path.read_bytes()
    if len(raw) == 32:
        return raw
    symbols = raw.decode().strip().replace("-", "").removeprefix("HFMK1")
    key, checksum = decode(symbols[:52]), decode(symbols[52:])
    assert zlib.crc32(key).to_bytes(4, "big") == checksum, "the checksum of the master key does not fit"
    return key


def root_keys(ring: bytes, master: bytes) -> dict[bytes, bytes]:
    """The active root key of every workspace."""
    assert ring[:5] == b"HFKR\x01", "not a keyring"
    install, version = ring[5:21], int.from_bytes(ring[21:25], "big")
    count = int.from_bytes(ring[41:45], "big")
    assert len(ring) == HEADER + count * ENTRY + MAC, "the keyring has another length than it says"
    subkeys = vectors.master_subkeys(master, install, version)
    assert vectors.mac(subkeys["ring"], ring[:-MAC]) == ring[-MAC:], "the keyring's MAC does not fit"
    keys = {}
    for at in range(HEADER, HEADER + count * ENTRY, ENTRY):
        entry = ring[at : at + ENTRY]
        workspace, key_version, state = entry[:16], entry[16:20], entry[20:21]
        bound = b"holdfast/v1/wrap" + install + workspace + key_version + ring[21:25] + state
        if state == b"\x01":
            keys[workspace] = AESGCM(subkeys["wrap"]).decrypt(entry[29:41], entry[41:], bound)
    return keys


def raw_key(workspace: bytes, root_key: bytes) -> str:
    return vectors.expand(vectors.mac(workspace, root_key), b"holdfast/ws/v1/sqlcipher").hex()


def open_file(path: pathlib.Path, key: str) -> sqlcipher3.Connection:
    db = sqlcipher3.connect(str(path))
    db.execute(f"PRAGMA key = \"x'{key}'\"")
    return db


def digest(path: pathlib.Path, key: str) -> str:
    db = open_file(path, key)
    content = hashlib.sha256()
    for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").fetchall():
        for row in sorted(map(repr, db.execute(f'SELECT * FROM "{name}"'))):
            content.update(f"{name} {row}\n".encode())
    db.close()
    return content.hexdigest()


def check(path: pathlib.Path, key: str) -> str:
    db = open_file(path, key)
    damaged = db.execute("PRAGMA cipher_integrity_check").fetchall()
    assert not damaged, f"{path}: {damaged}"
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",), f"{path}: integrity_check"
    tables = db.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'table'").fetchone()[0]
    entries = db.execute("SELECT count(*) FROM audit").fetchone()[0]
    db.close()
    return f"{tables} tables, {entries} audit entries"


def main() -> None:
    arguments = sys.argv[1:]
    if not arguments:
        sys.exit(__doc__)
    data = pathlib.Path(arguments[0])
    master = read_master(pathlib.Path(arguments[arguments.index("--key") + 1]) if "--key" in arguments else data / "keys/master.key")
    keys = root_keys((data / "keys/keyring").read_bytes(), master)
    if "--raw-key" in arguments:
        workspace = bytes.fromhex(arguments[arguments.index("--raw-key") + 1])
        print(raw_key(workspace, keys[workspace]))
        return
    if "--digest" in arguments:
        workspace = bytes.fromhex(arguments[arguments.index("--digest") + 1])
        print(digest(data / "workspaces" / workspace.hex() / "data.db", raw_key(workspace, keys[workspace])))
        return
    for workspace, root_key in keys.items():
        name = "control.db" if workspace == bytes(16) else f"workspaces/{workspace.hex()}/data.db"
        print(f"{name}: {check(data / name, raw_key(workspace, root_key))}")


if __name__ == "__main__":
    main()
