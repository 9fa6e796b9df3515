-- Tables that Kamailio's modules ask for, in their shape (usrloc 9, permissions 6, uac 5, htable); the same in 5.6 and 6.0.
CREATE TABLE version (
    id INTEGER PRIMARY KEY,
    table_name VARCHAR(32) NOT NULL UNIQUE,
    table_version INTEGER NOT NULL
);
INSERT INTO version (table_name, table_version) VALUES ('location', 9), ('address', 6), ('uacreg', 5);

-- usrloc: one row for each registered phone; written by Kamailio only
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

-- permissions: networks that calls may come from; group 1 trunks (tag: trunk id), group 2 trusted
CREATE TABLE address (
    id INTEGER PRIMARY KEY,
    grp INTEGER NOT NULL,
    ip_addr VARCHAR(50) NOT NULL,
    mask INTEGER NOT NULL DEFAULT 32,
    port INTEGER NOT NULL DEFAULT 0,
    tag VARCHAR(64)
);

-- uac: accounts that we register with providers; l_uuid is the user of our Contact there
CREATE TABLE uacreg (
    id INTEGER PRIMARY KEY,
    l_uuid VARCHAR(64) NOT NULL UNIQUE,
    l_username VARCHAR(64) NOT NULL,
    l_domain VARCHAR(64) NOT NULL,
    r_username VARCHAR(64) NOT NULL,
    r_domain VARCHAR(64) NOT NULL,
    realm VARCHAR(64) NOT NULL,
    auth_username VARCHAR(64) NOT NULL,
    auth_password VARCHAR(128) NOT NULL,
    auth_ha1 VARCHAR(128) NOT NULL,
    auth_proxy VARCHAR(255) NOT NULL,
    expires INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    reg_delay INTEGER NOT NULL,
    contact_addr VARCHAR(255) NOT NULL,
    socket VARCHAR(128) NOT NULL
);

-- htable: worker id <-> URI
CREATE TABLE worker (
    id INTEGER PRIMARY KEY,
    key_name VARCHAR(255) NOT NULL,
    key_type INTEGER NOT NULL DEFAULT 0,
    value_type INTEGER NOT NULL DEFAULT 0,
    key_value VARCHAR(255) NOT NULL,
    expires INTEGER NOT NULL DEFAULT 0
);
-- htable: what the routes ask about a trunk
CREATE TABLE trunk (
    id INTEGER PRIMARY KEY,
    key_name VARCHAR(255) NOT NULL,
    key_type INTEGER NOT NULL DEFAULT 0,
    value_type INTEGER NOT NULL DEFAULT 0,
    key_value VARCHAR(255) NOT NULL,
    expires INTEGER NOT NULL DEFAULT 0
);
-- htable: trunk id -> user of our Contact there
CREATE TABLE registration (
    id INTEGER PRIMARY KEY,
    key_name VARCHAR(255) NOT NULL,
    key_type INTEGER NOT NULL DEFAULT 0,
    value_type INTEGER NOT NULL DEFAULT 0,
    key_value VARCHAR(255) NOT NULL,
    expires INTEGER NOT NULL DEFAULT 0
);
