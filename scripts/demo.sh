#!/usr/bin/env bash
# What a newcomer sees first: the examples on three machines, tables, a page to look at.
set -euo pipefail
cd "$(dirname "$0")/.."
interlace=.venv/bin/interlace
net=examples/three-cities.yaml
mkdir -p demo
say() { printf '\n== %s\n' "$*"; }

say "[1/3] the network: interlace network check $net"
$interlace network check $net
say "[2/3] a program that is not Clifford: interlace run examples/adder.qasm --network $net"
$interlace run examples/adder.qasm --network $net --shots 1024 --seed 7 --html demo/adder.html --json demo/adder.json
say "[3/3] one state over three cities: interlace run examples/ghz.qasm --network $net"
$interlace run examples/ghz.qasm --network $net --shots 4096 --seed 7 \
  --html demo/report.html --json demo/report.json --png demo/report.png

cat <<TXT

Open demo/report.html in a browser: the map, the timeline, and where time and fidelity went.

Next:
  $interlace run examples/ghz.qasm --network $net --ideal
  $interlace distribute examples/ghz.qasm --network $net -o demo/plan.json --qasm demo/joint.qasm
  $interlace network show $net
TXT
