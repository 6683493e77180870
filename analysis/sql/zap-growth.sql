-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is a policy; its rows are guests that differ only in how much memory was mapped from the start (made by
-- mmulab synth): bytes, then in ns all zaps, the longest stretch of one without a yield, and the slowest access meanwhile.
-- It is about all of them, so it is drawn beside the largest one's pictures alone.
WITH size AS (SELECT metric.run, value AS bytes FROM metric WHERE name = 'prefilled'),
     one AS (SELECT run.id AS run, bytes, policy, policy_text, runtime, clones, pacing, costs_text, host_text, kernel, access.value AS accesses
		FROM run JOIN size ON size.run = run.id JOIN metric AS access ON access.run = run.id AND access.name = 'accesses'),
     point AS (SELECT sel.pos, sel.label, max(b.run) AS run, b.bytes
		FROM temp.sel JOIN one AS a USING (run)
		JOIN one AS b USING (policy, policy_text, runtime, clones, pacing, costs_text, host_text, kernel, accesses)
		WHERE a.bytes >= b.bytes GROUP BY sel.pos, b.bytes),
     larger AS (SELECT 1 FROM one AS b JOIN one AS a USING (policy, policy_text, runtime, clones, pacing, costs_text, host_text, kernel, accesses)
		JOIN temp.sel ON sel.run = a.run WHERE b.bytes > a.bytes)
SELECT pos, label, bytes, total.value, max(stretch.value, 1), hist.max_ns
FROM point
JOIN metric AS total ON total.run = point.run AND total.name = 'zap_time'
JOIN metric AS stretch ON stretch.run = point.run AND stretch.name = 'zap_stretch'
JOIN hist ON hist.run = point.run AND hist.op = 'access' AND hist.phase = 'total'
WHERE (SELECT count(DISTINCT bytes) FROM point) > 2 AND NOT EXISTS (SELECT * FROM larger)
ORDER BY pos, bytes
