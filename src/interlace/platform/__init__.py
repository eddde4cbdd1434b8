"""What every service stands on, and the only thing that services share. It knows none of them.

    store        open_store, Store, Transaction, load_statements, load_migrations
    audit        AuditTrail: rows in a hash chain, in the transaction that they tell of
    secrets      Secret, Vault: what the store holds is sealed, and bound to its place
    epoch        open_epoch: a store that was restored is told from one that stopped
    TLS          ServerTls, client_context, peer_identity, Authority
    operation    load_config, run_service, ChildProcesses, Health, Operations, log_event
    time         Clock
    tests        KillPoints, ManualClock

`async` begins here: stages below are synchronous and pure.
"""

from __future__ import annotations

from interlace.platform.audit import AuditBreak, AuditEvent, AuditHead, AuditTrail, AuditVerdict
from interlace.platform.authority import Authority, Issued, load_authority, new_authority
from interlace.platform.backup import back_up_postgres, back_up_sqlite, restore_sqlite
from interlace.platform.children import NEVER_RAN, BackOff, ChildCommand, ChildProcesses
from interlace.platform.clock import ManualClock, SystemClock, date_of, instant_text
from interlace.platform.config import load_config
from interlace.platform.epoch import (
    EpochFile,
    EpochOpening,
    EpochRecord,
    keep_head,
    open_epoch,
    raise_epoch,
)
from interlace.platform.failures import (
    ConstraintError,
    OutcomeUnknownError,
    SealError,
    ServiceError,
    StoreError,
    StoreFailedError,
    StoreUnavailableError,
    cannot_listen,
)
from interlace.platform.faults import KillPoints
from interlace.platform.handshakes import FailedHandshakes
from interlace.platform.hardening import forbid_core_dumps
from interlace.platform.health import Check, Health, Phase
from interlace.platform.migrations import Migration, Migrations, load_migrations, migrate
from interlace.platform.opening import open_store
from interlace.platform.operations import Operations
from interlace.platform.ports import Clock, Dialect, Row, Store, Transaction, Value, Work
from interlace.platform.private_files import (
    demand_private,
    hold_folder,
    read_private,
    sync_folder,
    write_private,
)
from interlace.platform.repeats import LimitedLog
from interlace.platform.sealing import (
    Secret,
    Vault,
    bound,
    create_kek,
    demand_kek,
    open_vault,
    read_kek,
    rewrap,
    shred,
)
from interlace.platform.statements import (
    Statement,
    Statements,
    load_statements,
    parse_statements,
)
from interlace.platform.supervise import Background, Part, run_service, serve, watch_store
from interlace.platform.telemetry import (
    METRICS_TYPE,
    Field,
    JsonFormatter,
    log_event,
    log_scope,
    metrics_text,
    new_metrics,
    new_request_id,
    request_scope,
    set_up_logs,
)
from interlace.platform.tls import (
    IdentityRule,
    PeerIdentity,
    ServerIdentity,
    ServerTls,
    TlsFiles,
    TlsMinimum,
    client_context,
    peer_identity,
)

__all__ = [
    "METRICS_TYPE",
    "NEVER_RAN",
    "AuditBreak",
    "AuditEvent",
    "AuditHead",
    "AuditTrail",
    "AuditVerdict",
    "Authority",
    "BackOff",
    "Background",
    "Check",
    "ChildCommand",
    "ChildProcesses",
    "Clock",
    "ConstraintError",
    "Dialect",
    "EpochFile",
    "EpochOpening",
    "EpochRecord",
    "FailedHandshakes",
    "Field",
    "Health",
    "IdentityRule",
    "Issued",
    "JsonFormatter",
    "KillPoints",
    "LimitedLog",
    "ManualClock",
    "Migration",
    "Migrations",
    "Operations",
    "OutcomeUnknownError",
    "Part",
    "PeerIdentity",
    "Phase",
    "Row",
    "SealError",
    "Secret",
    "ServerIdentity",
    "ServerTls",
    "ServiceError",
    "Statement",
    "Statements",
    "Store",
    "StoreError",
    "StoreFailedError",
    "StoreUnavailableError",
    "SystemClock",
    "TlsFiles",
    "TlsMinimum",
    "Transaction",
    "Value",
    "Vault",
    "Work",
    "back_up_postgres",
    "back_up_sqlite",
    "bound",
    "cannot_listen",
    "client_context",
    "create_kek",
    "date_of",
    "demand_kek",
    "demand_private",
    "forbid_core_dumps",
    "hold_folder",
    "instant_text",
    "keep_head",
    "load_authority",
    "load_config",
    "load_migrations",
    "load_statements",
    "log_event",
    "log_scope",
    "metrics_text",
    "migrate",
    "new_authority",
    "new_metrics",
    "new_request_id",
    "open_epoch",
    "open_store",
    "open_vault",
    "parse_statements",
    "peer_identity",
    "raise_epoch",
    "read_kek",
    "read_private",
    "request_scope",
    "restore_sqlite",
    "rewrap",
    "run_service",
    "serve",
    "set_up_logs",
    "shred",
    "sync_folder",
    "watch_store",
    "write_private",
]
