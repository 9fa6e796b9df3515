-- What Kamailio reads about workers, trunks and networks, in the shape its modules ask for (permissions 6, uac 5,
-- htable); the same in 5.6 and 6.0. Written by appliance/sip/tables.py only.
CREATE TABLE version (
    id INTEGER PRIMARY KEY,
    table_name VARCHAR(32) NOT NULL UNIQUE,
    table_version INTEGER NOT NULL
);
INSERT INTO version (table_name, table_version) VALUES ('address', 6), ('uacreg', 5);

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
