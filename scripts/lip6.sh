#!/usr/bin/env bash
# A third party's client against a network of two entities: the LIP6's etsi-qkd-014-client.
# It is LGPL-3 and no part of interlace, so it lives in an environment that ends with this script.
set -euo pipefail
cd "$(dirname "$0")/.."
interlace=$PWD/.venv/bin/interlace
work=$(mktemp -d)
up=
leave() {
  if [ -n "$up" ]; then kill -INT "$up" 2>/dev/null || true; wait "$up" || true; fi
  rm -rf "$work"
}
trap leave EXIT

python3 -m venv "$work/client"
"$work/client/bin/pip" --disable-pip-version-check install -q etsi-qkd-014-client==0.9.0

cat > "$work/two.yaml" <<END
interlace: 1
name: two
kmes: {kme-a: {}, kme-b: {}}
saes:
  sae-a: {kme: kme-a}
  sae-b: {kme: kme-b}
  sae-c: {kme: kme-b}
links:
  kme-a--kme-b: {length: 5 km, qkd: {protocol: decoy-bb84}}
END
"$interlace" kms init "$work/net" --network "$work/two.yaml"
set -m # its own process group, and Ctrl-C is not ignored
"$interlace" kms up "$work/net" --isolate >"$work/up.log" 2>&1 &
up=$!
set +m
for _ in $(seq 120); do
  "$interlace" kms status "$work/net" --json "$work/status.json" >/dev/null 2>&1 || true
  if grep -q '"ready": true' "$work/status.json" 2>/dev/null; then break; fi
  kill -0 "$up" 2>/dev/null || { cat "$work/up.log" >&2; exit 1; }
  sleep 0.5
done
"$work/client/bin/python" scripts/lip6_client.py "$work/status.json" || { cat "$work/up.log" >&2; exit 1; }
