// Adds two 2-bit numbers with Toffoli gates (Cuccaro et al., quant-ph/0410184).
// a is 0, 1, 2 and 3 at once, b is 3: afterwards sum holds a + 3, and measuring gives one of
// four pairs. Not Clifford: it needs a simulator of states.
OPENQASM 3.0;
include "stdgates.inc";

gate majority x, y, z {
  cx z, y;
  cx z, x;
  ccx x, y, z;
}
gate unmajority x, y, z {
  ccx x, y, z;
  cx z, x;
  cx x, y;
}

qubit carry_in;
qubit[2] a;
qubit[2] b;
qubit carry_out;
bit[2] addend;
bit[3] sum;

h a;
x b;

majority carry_in, b[0], a[0];
majority a[0], b[1], a[1];
cx a[1], carry_out;
unmajority a[0], b[1], a[1];
unmajority carry_in, b[0], a[0];

addend = measure a;
sum[0] = measure b[0];
sum[1] = measure b[1];
sum[2] = measure carry_out;
