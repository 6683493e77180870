-- SPDX-License-Identifier: GPL-2.0-or-later
-- What somebody's hardware did and what the lab makes of it: of each quantity that both have in two states, the ratio of the second to
-- the first.  A state of hardware is the policy's that it is named after ("x86-6.12+seed-004", or "6.12+seed-004" of an x86 host); where there
-- are two of a test and two policies, those in their order.  A curve is where the ratio is from; its rows: place, what it is, ratio.
WITH quantity AS (SELECT run, name, 1.0 * value AS value FROM metric WHERE unit = 'ns' AND value > 0 AND name NOT LIKE '%.%'
	UNION ALL SELECT run, op || ' in all', 1.0 * n * mean_ns FROM hist WHERE phase = 'total' AND n * mean_ns > 0),
     state AS (SELECT id, trace, trace_hash, policy, figures, CASE origin WHEN 'selftest' THEN subject ELSE '' END AS subject,
		CASE WHEN subject <> '' AND arch <> '' THEN arch || '-' || subject END AS preset,
		dense_rank() OVER (PARTITION BY trace_hash ORDER BY subject) AS place FROM run WHERE runtime = 'hardware'),
     -- the order in which states came
     ordered AS (SELECT *, dense_rank() OVER (PARTITION BY trace_hash ORDER BY first) AS nr FROM
		(SELECT *, min(id) OVER (PARTITION BY trace_hash, place) AS first FROM state)),
     two AS (SELECT trace_hash FROM ordered GROUP BY trace_hash HAVING max(nr) = 2 AND (SELECT count(*) FROM temp.sel) = 2),
     hardware AS (SELECT sel.pos, o.trace, o.trace_hash, o.figures, name, avg(value) AS value FROM temp.sel JOIN run AS lab ON lab.id = sel.run
		JOIN ordered AS o ON lab.policy IN (o.policy, o.subject, o.preset) OR (o.nr = sel.pos AND o.trace_hash IN two)
		JOIN quantity AS q ON q.run = o.id WHERE lab.runtime <> 'hardware' GROUP BY sel.pos, o.trace_hash, name),
     lab AS (SELECT pos, label, name, value FROM temp.sel JOIN quantity USING (run)),
     pair AS (SELECT l2.label, h2.trace, h2.name, h2.figures, h2.value / h1.value AS theirs, l2.value / l1.value AS ours
		FROM hardware AS h1 JOIN hardware AS h2 ON h1.pos = 1 AND h2.pos > 1 AND h2.trace_hash = h1.trace_hash AND h2.name = h1.name
		JOIN lab AS l1 ON l1.pos = 1 AND l1.name = h1.name JOIN lab AS l2 ON l2.pos = h2.pos AND l2.name = h1.name),
     placed AS (SELECT *, replace(name, '_', ' ') || ', ' || label || ' (' || trace || ')' AS what,
		row_number() OVER (ORDER BY label, trace, name) AS place FROM pair ORDER BY place LIMIT 10)
SELECT 1, 'published', place, what, theirs FROM placed WHERE figures = 'published'
UNION ALL SELECT 2, 'measured on hardware', place, what, theirs FROM placed WHERE figures <> 'published'
UNION ALL SELECT 3, 'the lab', place, what, ours FROM placed
ORDER BY 1, 3
