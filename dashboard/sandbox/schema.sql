CREATE TABLE IF NOT EXISTS settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS people (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    password TEXT NOT NULL,
    login_generation INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY,
    handle TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    about TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'active',
    created_at TEXT NOT NULL,
    network TEXT NOT NULL DEFAULT 'sandbox'
);
CREATE TABLE IF NOT EXISTS roles (
    person_id TEXT NOT NULL REFERENCES people (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    role TEXT NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (person_id, account_id)
);
CREATE INDEX IF NOT EXISTS roles_by_account ON roles (account_id);
CREATE TABLE IF NOT EXISTS apps (
    client_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    secret_sha256 TEXT NOT NULL,
    secret_changed INTEGER NOT NULL DEFAULT 0,
    redirect_uris TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS grants (
    id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (id),
    client_id TEXT NOT NULL REFERENCES apps (client_id),
    scopes TEXT NOT NULL,
    created_at TEXT NOT NULL,
    refreshes INTEGER NOT NULL DEFAULT 0,
    ended_at TEXT,
    end_cause TEXT,
    asked TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS grants_by_person ON grants (person_id);
CREATE TABLE IF NOT EXISTS grant_accounts (
    grant_id TEXT NOT NULL REFERENCES grants (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    renew_by TEXT,
    PRIMARY KEY (grant_id, account_id)
);
CREATE INDEX IF NOT EXISTS grant_accounts_by_account ON grant_accounts (account_id);
CREATE TABLE IF NOT EXISTS withdrawals (
    grant_id TEXT NOT NULL REFERENCES grants (id),
    account_id TEXT NOT NULL REFERENCES accounts (id),
    scope TEXT NOT NULL,
    PRIMARY KEY (grant_id, account_id, scope)
);
CREATE TABLE IF NOT EXISTS codes (
    sha256 TEXT PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES apps (client_id),
    person_id TEXT NOT NULL REFERENCES people (id),
    redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL,
    account_ids TEXT NOT NULL,
    challenge TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used INTEGER NOT NULL DEFAULT 0,
    grant_id TEXT REFERENCES grants (id),
    asked TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS tokens (
    sha256 TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    grant_id TEXT NOT NULL REFERENCES grants (id),
    born_from TEXT,
    issued_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
);
CREATE INDEX IF NOT EXISTS tokens_by_grant ON tokens (grant_id);
CREATE INDEX IF NOT EXISTS tokens_by_parent ON tokens (born_from);
CREATE TABLE IF NOT EXISTS posts (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    text TEXT NOT NULL,
    kind TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS posts_newest ON posts (account_id, created_at, id);
CREATE TABLE IF NOT EXISTS idempotency (
    client_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,
    body_sha256 TEXT NOT NULL,
    post_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (client_id, account_id, key)
);
CREATE TABLE IF NOT EXISTS incoming (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    kind TEXT NOT NULL,
    author_name TEXT NOT NULL,
    author_handle TEXT NOT NULL,
    text TEXT NOT NULL,
    post_id TEXT REFERENCES posts (id),
    created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS incoming_newest ON incoming (account_id, created_at, id);
CREATE INDEX IF NOT EXISTS incoming_by_post ON incoming (post_id);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    calls TEXT NOT NULL,
    seconds REAL NOT NULL,
    remaining INTEGER,
    account_id TEXT REFERENCES accounts (id),
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    status INTEGER NOT NULL,
    error TEXT,
    client_id TEXT,
    person_id TEXT,
    grant_id TEXT,
    token_sha256 TEXT,
    fault TEXT
);
CREATE TABLE IF NOT EXISTS bound_keys (
    what TEXT PRIMARY KEY,
    thumbprint TEXT NOT NULL
);
