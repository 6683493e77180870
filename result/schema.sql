-- SPDX-License-Identifier: GPL-2.0-or-later
-- Schema of a results database, version 1.  Times are nanoseconds, shares
-- millionths (ppm).  Names of operations and phases: result/result.h; of
-- metrics: result/metric.def.  Changes are further scripts, one per version
-- (PRAGMA user_version; result/schema.c), never edits of this one.

CREATE TABLE run (
	id		INTEGER PRIMARY KEY,
	time		TEXT NOT NULL,		-- when it was stored, UTC
	version		TEXT NOT NULL,		-- commit of mmulab
	trace		TEXT NOT NULL,
	trace_hash	TEXT NOT NULL,
	arch		TEXT NOT NULL,
	kernel		TEXT NOT NULL,
	runtime		TEXT NOT NULL CHECK (runtime IN ('vtime', 'threads')),
	pacing		TEXT NOT NULL,
	seed		INTEGER NOT NULL,	-- 64 bits, shown as signed
	clones		INTEGER NOT NULL,
	policy		TEXT NOT NULL,
	policy_text	TEXT NOT NULL,
	costs_text	TEXT NOT NULL,
	host_text	TEXT NOT NULL,
	assumed		TEXT NOT NULL,		-- facts the trace lacks and --assume granted
	command		TEXT NOT NULL,		-- how to repeat it
	status		TEXT NOT NULL,
	-- Times under real threads were measured; in virtual time a cost model made them.
	figures		TEXT NOT NULL GENERATED ALWAYS AS
			(CASE runtime WHEN 'threads' THEN 'measured' ELSE 'modelled' END) VIRTUAL
) STRICT;

CREATE TABLE knob (
	run		INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
	name		TEXT NOT NULL,
	value		TEXT NOT NULL,
	PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE metric (
	run		INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
	name		TEXT NOT NULL,
	unit		TEXT NOT NULL,		-- ns, ppm, count, bytes
	value		INTEGER NOT NULL,
	PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

-- One histogram; its percentiles are kept beside it for clients that cannot read the blob (result/hist.c).
CREATE TABLE hist (
	run		INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
	op		TEXT NOT NULL,
	phase		TEXT NOT NULL,
	n		INTEGER NOT NULL,
	min_ns		INTEGER NOT NULL,
	mean_ns		INTEGER NOT NULL,
	p50_ns		INTEGER NOT NULL,
	p90_ns		INTEGER NOT NULL,
	p99_ns		INTEGER NOT NULL,
	p999_ns		INTEGER NOT NULL,
	max_ns		INTEGER NOT NULL,
	blob		BLOB NOT NULL,
	PRIMARY KEY (run, op, phase)
) STRICT;

-- How long operations of one kind waited for mmu_lock while one of another kind held it.
CREATE TABLE blame (
	run		INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
	waiter		TEXT NOT NULL,
	holder		TEXT NOT NULL,
	ns		INTEGER NOT NULL,
	n		INTEGER NOT NULL,
	PRIMARY KEY (run, waiter, holder)
) STRICT, WITHOUT ROWID;

-- Time lines: value over [t, t + width), a maximum or a sum by the name's last part; buckets without records are absent.
CREATE TABLE series (
	run		INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
	name		TEXT NOT NULL,
	t		INTEGER NOT NULL,
	width		INTEGER NOT NULL,
	value		INTEGER NOT NULL,
	PRIMARY KEY (run, name, t)
) STRICT, WITHOUT ROWID;

CREATE VIEW latency AS
	SELECT hist.run, run.policy, op, phase, n, min_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns, mean_ns, figures
	FROM hist JOIN run ON run.id = hist.run;

CREATE VIEW stall AS
	SELECT run.id AS run, policy, trace, clones, s.value AS stall_ns, p.value AS share_ppm, figures
	FROM run JOIN metric AS s ON s.run = run.id AND s.name = 'stall'
	LEFT JOIN metric AS p ON p.run = run.id AND p.name = 'stall_share';

CREATE VIEW blame_matrix AS
	SELECT blame.run, run.policy, waiter, holder, ns, n,
		CAST(ns * 1e6 / nullif(sum(ns) OVER (PARTITION BY blame.run), 0) AS INTEGER) AS share_ppm, figures
	FROM blame JOIN run ON run.id = blame.run;

CREATE VIEW summary AS
	SELECT metric.run, run.policy, trace, clones, name, unit, value, figures
	FROM metric JOIN run ON run.id = metric.run;
