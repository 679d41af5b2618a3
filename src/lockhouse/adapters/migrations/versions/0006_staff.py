"""Who works with the house, how they prove who they are, and what is open for them."""

from alembic import context, op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQLITE = (
    """CREATE TABLE attempts (
    scope INTEGER NOT NULL,
    tag BLOB NOT NULL,
    failures INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    PRIMARY KEY (scope, tag)
)
 WITHOUT ROWID,
 STRICT""",
    """CREATE TABLE ceremony (
    tag BLOB NOT NULL,
    kind INTEGER NOT NULL,
    staff BLOB NOT NULL,
    session BLOB NOT NULL,
    bound BLOB NOT NULL,
    box BLOB NOT NULL,
    until_at INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (tag)
)
 WITHOUT ROWID,
 STRICT""",
    """CREATE TABLE factor (
    staff BLOB NOT NULL,
    id BLOB NOT NULL,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    box BLOB NOT NULL,
    label BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (staff, id)
)
 WITHOUT ROWID,
 STRICT""",
    """CREATE TABLE factor_use (
    staff BLOB NOT NULL,
    id BLOB NOT NULL,
    counter INTEGER NOT NULL,
    at INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (staff, id)
)
 WITHOUT ROWID,
 STRICT""",
    """CREATE TABLE invite (
    tag BLOB NOT NULL,
    staff BLOB NOT NULL,
    kind INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (tag)
)
 WITHOUT ROWID,
 STRICT""",
    """CREATE TABLE session (
    tag BLOB NOT NULL,
    id BLOB NOT NULL,
    staff BLOB NOT NULL,
    level INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    step_up_at INTEGER NOT NULL,
    step_up_by BLOB NOT NULL,
    box BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (tag)
)
 WITHOUT ROWID,
 STRICT""",
    """CREATE TABLE staff (
    id BLOB NOT NULL,
    login_tag BLOB NOT NULL,
    box BLOB NOT NULL,
    state INTEGER NOT NULL,
    step TEXT NOT NULL,
    inviter BLOB NOT NULL,
    language TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    active_at INTEGER,
    link BLOB NOT NULL,
    sessions_from INTEGER NOT NULL,
    recovered_at INTEGER,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (id)
)
 WITHOUT ROWID,
 STRICT""",
    """CREATE TABLE staff_login (
    tag BLOB NOT NULL,
    staff BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (tag)
)
 WITHOUT ROWID,
 STRICT""",
    """CREATE TABLE staff_role (
    staff BLOB NOT NULL,
    role TEXT NOT NULL,
    state INTEGER NOT NULL,
    proposed_by TEXT NOT NULL,
    "by" TEXT NOT NULL,
    at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    entry BLOB NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (staff, role)
)
 WITHOUT ROWID,
 STRICT""",
)
POSTGRESQL = (
    """CREATE TABLE attempts (
    scope BIGINT NOT NULL,
    tag BYTEA NOT NULL,
    failures BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (scope, tag)
)""",
    """CREATE TABLE ceremony (
    tag BYTEA NOT NULL,
    kind BIGINT NOT NULL,
    staff BYTEA NOT NULL,
    session BYTEA NOT NULL,
    bound BYTEA NOT NULL,
    box BYTEA NOT NULL,
    until_at BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (tag)
)""",
    """CREATE TABLE factor (
    staff BYTEA NOT NULL,
    id BYTEA NOT NULL,
    kind BIGINT NOT NULL,
    state BIGINT NOT NULL,
    box BYTEA NOT NULL,
    label BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (staff, id)
)""",
    """CREATE TABLE factor_use (
    staff BYTEA NOT NULL,
    id BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    at BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (staff, id)
)""",
    """CREATE TABLE invite (
    tag BYTEA NOT NULL,
    staff BYTEA NOT NULL,
    kind BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (tag)
)""",
    """CREATE TABLE session (
    tag BYTEA NOT NULL,
    id BYTEA NOT NULL,
    staff BYTEA NOT NULL,
    level BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    step_up_at BIGINT NOT NULL,
    step_up_by BYTEA NOT NULL,
    box BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (tag)
)""",
    """CREATE TABLE staff (
    id BYTEA NOT NULL,
    login_tag BYTEA NOT NULL,
    box BYTEA NOT NULL,
    state BIGINT NOT NULL,
    step TEXT COLLATE "C" NOT NULL,
    inviter BYTEA NOT NULL,
    language TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    active_at BIGINT,
    link BYTEA NOT NULL,
    sessions_from BIGINT NOT NULL,
    recovered_at BIGINT,
    by TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (id)
)""",
    """CREATE TABLE staff_login (
    tag BYTEA NOT NULL,
    staff BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (tag)
)""",
    """CREATE TABLE staff_role (
    staff BYTEA NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    state BIGINT NOT NULL,
    proposed_by TEXT COLLATE "C" NOT NULL,
    by TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    entry BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    PRIMARY KEY (staff, role)
)""",
)


def upgrade() -> None:
    """Make the tables and the index in the identity store."""
    attributes = context.config.attributes
    if attributes["store"] == "identity":
        for statement in SQLITE if attributes["dialect"] == "sqlite" else POSTGRESQL:
            op.execute(statement)
        op.execute("CREATE INDEX session_staff ON session (staff)")
