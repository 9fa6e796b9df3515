-- Registered phones, in the shape that usrloc asks for (version 9, the same in 5.6 and 6.0). Kamailio's timer process
-- is the only writer: db_sqlite of 5.6 does not wait for a lock, so a second writer would make it lose rows.
CREATE TABLE version (
    id INTEGER PRIMARY KEY,
    table_name VARCHAR(32) NOT NULL UNIQUE,
    table_version INTEGER NOT NULL
);
INSERT INTO version (table_name, table_version) VALUES ('location', 9);

CREATE TABLE location (
    id INTEGER PRIMARY KEY,
    ruid VARCHAR(64) NOT NULL UNIQUE,
    username VARCHAR(64) NOT NULL,
    domain VARCHAR(64),
    contact VARCHAR(512) NOT NULL,
    received VARCHAR(128),
    path VARCHAR(512),
    expires BIGINT NOT NULL DEFAULT 0,
    q REAL NOT NULL DEFAULT 1.0,
    callid VARCHAR(255) NOT NULL,
    cseq INTEGER NOT NULL DEFAULT 1,
    last_modified BIGINT NOT NULL DEFAULT 0,
    flags INTEGER NOT NULL DEFAULT 0,
    cflags INTEGER NOT NULL DEFAULT 0,
    user_agent VARCHAR(255) NOT NULL DEFAULT '',
    socket VARCHAR(64),
    methods INTEGER,
    instance VARCHAR(255),
    reg_id INTEGER NOT NULL DEFAULT 0,
    server_id INTEGER NOT NULL DEFAULT 0,
    connection_id INTEGER NOT NULL DEFAULT 0,
    keepalive INTEGER NOT NULL DEFAULT 0,
    partition INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX location_contact ON location (username, contact);
CREATE INDEX location_expires ON location (expires);
CREATE INDEX location_connection ON location (server_id, connection_id);
