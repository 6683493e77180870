-- SPDX-License-Identifier: GPL-2.0-or-later
-- Many runs out of the few in a database: :copies of each, of ten seeds and as many commits as that takes. Every value is
-- another by up to 2 %, by a fixed rule; the second policy's get a tenth worse at three fifths of the commits.
-- Run with:  .parameter set :copies N
PRAGMA synchronous = OFF;
BEGIN;
CREATE TEMP TABLE base AS SELECT * FROM main.run;
CREATE TEMP TABLE copy AS WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < :copies)
	SELECT n, 1 + n % 10 AS seed, n / 10 AS at, n / 10 >= :copies / 10 * 3 / 5 AS late FROM k;
CREATE TEMP TABLE made AS SELECT n * 1000 + base.id AS id, base.id AS of, n, copy.seed, at,
	late AND policy = (SELECT policy FROM base ORDER BY id LIMIT 1 OFFSET 1) AS worse FROM copy, base;
INSERT INTO main.run (id, time, version, branch, subject, job, origin, trace, trace_hash, arch, kernel, runtime, figures, pacing,
		access, time_scale, seed, clones, policy, assumed, status, command, policy_text, costs_text, host_text)
	SELECT made.id, strftime('%Y-%m-%dT%H:%M:%SZ', 1700000000 + made.at * 86400 + made.n % 10 * 3600, 'unixepoch'), version,
		'', printf('v6.12-%d-g%012x', made.at, made.at * 2654435761 % 281474976710655), '', origin, trace, trace_hash,
		arch, kernel, runtime, figures, pacing, access, time_scale, made.seed, clones, policy, assumed, status,
		printf('%s --seed %d', replace(command, ' --seed 1', ''), made.seed), policy_text, costs_text, host_text
	FROM made JOIN base ON base.id = made.of;
-- What to multiply a value by, in 1/10000: depends on the run and on what it is a value of.
CREATE TEMP TABLE noise AS SELECT id, of, salt, 9800 + (id * 7919 + salt * 104729 + id * salt) % 401 + 1000 * worse AS f
	FROM made, (WITH RECURSIVE s(salt) AS (SELECT 0 UNION ALL SELECT salt + 1 FROM s WHERE salt < 16) SELECT salt FROM s);
CREATE INDEX temp.noise_of ON noise(of, salt);
INSERT INTO main.metric SELECT noise.id, name, unit, CASE WHEN value > 100 THEN value * f / 10000 ELSE value END
	FROM main.metric JOIN noise ON noise.of = run AND salt = (unicode(name) + length(name)) % 17;
INSERT INTO main.hist SELECT noise.id, op, phase, n, min_ns, mean_ns * f / 10000, p50_ns * f / 10000, p90_ns * f / 10000,
		p99_ns * f / 10000, p999_ns * f / 10000, max_ns * f / 10000, blob
	FROM main.hist JOIN noise ON noise.of = run AND salt = (length(op) * 3 + length(phase)) % 17;
INSERT INTO main.blame SELECT noise.id, waiter, holder, ns * f / 10000, n * f / 10000
	FROM main.blame JOIN noise ON noise.of = run AND salt = (length(waiter) * 3 + length(holder)) % 17;
INSERT INTO main.knob SELECT made.id, name, value FROM main.knob JOIN made ON made.of = run;
DELETE FROM main.run WHERE id IN (SELECT id FROM base);
DELETE FROM main.metric WHERE run IN (SELECT id FROM base);
DELETE FROM main.hist WHERE run IN (SELECT id FROM base);
DELETE FROM main.blame WHERE run IN (SELECT id FROM base);
DELETE FROM main.knob WHERE run IN (SELECT id FROM base);
DELETE FROM main.series;
DELETE FROM main.heat;
COMMIT;
