-- Everything the box remembers, except the pictures themselves (files under evidence/, see table evidence).
--
-- Times are wall-clock milliseconds since the Unix epoch, UTC (`_at`). Booleans are 0 and 1. Ids of rules and cameras are
-- names from files, not rows: history must outlive the file. This file is the newest schema; databases of older versions
-- get there through migrations.ts, and a test holds both to be the same. `PRAGMA user_version` is the schema version.

-- One row per process run. A row without stopped_at that is not the newest was killed, or the power failed: it explains
-- gaps. seen_at is refreshed about every minute, so that such a row still tells until when the box was alive.
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  stopped_at INTEGER,
  version TEXT NOT NULL
) STRICT;

-- One row per real-world occurrence. Never deleted by retention.
CREATE TABLE event (
  -- started_at * 1024 + a number within that millisecond: the primary key is the order of the Events page, so that one
  -- B-tree serves newest-first pages, time ranges and, as its row id, the full-text index without sorting.
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  rule_id TEXT NOT NULL,
  camera_id TEXT NOT NULL,
  -- The rule's sentence and the question as they were when it opened; the file may have changed since.
  words TEXT NOT NULL,
  question TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  started_at INTEGER NOT NULL,
  -- Capture time of the frame that decided: the last yes that is known for sure when the process dies.
  opened_at INTEGER NOT NULL,
  -- Capture time of the last yes frame; null while open.
  ended_at INTEGER,
  end_reason TEXT,
  score REAL NOT NULL,
  model TEXT NOT NULL,
  weights_hash TEXT NOT NULL,
  -- Its camera is lost: still open, but nobody sees it.
  stale INTEGER NOT NULL,
  -- Published changes so far; 0 while the alert is held back. Part of the idempotency key.
  revision INTEGER NOT NULL,
  alerted_at INTEGER,
  -- What people said of it. mark: was the event right?
  acknowledged_at INTEGER,
  acknowledged_by TEXT,
  mark TEXT CHECK (mark IN ('right', 'wrong')),
  marked_at INTEGER,
  marked_by TEXT,
  note TEXT NOT NULL DEFAULT '',
  noted_at INTEGER,
  noted_by TEXT,
  CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT;

-- An index ends in the primary key, so each of these gives its events newest first.
CREATE INDEX event_by_rule ON event (rule_id);
CREATE INDEX event_by_camera ON event (camera_id);
CREATE INDEX event_by_severity ON event (severity);
CREATE INDEX event_by_pair ON event (rule_id, camera_id);
CREATE INDEX event_by_mark ON event (mark) WHERE mark IS NOT NULL;
CREATE INDEX event_by_acknowledged ON event (acknowledged_at IS NULL);
-- At most one open event per rule and camera, held by the database itself.
CREATE UNIQUE INDEX event_open ON event (rule_id, camera_id) WHERE ended_at IS NULL;
-- When did this rule last alert on this camera: the cooldown after a restart.
CREATE INDEX event_alerted ON event (rule_id, camera_id, alerted_at) WHERE alerted_at IS NOT NULL;

-- Full-text search over events. External content: the words are stored once, in event. porter: "blocks" finds "blocked".
CREATE VIRTUAL TABLE event_text USING fts5 (
  words, question, note, rule_id, camera_id,
  content = 'event', content_rowid = 'key', tokenize = "porter unicode61 remove_diacritics 2"
);
CREATE TRIGGER event_text_insert AFTER INSERT ON event BEGIN
  INSERT INTO event_text (rowid, words, question, note, rule_id, camera_id)
  VALUES (new.key, new.words, new.question, new.note, new.rule_id, new.camera_id);
END;
-- Only the note ever changes of what is indexed.
CREATE TRIGGER event_text_note AFTER UPDATE OF note ON event WHEN old.note IS NOT new.note BEGIN
  INSERT INTO event_text (event_text, rowid, words, question, note, rule_id, camera_id)
  VALUES ('delete', old.key, old.words, old.question, old.note, old.rule_id, old.camera_id);
  INSERT INTO event_text (rowid, words, question, note, rule_id, camera_id)
  VALUES (new.key, new.words, new.question, new.note, new.rule_id, new.camera_id);
END;
CREATE TRIGGER event_text_delete AFTER DELETE ON event BEGIN
  INSERT INTO event_text (event_text, rowid, words, question, note, rule_id, camera_id)
  VALUES ('delete', old.key, old.words, old.question, old.note, old.rule_id, old.camera_id);
END;

-- Changes to be told, written in the transaction that changes the event. AUTOINCREMENT: an id must never be used again,
-- because delivery remembers ids in flight.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  -- Event id, phase and revision: a receiver that sees it twice knows.
  key TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL CHECK (type IN ('new', 'update', 'end')),
  -- The change as JSON, frozen at its commit: what is delivered late still says what was true then.
  body TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
-- What may be dropped when too much waits: updates, oldest first.
CREATE INDEX outbox_updates ON outbox (id) WHERE type = 'update';

-- Which channel still has to deliver which message. A message without any is deleted.
CREATE TABLE undelivered (
  channel TEXT NOT NULL,
  outbox_id INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
  PRIMARY KEY (channel, outbox_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX undelivered_by_message ON undelivered (outbox_id);

-- Pictures of events. The file is durable before its row is committed; a file without a row is left-over and swept, a
-- row without a file was lost outside our hands.
CREATE TABLE evidence (
  id INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('deciding', 'before', 'best')),
  captured_at INTEGER NOT NULL,
  -- Below the folder evidence/.
  path TEXT NOT NULL UNIQUE,
  bytes INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  -- Score of the expected answer on this very picture; null when it was not asked.
  score REAL
) STRICT;
CREATE INDEX evidence_by_event ON evidence (event_id);
CREATE INDEX evidence_by_age ON evidence (captured_at);

-- What was asked of a camera: one question of one rule. A rule that asks something else gets a new row, so that a stored
-- score always belongs to the question it answered.
CREATE TABLE asked (
  id INTEGER PRIMARY KEY,
  rule_id TEXT NOT NULL,
  camera_id TEXT NOT NULL,
  question TEXT NOT NULL,
  expects TEXT NOT NULL,
  -- Empty: the whole picture.
  zone TEXT NOT NULL,
  UNIQUE (rule_id, camera_id, question, expects, zone)
) STRICT;

-- Score over time: one row per judged frame and question, about 25 bytes. Clustered by question, because timelines and
-- backtests read one question over a long time. Written in batches; a power cut may cost the last seconds.
CREATE TABLE verdict (
  asked_id INTEGER NOT NULL REFERENCES asked (id),
  captured_at INTEGER NOT NULL,
  -- y, n or ? (unknown).
  value TEXT NOT NULL,
  -- Why unknown; null otherwise.
  cause TEXT,
  -- Ten-thousandths: two bytes instead of eight.
  score INTEGER,
  mass INTEGER,
  PRIMARY KEY (asked_id, captured_at)
) STRICT, WITHOUT ROWID;

-- How many verdicts each UTC day holds: retention by bytes without counting millions of rows.
CREATE TABLE verdict_day (
  day INTEGER PRIMARY KEY,
  verdicts INTEGER NOT NULL
) STRICT;

-- Who may log in. password_hash names its algorithm and parameters; the web part makes and checks it.
CREATE TABLE user (
  name TEXT PRIMARY KEY COLLATE NOCASE,
  password_hash TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at INTEGER NOT NULL
) STRICT;

-- Logins in force. Only the hex SHA-256 of the token is stored: who reads the file cannot log in with it.
CREATE TABLE session (
  token_hash TEXT PRIMARY KEY,
  user_name TEXT NOT NULL COLLATE NOCASE REFERENCES user (name) ON DELETE CASCADE ON UPDATE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user_name);

-- How much of its scheduled time each rule was watched: one row per hour (UTC), rule and camera. Sums are milliseconds;
-- evaluated, gated and all of coverage_loss make up scheduled.
CREATE TABLE coverage (
  from_at INTEGER NOT NULL,
  rule_id TEXT NOT NULL,
  camera_id TEXT NOT NULL,
  scheduled_ms REAL NOT NULL,
  evaluated_ms REAL NOT NULL,
  -- Not asked because nothing had changed since the last answer.
  gated_ms REAL NOT NULL,
  -- The longest stretch without an answer that reaches into this hour; it may have begun before it.
  gap_ms REAL NOT NULL DEFAULT 0,
  gap_from_at REAL,
  gap_cause TEXT,
  PRIMARY KEY (from_at, rule_id, camera_id)
) STRICT, WITHOUT ROWID;

-- Why time was lost: an unknown's cause, dropped, or not-asked.
CREATE TABLE coverage_loss (
  from_at INTEGER NOT NULL,
  rule_id TEXT NOT NULL,
  camera_id TEXT NOT NULL,
  cause TEXT NOT NULL,
  ms REAL NOT NULL,
  PRIMARY KEY (from_at, rule_id, camera_id, cause),
  FOREIGN KEY (from_at, rule_id, camera_id) REFERENCES coverage ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Rules muted by a person until a time: recorded, but nobody is told.
CREATE TABLE silence (
  rule_id TEXT PRIMARY KEY,
  until_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Access for machines. Only the hex SHA-256 of the token is stored.
CREATE TABLE api_token (
  name TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  created_at INTEGER NOT NULL
) STRICT;

-- What rule files said, as far as this program wrote or replaced them. The files are the truth; this is for looking back and
-- for going back, also after a file was deleted. saved_by is null for what was written by hand.
CREATE TABLE rule_version (
  rule_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  saved_at INTEGER NOT NULL,
  saved_by TEXT,
  text TEXT NOT NULL,
  PRIMARY KEY (rule_id, number)
) STRICT, WITHOUT ROWID;

-- Who changed what, and when: what people (or machines with a token) did to events, rules, users and tokens. Names, not
-- references: it outlives them. who is null when it is not known (audit.ts tells). The newest 100,000 are kept.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  who TEXT,
  act TEXT NOT NULL,
  about TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
