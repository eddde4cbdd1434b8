#!/usr/bin/env bash
# What a newcomer sees first: the examples on three machines, tables, a page to look at.
set -euo pipefail
cd "$(dirname "$0")/.."
interlace=.venv/bin/interlace
net=examples/three-cities.yaml
mkdir -p demo
say() { printf '\n== %s\n' "$*"; }

say "[1/3] a network of three cities: interlace network show $net"
$interlace network show $net

line=demo/line.yaml
say "[2/3] an adder with Toffoli gates, over three small machines in a line: interlace run examples/adder.qasm --network $line"
$interlace network new line 3 --device ideal:4 --communication-qubits 2 \
  --link "rate=1kHz,fidelity=0.99" -o $line
$interlace run examples/adder.qasm --network $line --shots 512 --seed 7 --html demo/adder.html

say "[3/3] one entangled state over three cities: interlace run examples/ghz.qasm --network $net"
$interlace run examples/ghz.qasm --network $net --shots 4096 --seed 7 \
  --html demo/report.html --json demo/report.json --png demo/report.png

cat <<TXT

The whole report, with the map and the timeline: demo/report.html (open it in a browser)

Next:
  $interlace run examples/ghz.qasm --network $net --ideal
  $interlace distribute examples/ghz.qasm --network $net -o demo/plan.json --qasm demo/joint.qasm
  $interlace network new ring 4 --device ideal:6 --communication-qubits 2 -o demo/ring.yaml
TXT
