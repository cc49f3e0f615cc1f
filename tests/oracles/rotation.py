"""Compares the rule of rotation with `restic forget --dry-run` on synthetic snapshots.

    rotation.py          makes a throw-away repository with snapshots of chosen times and compares what is kept

Needs Debian's `restic` (0.14). Shares no code with the program: the rule is written down here once more, from its
statement. The cap of 160 days is ours alone, so every series ends within it. Takes about a second for each snapshot.
"""

import datetime as dt
import json
import os
import random
import subprocess
import sys
import tempfile

DAYS, WEEKS, MONTHS = 30, 12, 6


def kept(times: list[dt.datetime]) -> set[dt.datetime]:
    """One backup counts per calendar bucket in UTC; the newest of it is kept; the newest buckets that have one."""
    stays = set()
    for most, bucket in ((DAYS, lambda at: at.strftime("%Y-%m-%d")),
                         (WEEKS, lambda at: at.strftime("%G-%V")),
                         (MONTHS, lambda at: at.strftime("%Y-%m"))):
        newest = {}
        for at in sorted(times):
            newest[bucket(at)] = at
        stays.update(at for _, at in sorted(newest.items(), reverse=True)[:most])
    return stays


def restic(repository: str, *arguments: str) -> str:
    environment = {**os.environ, "RESTIC_PASSWORD": "throw-away", "TZ": "UTC", "RESTIC_CACHE_DIR": repository + ".cache"}
    run = subprocess.run(["restic", "-q", "-r", repository, *arguments], env=environment, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"restic {arguments[0]}: {run.stderr}")
    return run.stdout


def compare(name: str, times: list[dt.datetime]) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        repository, file = os.path.join(folder, "repository"), os.path.join(folder, "file")
        with open(file, "w", encoding="utf-8") as out:
            out.write("x")
        restic(repository, "init")
        for at in times:
            restic(repository, "backup", "--host", "one", "--time", at.strftime("%Y-%m-%d %H:%M:%S"), file)
        answer = restic(repository, "forget", "--dry-run", "--json", "--group-by", "host", "--keep-daily", str(DAYS),
                        "--keep-weekly", str(WEEKS), "--keep-monthly", str(MONTHS))
        theirs = {snapshot["time"][:19] for group in json.loads(answer) for snapshot in group["keep"]}
    ours = {at.strftime("%Y-%m-%dT%H:%M:%S") for at in kept(times)}
    print(f"{name}: {len(times)} snapshots, {len(ours)} kept by the rule, {len(theirs)} by restic",
          "equal" if ours == theirs else f"DIFFERENT: {sorted(ours ^ theirs)}")
    return ours == theirs


def main() -> None:
    def day(text: str) -> dt.datetime:
        return dt.datetime.fromisoformat(text)

    regular = [day("2026-11-20T02:15:00") - dt.timedelta(days=days) for days in range(0, 155, 2)]
    chance = random.Random(7)
    irregular = [day("2025-01-09T23:59:59") - dt.timedelta(minutes=chance.randrange(140 * 1440)) for _ in range(60)]
    year_end = [day("2021-01-10T12:00:00") - dt.timedelta(hours=9 * step) for step in range(60)]
    good = [compare("every other day", regular), compare("irregular, over a new year", irregular),
            compare("ISO week 53", year_end)]
    print(f"{sum(good)} passed, {len(good) - sum(good)} failed")
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
