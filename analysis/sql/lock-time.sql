-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is an operation, the five that held mmu_lock or queued for it longest, and the others; its rows are times: the run's
-- place, time in ns, and how many tasks held it and waited at once on the mean, from and to, the operations piled up.
WITH s AS MATERIALIZED (SELECT pos AS place, substr(name, 11, length(name) - 14) AS op, substr(name, 6, 4) = 'hold' AS held, t, width, value
		FROM series JOIN temp.panel USING (run) WHERE name GLOB 'lock.hold.*.sum' OR name GLOB 'lock.wait.*.sum'),
     -- whole buckets of the widest line
     step AS MATERIALIZED (SELECT max(width) * (max(t + width) / max(width) / (SELECT min(150, 200 / count(*)) FROM temp.panel) + 1) AS ns,
		max(t + width) AS last FROM s),
     -- holding and waiting are not of one size: each is ranked by its share of all there is of it
     whole AS MATERIALIZED (SELECT held, sum(value) AS value FROM s GROUP BY held),
     share AS (SELECT op, sum(1.0 * s.value / whole.value) AS part FROM s JOIN whole USING (held) GROUP BY op),
     -- nobody would see less than one in a hundred
     ranked AS (SELECT op, part > 0.01 AS seen, row_number() OVER (ORDER BY part DESC, op) AS nr FROM share),
     key AS MATERIALIZED (SELECT op, iif(seen, min(nr, 6), 6) AS nr, iif(seen AND nr < 6, replace(op, '_', ' '), 'others') AS about FROM ranked),
     bin AS MATERIALIZED (SELECT place, nr, t / step.ns AS at, 1.0 * sum(value * held) / step.ns AS hold,
		1.0 * sum(value * (1 - held)) / step.ns AS wait FROM s JOIN key USING (op), step GROUP BY 1, 2, 3),
     at(at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM at, step WHERE (at + 1) * step.ns < step.last),
     grid AS (SELECT DISTINCT key.nr, key.about, panel.pos AS place, at FROM key JOIN temp.panel JOIN at),
     full AS (SELECT grid.nr, about, grid.place, grid.at, ifnull(hold, 0) AS hold, ifnull(wait, 0) AS wait
		FROM grid LEFT JOIN bin ON bin.place = grid.place AND bin.nr = grid.nr AND bin.at = grid.at),
     piled AS (SELECT *, sum(hold) OVER pile AS hold_to, sum(wait) OVER pile AS wait_to FROM full
		WINDOW pile AS (PARTITION BY place, at ORDER BY nr))
SELECT nr, about, place, (at + 0.5) * step.ns, round(hold_to - hold, 7), round(hold_to, 7), round(wait_to - wait, 7), round(wait_to, 7)
FROM piled, step
ORDER BY nr, place, at
