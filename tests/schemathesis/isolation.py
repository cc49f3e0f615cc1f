"""Asks with one workspace's token for every record of the other: each must look exactly like one that never was.

    isolation.py FACTS    FACTS holds the line that `holdfast demo --json` printed

Ends with `N passed, N failed`.
"""

import json
import re
import sys
import time

import requests

NOBODY = 8_999_999_999_999
"""An id that no workspace has given out."""


class Program:
    """A program with the token of one workspace."""

    def __init__(self, facts: dict, workspace: dict) -> None:
        self.base = facts["url"] + "/api/v1"
        self.slug = workspace["slug"]
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = facts["ca_file"]
        self.session.headers["Authorization"] = "Bearer " + workspace["token"]

    def ask(self, method: str, path: str, **more) -> requests.Response:
        while True:
            answer = self.session.request(method, self.base + path, timeout=30, **more)
            if answer.status_code != 429:
                return answer
            # So many questions in so short a time: programs are asked to wait, and this one does.
            time.sleep(int(answer.headers.get("Retry-After", "1")))

    def ids(self, collection: str) -> list[int]:
        """The ids of a collection; every one, of every kind of record, page by page."""
        if collection in ("/duplicates", "/trash"):
            return self.page_by_page(collection, {"object": "contact"}) + self.page_by_page(collection, {"object": "company"})
        return self.page_by_page(collection, {})

    def page_by_page(self, collection: str, only: dict) -> list[int]:
        found, query = [], {"limit": 200, **only}
        while True:
            answer = self.ask("GET", collection, params=query)
            if answer.status_code == 422 and "limit" in query:
                del query["limit"]  # A collection that is always given whole takes none.
                continue
            if answer.status_code != 200:
                raise SystemExit(f"{self.slug}: GET {collection} answers {answer.status_code}: {answer.text}")
            page = answer.json()
            found += [record["id"] for record in page["data"] if "id" in record]
            if not page.get("next_cursor"):
                return found
            query["cursor"] = page["next_cursor"]


def singles(document: dict) -> list[tuple[str, str, str]]:
    """Each operation on one record: method, collection, path."""
    found = []
    for path, methods in document["paths"].items():
        collection = path.split("/{")[0]
        # Only what can be listed gives ids to ask for; the operator's API is no workspace's.
        is_listed = "get" in document["paths"].get(collection, {}) and not path.startswith("/operator/")
        if path.count("{") == 1 and is_listed:
            found += [(method.upper(), collection, path) for method in methods]
    return found


def body_for(document: dict, method: str, path: str) -> dict:
    """What makes a request complete, so that nothing but the id can be at fault."""
    more: dict = {"headers": {"If-Match": '"1"'}} if method in ("PATCH", "DELETE") else {}
    body = document["paths"][path][method.lower()].get("requestBody")
    if body:
        schema = body["content"]["application/json"]["schema"]
        schema = document["components"]["schemas"].get(schema.get("$ref", "").split("/")[-1], schema)
        needed = {name: schema["properties"][name].get("type") for name in schema.get("required", [])}
        samples = {"boolean": True, "integer": 1, "array": []}
        more["json"] = {name: samples.get(kind, "words") for name, kind in needed.items()}
    return more


def shape(answer: requests.Response, record: int) -> tuple:
    """All that an answer tells, but for what differs in any two answers."""
    # The status is compared by itself: record 404 is no different from others.
    text = re.sub(r'"status":\d+', '"status":0', answer.text)
    text = re.sub(rf"\b{record}\b", "ID", text)
    text = re.sub(r'"(instance|request_id)":"[^"]*"', r'"\1":"…"', text)
    moving = {"date", "x-request-id", "content-length", "server-timing"}
    headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in moving}
    return answer.status_code, text, tuple(sorted(headers.items()))


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        facts = json.load(file)
    programs = [Program(facts, workspace) for workspace in facts["workspaces"][:2]]
    document = programs[0].ask("GET", "/openapi.json").json()
    passed = failed = 0

    def check(holds: bool, words: str) -> None:
        nonlocal passed, failed
        if holds:
            passed += 1
        else:
            failed += 1
            print(words)

    for asking, asked in (programs, programs[::-1]):
        for method, collection, path in singles(document):
            fill = lambda record: re.sub(r"\{[^}]*\}", str(record), path)
            more = body_for(document, method, path)
            none = asking.ask(method, fill(NOBODY), **more)
            # Ids count up in every workspace, so only those are told apart that the asking one does not have itself.
            own = set(asking.ids(collection))
            foreign = [record for record in asked.ids(collection) if record not in own]
            differing = [record for record in foreign[:40] + foreign[-40:]
                         if shape(asking.ask(method, fill(record), **more), record) != shape(none, NOBODY)]
            check(none.status_code == 404, f"{asking.slug}: {method} {fill(NOBODY)} answers {none.status_code}: {none.text}")
            check(not differing, f"{asking.slug}: {method} {path} tells {differing[:5]} of {asked.slug} from none")
        # What both have by number is each one's own.
        for collection in ("/contacts", "/companies", "/notes"):
            mine, theirs = (program.ask("GET", collection, params={"limit": 20, "sort": "id"}) for program in (asking, asked))
            if mine.status_code != 200:
                mine, theirs = (program.ask("GET", collection, params={"limit": 20}) for program in (asking, asked))
            check(mine.json()["data"] != theirs.json()["data"], f"{asking.slug} and {asked.slug} have the same {collection}")

    # A token that is ended is worth nothing, whichever workspace it was of.
    program = programs[1]
    for record in program.ids("/tokens"):
        program.ask("DELETE", f"/tokens/{record}")
    check(program.ask("GET", "/contacts").status_code == 401, "a program went on after its token was ended")
    check(programs[0].ask("GET", "/contacts").status_code == 200, "ending one workspace's tokens locked the other out")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
