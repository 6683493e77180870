-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 3: what a run stands for in a trend, jobs of a sweep, figures from
-- elsewhere, heat maps, fidelity, and indexes for many thousand runs.

-- What looks at table run stands aside while it is built anew: SQLite cannot change a CHECK.
DROP VIEW latency;
DROP VIEW stall;
DROP VIEW blame_matrix;
DROP VIEW summary;

-- Long texts come last, so that looking through the rest does not read them.
CREATE TABLE run_3 (
	id		INTEGER PRIMARY KEY,
	time		TEXT NOT NULL,		-- when it was stored, UTC
	version		TEXT NOT NULL,		-- commit of mmulab
	branch		TEXT NOT NULL,		-- '': unknown
	subject		TEXT NOT NULL,		-- commit, kernel or state it stands for in a trend; '': version
	job		TEXT NOT NULL,		-- identity of a sweep's job; '': of none
	origin		TEXT NOT NULL CHECK (origin IN ('replay', 'selftest')),
	trace		TEXT NOT NULL,
	trace_hash	TEXT NOT NULL,
	arch		TEXT NOT NULL,
	kernel		TEXT NOT NULL,
	runtime		TEXT NOT NULL CHECK (runtime IN ('vtime', 'threads', 'hardware')),
	-- In virtual time a cost model made them; under threads or on hardware somebody measured, or printed, them.
	figures		TEXT NOT NULL CHECK (figures IN ('modelled', 'measured', 'published')),
	pacing		TEXT NOT NULL,
	access		TEXT NOT NULL,		-- access model: none, model
	time_scale	TEXT NOT NULL,		-- by what recorded times were multiplied
	seed		INTEGER NOT NULL,	-- 64 bits, shown as signed
	clones		INTEGER NOT NULL,
	policy		TEXT NOT NULL,
	assumed		TEXT NOT NULL,		-- facts the trace lacks and --assume granted
	status		TEXT NOT NULL,
	command		TEXT NOT NULL,		-- how to repeat it
	policy_text	TEXT NOT NULL,
	costs_text	TEXT NOT NULL,
	host_text	TEXT NOT NULL,
	CHECK ((runtime = 'vtime') = (figures = 'modelled'))
) STRICT;

INSERT INTO run_3 (id, time, version, branch, subject, job, origin, trace, trace_hash, arch, kernel, runtime, figures,
		   pacing, access, time_scale, seed, clones, policy, assumed, status, command,
		   policy_text, costs_text, host_text)
	SELECT id, time, version, '', '', '', 'replay', trace, trace_hash, arch, kernel, runtime, figures,
		pacing, access, time_scale, seed, clones, policy, assumed, status, command,
		policy_text, costs_text, host_text
	FROM run;
-- Nothing cascades: foreign keys are not enforced here (result/store.c).
DROP TABLE run;
ALTER TABLE run_3 RENAME TO run;

CREATE UNIQUE INDEX run_job ON run (job) WHERE job <> '';
-- What runs are chosen by, all of it in the index.
CREATE INDEX run_trace ON run (trace_hash, trace, policy);
-- A branch's runs by what they are runs of, the newest first.
CREATE INDEX run_branch ON run (branch, trace_hash, trace, policy, runtime, pacing, access, time_scale, assumed, clones,
				id DESC, seed, subject, version);
CREATE INDEX run_subject ON run (iif(subject = '', version, subject));
CREATE INDEX metric_name ON metric (name, run);
CREATE INDEX hist_op ON hist (op, phase, run);

-- n operations that ended in [t, t + width) took at most hi_ns, and more than the next smaller hi_ns.
CREATE TABLE heat (
	run		INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
	op		TEXT NOT NULL,
	t		INTEGER NOT NULL,
	width		INTEGER NOT NULL,
	hi_ns		INTEGER NOT NULL,
	n		INTEGER NOT NULL,
	PRIMARY KEY (run, op, t, hi_ns)
) STRICT, WITHOUT ROWID;

-- What verify found of a trace under its own kernel's policy; the newest of a (trace_hash, policy) counts.
CREATE TABLE fidelity (
	trace_hash	TEXT NOT NULL,
	policy		TEXT NOT NULL,
	version		TEXT NOT NULL,		-- commit of mmulab
	time		TEXT NOT NULL,		-- when it was stored, UTC
	operations	INTEGER NOT NULL,
	judged		INTEGER NOT NULL,	-- of them neither lost, vacuous nor skipped
	exact		INTEGER NOT NULL,	-- of those judged
	baseline_exact	INTEGER NOT NULL,	-- the same of the null model
	PRIMARY KEY (trace_hash, policy, version)
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
