"""`interlace catalogue`: published hardware, and real devices from providers' packages."""

from __future__ import annotations

import click

from interlace.cli.outputs import Outputs
from interlace.cli.talk import say, working

__all__ = ["show_catalogue"]


@click.command(name="catalogue")
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--json", "json_path", metavar="FILE", help="Write it as JSON; `-`: to stdout.")
@click.option(
    "-o", "device_path", metavar="FILE", help="Save a device or a snapshot as a device file."
)
def show_catalogue(name: str | None, json_path: str | None, device_path: str | None) -> None:
    """Show published hardware, or every value of NAME with its certainty and source.

    NAME is an entry of the catalogue (`ibm-heron-r2`, `hollow-core`) or a snapshot of a real
    device (`ibm:fez`, `iqm:garnet`).
    """
    from interlace.errors import SpecError

    if device_path is not None and name is None:
        raise SpecError("needs the NAME of a device or a snapshot", path="-o")
    outputs = Outputs.of({"--json": json_path, "-o": device_path}, inputs=())
    from interlace.network import catalogue_entry, is_snapshot_name

    if name is None:
        _show_all(outputs)
    elif is_snapshot_name(name):
        _show_snapshot(name, outputs)
    else:
        from interlace.cli.catalogue_table import device_file, entry_json, entry_table

        entry = catalogue_entry(name, path="NAME")
        if device_path is not None and entry.kind != "device":
            rule = f"is a {entry.kind}: only a device or a snapshot can be saved as a device file"
            raise SpecError(rule, value=name, path="-o")
        _write(outputs, entry_table(entry), entry_json(entry), device_file(entry))


def _show_all(outputs: Outputs) -> None:
    from interlace.cli.catalogue_table import catalogue_json, catalogue_table

    with working("looking for snapshots"):
        table, document = catalogue_table(), catalogue_json()
    _write(outputs, table, document, "")


def _show_snapshot(name: str, outputs: Outputs) -> None:
    from interlace.cli.catalogue_table import snapshot_file, snapshot_json, snapshot_table
    from interlace.network import snapshot

    with working(f"reading {name}"):
        found = snapshot(name, path="NAME")
    _write(outputs, snapshot_table(found), snapshot_json(found), snapshot_file(found))


def _write(outputs: Outputs, table: str, document: bytes, device: str) -> None:
    click.echo(table, err=outputs.takes_stdout, nl=False)
    outputs.write("--json", document)
    path = outputs.path("-o")
    if path is not None:
        outputs.write("-o", device.encode())
        if path != "-":
            say(f"{path}: a device file")
