-- SPDX-License-Identifier: GPL-2.0-or-later
-- The knob with the most values among runs that differ in nothing else but their seeds.  A curve is one setting of all other knobs;
-- its rows are the knob's values: place, value, the knob, how many runs, then least, mean and most over these of: stall per vCPU, access
-- p99, lock wait per vCPU, longest time without a point to yield, all in ns.
WITH differing AS MATERIALIZED (SELECT name FROM temp.every JOIN knob USING (run) GROUP BY name
		HAVING count(DISTINCT value) > 1 AND count(*) = (SELECT count(*) FROM temp.every)),
     setting AS MATERIALIZED (SELECT pos, run, name, value FROM temp.every JOIN knob USING (run) JOIN differing USING (name)),
     point AS MATERIALIZED (SELECT pos, run, name, value, ifnull((SELECT group_concat(name || '=' || value, ' ') FROM
			(SELECT name, value FROM setting AS other WHERE other.run = setting.run AND other.name <> setting.name
			ORDER BY name)), '') AS rest FROM setting),
     line AS (SELECT name, rest, count(DISTINCT value) AS nr, 1.0 * count(*) / count(DISTINCT value) AS seeds FROM point
		GROUP BY name, rest),
     swept AS (SELECT name FROM line WHERE nr > 2 OR (nr = 2 AND seeds >= 2) ORDER BY nr DESC, name LIMIT 1),
     shown AS (SELECT rest, dense_rank() OVER (ORDER BY first) AS pos FROM (SELECT rest, min(pos) AS first FROM point
		JOIN swept USING (name) GROUP BY rest HAVING count(DISTINCT value) > 1 ORDER BY first LIMIT 8)),
     named AS (SELECT shown.pos, point.run, value, name,
		-- the label without what is on the axis, and without the seed
		first_value(replace(replace(label, ' ' || name || '=' || value, ''), ', seed ' || seed, ''))
			OVER (PARTITION BY shown.pos ORDER BY point.pos) AS label
		FROM point JOIN swept USING (name) JOIN shown USING (rest) JOIN temp.every ON every.run = point.run
		JOIN run ON run.id = point.run),
     -- words before numbers, these by size
     placed AS (SELECT *, dense_rank() OVER (ORDER BY value GLOB '[0-9]*', CAST(value AS REAL), value) AS place FROM named)
SELECT pos, label, place, placed.value, placed.name, count(*),
	min(stall.value), avg(stall.value), max(stall.value), min(access.p99_ns), avg(access.p99_ns), max(access.p99_ns),
	min(wait.value), avg(wait.value), max(wait.value), min(stretch.value), avg(stretch.value), max(stretch.value)
FROM placed
LEFT JOIN metric AS stall ON stall.run = placed.run AND stall.name = 'stall'
LEFT JOIN metric AS wait ON wait.run = placed.run AND wait.name = 'stall_lock_wait'
LEFT JOIN metric AS stretch ON stretch.run = placed.run AND stretch.name = 'longest_stretch'
LEFT JOIN hist AS access ON access.run = placed.run AND access.op = 'access' AND access.phase = 'total'
GROUP BY pos, place
ORDER BY pos, place
