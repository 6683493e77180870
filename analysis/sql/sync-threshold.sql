-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is a policy but for sync.min_unsync_to_yield; its rows are runs that differ in nothing else: that number (-1: off), then
-- in ns the longest time of a sync without a point to yield, the slowest access, the mean time a vCPU queued for
-- mmu_lock, and how many fault attempts a sync made start over.
WITH threshold AS (SELECT run, CASE value WHEN 'off' THEN -1 ELSE CAST(value AS INTEGER) END AS n
		FROM knob WHERE name = 'sync.min_unsync_to_yield'),
     one AS (SELECT every.pos, every.run, threshold.n,
		replace(replace(every.label, ' sync.min_unsync_to_yield=' || threshold.n, ''), ' sync.min_unsync_to_yield=off', '') AS label,
		(SELECT group_concat(name || value) FROM (SELECT name, value FROM knob
			WHERE knob.run = every.run AND name <> 'sync.min_unsync_to_yield' ORDER BY name)) AS rest
		FROM temp.every JOIN threshold ON threshold.run = every.run JOIN run ON run.id = every.run
		WHERE seed = (SELECT min(seed) FROM run JOIN temp.every ON every.run = run.id)),
     point AS (SELECT min(pos) OVER (PARTITION BY rest) AS pos, first_value(label) OVER (PARTITION BY rest ORDER BY pos) AS label, run, n
		FROM one)
SELECT point.pos, label, point.n, max(stretch.value, 1), access.max_ns, wait.value, retries.value
FROM point
JOIN metric AS stretch ON stretch.run = point.run AND stretch.name = 'sync_stretch'
JOIN metric AS wait ON wait.run = point.run AND wait.name = 'stall_lock_wait'
JOIN metric AS retries ON retries.run = point.run AND retries.name = 'retry_sync'
JOIN hist AS access ON access.run = point.run AND access.op = 'access' AND access.phase = 'total'
WHERE (SELECT count(DISTINCT n) FROM point) > 2
ORDER BY point.pos, point.n
