"""Makes the frozen vectors in tests/vectors from the written formats, without the program's code.

    vectors.py --check    compares (what CI does)
    vectors.py --write    writes them; only for a new version of a format, never to mend a failing test

Needs the package `cryptography`.
"""

import hashlib
import hmac
import json
import pathlib
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

import hfso

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "vectors"


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def expand(root: bytes, label: bytes) -> bytes:
    return HKDFExpand(algorithm=SHA256(), length=32, info=label).derive(root)


def pattern(seed: str, length: int) -> bytes:
    blocks = (hashlib.sha256(seed.encode() + block.to_bytes(8, "big")).digest() for block in range(length // 32 + 1))
    return b"".join(blocks)[:length]


def key(name: str) -> bytes:
    return pattern(f"key {name}", 32)


def master_subkeys(master: bytes, install: bytes, version: int) -> dict:
    root = mac(install, master)
    number = version.to_bytes(4, "big")
    return {
        "wrap": expand(root, b"holdfast/v1/kek-wrap" + number),
        "ring": expand(root, b"holdfast/v1/keyring-mac" + number),
        "ring_copy": expand(root, b"holdfast/v1/keyring-backup" + number),
        "check_value": mac(root, b"holdfast/v1/kcv")[:8],
    }


def hexed(values: dict) -> dict:
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}


def derive() -> dict:
    workspaces = []
    for workspace in (bytes(16), bytes(range(16)), pattern("workspace", 16)):
        root_key = key("root " + workspace.hex())
        root = mac(workspace, root_key)
        case = {
            "workspace": workspace,
            "root_key": root_key,
            "database": f"x'{expand(root, b'holdfast/ws/v1/sqlcipher').hex()}'",
            "base": expand(root, b"holdfast/ws/v1/base"),
            "segment": expand(root, b"holdfast/ws/v1/wal-seg"),
            "export": expand(root, b"holdfast/ws/v1/export"),
            "field": expand(root, b"holdfast/ws/v1/field"),
            "blind_index": expand(root, b"holdfast/ws/v1/blind-index"),
        }
        if workspace == bytes(16):
            case["manifest"] = expand(root, b"ctl/v1/manifest-mac")
            case["pepper"] = expand(root, b"ctl/v1/pw-pepper")
            case["csrf"] = expand(root, b"ctl/v1/csrf")
        workspaces.append(hexed(case))
    masters = []
    for version in (1, 2):
        install, master = pattern("install", 16), key("master")
        masters.append(hexed({"install": install, "master": master, "version": version,
                              **master_subkeys(master, install, version)}))
    return {"workspaces": workspaces, "masters": masters}


def objects() -> dict:
    cases = []
    for kind, length in enumerate((0, 1, 65_535, 65_536, 65_537, 200_000), start=1):
        seed, parent = f"plain {length}", key(f"parent {length}")
        header = hfso.make_header(kind, pattern("workspace", 16), pattern(f"object {length}", 16), kind,
                                  pattern(f"nonce {length}", 16))
        sealed = hfso.seal(parent, header, pattern(seed, length))
        assert hfso.open_sealed(parent, sealed) == pattern(seed, length)
        cases.append({"length": length, "seed": seed, "parent_key": parent.hex(), "header": header.hex(),
                      "sealed_sha256": hashlib.sha256(sealed).hexdigest()})
    return {"plaintext": "SHA-256(seed, be64 0), SHA-256(seed, be64 1), …, cut to length", "objects": cases}


def keyring() -> dict:
    install, master, version = pattern("install", 16), key("master"), 2
    subkeys = master_subkeys(master, install, version)
    entries = [(bytes(16), 1, 1, 0), (pattern("workspace", 16), 1, 3, 1_800_000_000_000),
               (pattern("workspace", 16), 2, 1, 0), (pattern("workspace", 16), 3, 2, 0)]
    ring = (b"HFKR\x01" + install + version.to_bytes(4, "big") + (9).to_bytes(8, "big")
            + (1_790_000_000_000).to_bytes(8, "big") + len(entries).to_bytes(4, "big"))
    described = []
    for workspace, key_version, state, retire_after in entries:
        name = f"{workspace.hex()} {key_version}"
        bound = (b"holdfast/v1/wrap" + install + workspace + key_version.to_bytes(4, "big")
                 + version.to_bytes(4, "big") + bytes([state]))
        nonce = pattern("wrap " + name, 12)
        ring += (workspace + key_version.to_bytes(4, "big") + bytes([state]) + retire_after.to_bytes(8, "big")
                 + nonce + AESGCM(subkeys["wrap"]).encrypt(nonce, key("root " + name), bound))
        described.append({"workspace": workspace.hex(), "version": key_version, "state": state,
                          "root_key": key("root " + name).hex()})
    ring += mac(subkeys["ring"], ring)
    return {"master": master.hex(), "seq": 9, "entries": described, "file": ring.hex()}


def main() -> None:
    if sys.argv[1:] not in (["--check"], ["--write"]):
        sys.exit(__doc__)
    failed = 0
    vectors = {"derive.json": derive(), "hfso.json": objects(), "keyring.json": keyring()}
    for name, vector in vectors.items():
        text = json.dumps(vector, indent=1, ensure_ascii=False) + "\n"
        if sys.argv[1] == "--write":
            (FOLDER / name).write_text(text, encoding="utf-8")
        elif (FOLDER / name).read_text(encoding="utf-8") != text:
            failed += 1
            print(f"{name} differs")
    print(f"{len(vectors) - failed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
