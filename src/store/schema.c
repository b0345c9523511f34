/* schema.c - the tables, and why their indexes are what they are.
 *
 * alert       one row an alert, `seq` in order of making and never used twice.
 * delivery    one row an alert and sink. status 0 pending, 1 delivered, 2 dead. due_ns 0 = never
 *             tried: such a row is due whatever the clock says, so that a clock set back holds
 *             up retries only. AUTOINCREMENT: the outbox reads on from the last id it saw, which
 *             an id used again would defeat.
 * waiting     pending rows by age: new ones are read in order from a cursor on, and the oldest
 *             pending is its first entry.
 * due         pending rows that wait for another attempt, by time.
 *             Both are partial: what is delivered leaves them, so they stay as small as the
 *             backlog.
 * state       opaque blobs with a checksum over room, key and blob.
 * position    per partition, the offset that the state stands at. */
#include "schema.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *schema_script(void)
{
	return "CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	       "CREATE TABLE alert(seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
	       " rule TEXT NOT NULL, event_ns INTEGER NOT NULL, outbox_ns INTEGER NOT NULL,"
	       " json TEXT NOT NULL);"
	       "CREATE TABLE delivery(id INTEGER PRIMARY KEY AUTOINCREMENT,"
	       " alert_seq INTEGER NOT NULL REFERENCES alert(seq), sink TEXT NOT NULL,"
	       " status INTEGER NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0,"
	       " due_ns INTEGER NOT NULL DEFAULT 0, first_ns INTEGER NOT NULL DEFAULT 0,"
	       " ended_ns INTEGER NOT NULL DEFAULT 0, error TEXT);"
	       "CREATE INDEX delivery_waiting ON delivery(sink, id, due_ns) WHERE status = 0;"
	       "CREATE INDEX delivery_due ON delivery(sink, due_ns, id)"
	       " WHERE status = 0 AND due_ns > 0;"
	       "CREATE INDEX delivery_alert ON delivery(alert_seq);"
	       "CREATE TABLE position(topic TEXT NOT NULL, partition INTEGER NOT NULL,"
	       " next_offset INTEGER NOT NULL, warm_offset INTEGER NOT NULL,"
	       " PRIMARY KEY(topic, partition)) WITHOUT ROWID;"
	       "CREATE TABLE state(room TEXT NOT NULL, key BLOB NOT NULL, blob BLOB NOT NULL,"
	       " crc INTEGER NOT NULL, PRIMARY KEY(room, key)) WITHOUT ROWID;"
	       "INSERT INTO meta VALUES('starts', '0');"
	       "PRAGMA application_id = " TEXT(SCHEMA_APPLICATION) ";"
								   "PRAGMA user_version = " TEXT(
									   SCHEMA_VERSION) ";";
}
