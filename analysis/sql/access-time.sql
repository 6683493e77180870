-- SPDX-License-Identifier: GPL-2.0-or-later
-- time in ns, the largest value there in ns; as many steps over the run as the panels have room for
WITH s AS (SELECT * FROM series JOIN temp.panel USING (run) WHERE name = 'access.total.max'),
     step AS (SELECT max(max(t + width) / (SELECT min(400, 1600 / count(*)) FROM temp.panel), 1) AS ns FROM s)
SELECT pos, label, t / step.ns * step.ns, max(value)
FROM s, step
GROUP BY pos, label, t / step.ns
ORDER BY pos, 3
