#!/usr/bin/env bash
# Calls every operation of the OpenAPI document with good and bad input, as two workspaces' programs.
#
# Fails on an answer that is a 5xx, that the document does not describe, or that does not fit its schemas;
# and when what a program of one workspace did can be seen in the other's file.
set -uo pipefail
cd "$(dirname "$0")/.."

BIN=$(dirname "$TEST_PYTHON")
EXAMPLES=${TEST_EXAMPLES:-12}
CHECKS=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance
CHECKS+=,response_schema_conformance,negative_data_rejection,missing_required_header,unsupported_method,ignored_auth
CHECKS+=,use_after_free,ensure_resource_availability

folder=$(mktemp -d)
data=$folder/data
"$PROGRAM_UNDER_TEST" demo --data "$data" --listen 127.0.0.1:0 --json >"$folder/facts" 2>"$folder/log" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$folder"' EXIT
for _ in $(seq 600); do
    [ -s "$folder/facts" ] && break
    kill -0 $server 2>/dev/null || break
    sleep 0.5
done
if ! [ -s "$folder/facts" ]; then
    cat "$folder/log"
    echo "0 passed, 1 failed"
    exit 1
fi
fact() { "$TEST_PYTHON" -c 'import json, sys; facts = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$folder/facts" "$1"; }
digest() { "$TEST_PYTHON" tests/oracles/workspace.py "$data" --digest "$1"; }
workspace_id() {
    "$PROGRAM_UNDER_TEST" --data "$data" workspace show "$1" --json | "$TEST_PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["id"])'
}

url=$(fact 'facts["url"]')
passed=0 failed=0
for number in 0 1; do
    slug=$(fact "facts['workspaces'][$number]['slug']")
    token=$(fact "facts['workspaces'][$number]['token']")
    other=$(workspace_id "$(fact "facts['workspaces'][1 - $number]['slug']")")
    before=$(digest "$other")
    echo "-- $slug"
    # The workspaces differ in their data alone; the second is asked less.
    "$BIN/schemathesis" --no-color run "$url/api/v1/openapi.json" --header "Authorization: Bearer $token" \
        --tls-verify "$data/tls/ca.pem" --checks "$CHECKS" --phases examples,coverage,fuzzing,stateful \
        --max-examples $((number == 0 ? EXAMPLES : EXAMPLES / 3 + 1)) --seed 7 --generation-deterministic \
        --continue-on-failure --warnings off --request-timeout 30 --workers 2 \
        --report junit --report-junit-path "$folder/$number.xml" --report-dir "$folder"
    counts=$("$TEST_PYTHON" - "$folder/$number.xml" <<'PYTHON'
import sys
import xml.etree.ElementTree as tree

cases = tree.parse(sys.argv[1]).getroot().findall(".//testcase")
bad = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
print(len(cases) - len(bad), len(bad))
PYTHON
    ) || counts="0 1"
    read -r good bad <<<"$counts"
    passed=$((passed + good)) failed=$((failed + bad))
    if [ -n "$before" ] && [ "$before" = "$(digest "$other")" ]; then
        passed=$((passed + 1))
    else
        echo "a program of $slug changed the other workspace"
        failed=$((failed + 1))
    fi
done
if ! kill -0 $server 2>/dev/null; then
    echo "the server ended while it was asked"
    failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
