-- Who may do what, who is signed in, and what was done.

CREATE TABLE people (
    name TEXT NOT NULL PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('admin', 'reviewer', 'viewer')),
    -- A PHC string (argon2); this crate never sees the password.
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    -- SHA-256 of the token in hex: a stolen copy of the database opens no session.
    token_sha256 TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES people (name) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX sessions_of_person ON sessions (person);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- A chain: each row's hash covers its fields and the hash of the row before. Rows are only ever
-- added, and never refer to other tables: they outlive what they speak of.
CREATE TABLE audit (
    -- 1, 2, 3, … without a gap.
    id BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
