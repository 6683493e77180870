-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is a policy; its rows are runs that differ only in how much memory one CLEAR of the dirty log covers (made by
-- mmulab synth): bytes, then in ns the longest time a CLEAR holds mmu_lock without letting go of it, the slowest access meanwhile, the mean
-- stall of a vCPU, and all CLEARs together.
-- It is about all of them, so it is drawn beside the largest chunk's pictures alone.
WITH size AS (SELECT run, value AS bytes FROM metric WHERE name = 'clear_chunk'),
     one AS (SELECT run.id AS run, bytes, policy, policy_text, runtime, clones, pacing, costs_text, host_text, kernel, access.value AS accesses
		FROM run JOIN size ON size.run = run.id JOIN metric AS access ON access.run = run.id AND access.name = 'accesses'),
     point AS (SELECT sel.pos, sel.label, max(b.run) AS run, b.bytes
		FROM temp.sel JOIN one AS a USING (run)
		JOIN one AS b USING (policy, policy_text, runtime, clones, pacing, costs_text, host_text, kernel, accesses)
		WHERE a.bytes >= b.bytes GROUP BY sel.pos, b.bytes),
     larger AS (SELECT 1 FROM one AS b JOIN one AS a USING (policy, policy_text, runtime, clones, pacing, costs_text, host_text, kernel, accesses)
		JOIN temp.sel ON sel.run = a.run WHERE b.bytes > a.bytes)
SELECT pos, label, bytes, max(hold.value, 1), access.max_ns, stall.value, clear.n * clear.mean_ns
FROM point
JOIN metric AS hold ON hold.run = point.run AND hold.name = 'longest_stretch.dirty_clear'
JOIN hist AS clear ON clear.run = point.run AND clear.op = 'dirty_clear' AND clear.phase = 'total'
JOIN hist AS access ON access.run = point.run AND access.op = 'access' AND access.phase = 'total'
JOIN metric AS stall ON stall.run = point.run AND stall.name = 'stall'
WHERE (SELECT count(DISTINCT bytes) FROM point) > 2 AND NOT EXISTS (SELECT * FROM larger)
ORDER BY pos, bytes
