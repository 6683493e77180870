-- SPDX-License-Identifier: GPL-2.0-or-later
-- What somebody else's hardware did and what the lab makes of it: of each quantity that both have under two policies, the ratio of
-- the second policy to the first.  A curve is where the ratio is from; its rows: place, what it is, ratio.
WITH hardware AS (SELECT trace, policy, name, avg(value) AS value, min(figures) AS figures FROM run JOIN metric ON metric.run = run.id
		WHERE runtime = 'hardware' AND unit = 'ns' AND value > 0 GROUP BY trace, policy, name),
     lab AS (SELECT pos, policy, name, value FROM temp.sel JOIN run ON run.id = sel.run JOIN metric ON metric.run = sel.run
		WHERE runtime <> 'hardware' AND unit = 'ns' AND value > 0),
     pair AS (SELECT h2.trace, h2.policy, h2.name, h2.figures, h2.value / h1.value AS theirs, 1.0 * l2.value / l1.value AS ours
		FROM hardware AS h1 JOIN hardware AS h2 ON h2.trace = h1.trace AND h2.name = h1.name
		JOIN lab AS l1 ON l1.policy = h1.policy AND l1.name = h1.name AND l1.pos = 1
		JOIN lab AS l2 ON l2.policy = h2.policy AND l2.name = h2.name AND l2.pos > 1),
     placed AS (SELECT *, row_number() OVER (ORDER BY policy, trace, name) AS place FROM pair ORDER BY place LIMIT 10)
SELECT 1, 'published', place, replace(name, '_', ' ') || ', ' || policy || ' (' || trace || ')', theirs FROM placed WHERE figures = 'published'
UNION ALL
SELECT 2, 'measured on hardware', place, replace(name, '_', ' ') || ', ' || policy || ' (' || trace || ')', theirs FROM placed
	WHERE figures <> 'published'
UNION ALL
SELECT 3, 'the lab', place, replace(name, '_', ' ') || ', ' || policy || ' (' || trace || ')', ours FROM placed
ORDER BY 1, 3
