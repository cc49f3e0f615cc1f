"""Opens the slots of an installation with Debian's `argon2`, from the written format alone (KEY-3).

    slots.py DATA passphrase        the passphrase comes on standard input
    slots.py DATA recovery-code     the recovery code comes on standard input

Prints the cost written in the slot and how many root keys the master key then opens. Ends with 3 when the
salt holds a zero byte: the command line cannot carry that one, so another installation must be made.
"""

import pathlib
import subprocess
import sys
import unicodedata

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import vectors
import workspace

SHARED, SLOT, BOUND = 33, 89, 29
KINDS = {"passphrase": 1, "recovery-code": 2}


def argon2id(secret: bytes, salt: bytes, memory_kib: int, passes: int, lanes: int) -> bytes:
    cost = ["-t", str(passes), "-k", str(memory_kib), "-p", str(lanes)]
    command = [b"argon2", salt, *(word.encode() for word in ["-id", "-v", "13", "-l", "32", "-r", *cost])]
    return bytes.fromhex(subprocess.run(command, input=secret, capture_output=True, check=True).stdout.decode())


def recovery_key(typed: str, salt: bytes) -> bytes:
    symbols = typed.strip().replace("-", "").removeprefix("HFRC1")
    code = workspace.decode(symbols[:52])
    return vectors.expand(vectors.mac(salt, code), b"holdfast/v1/recovery-slot")


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[2] not in KINDS:
        sys.exit(__doc__)
    data, kind = pathlib.Path(sys.argv[1]), KINDS[sys.argv[2]]
    secret = sys.stdin.read().rstrip("\n")
    content = (data / "keys/slots").read_bytes()
    assert content[:5] == b"HFKS\x01", "not a file of slots"
    count, rest = content[SHARED], content[SHARED + 1 :]
    assert len(rest) == count * SLOT, "the file has another length than it says"
    (slot,) = [rest[at : at + SLOT] for at in range(0, len(rest), SLOT) if rest[at] == kind]
    cost = [int.from_bytes(slot[at : at + 4], "big") for at in (1, 5, 9)]
    salt, nonce, sealed = slot[13:29], slot[29:41], slot[41:]
    if kind == 1:
        if 0 in salt:
            sys.exit(3)
        key = argon2id(unicodedata.normalize("NFKC", secret).encode(), salt, *cost)
    else:
        assert cost == [0, 0, 0], "a recovery code needs no work"
        key = recovery_key(secret, salt)
    bound = b"holdfast/v1/slot" + content[:SHARED] + slot[:BOUND]
    master = AESGCM(key).decrypt(nonce, sealed, bound)
    install, version = content[5:21], int.from_bytes(content[21:25], "big")
    subkeys = vectors.master_subkeys(master, install, version)
    assert subkeys["check_value"] == content[25:33], "the check value does not fit the master key"
    keys = workspace.root_keys((data / "keys/keyring").read_bytes(), master)
    print(f"{cost[0]} KiB, {cost[1]} passes, {cost[2]} lanes: {len(keys)} root keys")


if __name__ == "__main__":
    main()
