-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is a run; its rows are vCPUs, of many several in one: number of the first, how many, then in ns the mean stall, the least,
-- the most, and the mean lock wait in it.  In the order of the recording, VM by VM.
WITH named AS (SELECT pos, label, run, name, substr(name, 7) AS who, value AS ns,
		CAST(substr(name, 9, instr(substr(name, 9), '.') - 1) AS INTEGER) AS vm,
		CAST(substr(name, instr(name, '.vcpu') + 5) AS INTEGER) AS vcpu
		FROM temp.panel JOIN metric USING (run) WHERE name GLOB 'stall.vm*.vcpu*'),
     numbered AS (SELECT *, row_number() OVER (PARTITION BY pos ORDER BY vm, vcpu) - 1 AS nr FROM named),
     size AS (SELECT (max(nr) + 64) / 64 AS vcpus FROM numbered)
SELECT pos, label, min(nr), count(*), avg(ns), min(ns), max(ns), avg(ifnull(wait.value, 0))
FROM numbered, size LEFT JOIN metric AS wait ON wait.run = numbered.run AND wait.name = 'stall_lock_wait.' || who
GROUP BY pos, nr / size.vcpus
HAVING (SELECT max(nr) FROM numbered) > 0
ORDER BY 1, 3
