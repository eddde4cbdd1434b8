-- Tombstones by age, for when they are old enough to go; and how many keys are available, kept by
-- the database itself in the transaction that changes it, for counting them takes longer than
-- anything else.

CREATE INDEX kms_key_tombstone ON kms_key (expires_us) WHERE sealed IS NULL;

CREATE TABLE kms_stock (
    role TEXT NOT NULL,
    master TEXT NOT NULL,
    slave TEXT NOT NULL,
    count BIGINT NOT NULL,     -- rows of kms_key that are available
    PRIMARY KEY (role, master, slave)
) WITHOUT ROWID;

INSERT INTO kms_stock (role, master, slave, count)
SELECT role, master, slave, count(*) FROM kms_key WHERE state = 'available'
GROUP BY role, master, slave;

CREATE TRIGGER kms_stock_added AFTER INSERT ON kms_key WHEN NEW.state = 'available'
BEGIN
    INSERT INTO kms_stock (role, master, slave, count) VALUES (NEW.role, NEW.master, NEW.slave, 1)
    ON CONFLICT (role, master, slave) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER kms_stock_risen AFTER UPDATE OF state ON kms_key
WHEN NEW.state = 'available' AND OLD.state <> 'available'
BEGIN
    INSERT INTO kms_stock (role, master, slave, count) VALUES (NEW.role, NEW.master, NEW.slave, 1)
    ON CONFLICT (role, master, slave) DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER kms_stock_fallen AFTER UPDATE OF state ON kms_key
WHEN NEW.state <> 'available' AND OLD.state = 'available'
BEGIN
    UPDATE kms_stock SET count = count - 1
    WHERE role = OLD.role AND master = OLD.master AND slave = OLD.slave;
END;
