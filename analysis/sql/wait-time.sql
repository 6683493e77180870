-- SPDX-License-Identifier: GPL-2.0-or-later
-- time in ns, the largest value there in ns; at most 400 steps over the run
WITH s AS (SELECT * FROM series JOIN temp.sel USING (run) WHERE name = 'access.lock_wait.max'),
     step AS (SELECT max(max(t + width) / 400, 1) AS ns FROM s)
SELECT pos, label, t / step.ns * step.ns, max(value)
FROM s, step
GROUP BY pos, label, t / step.ns
ORDER BY pos, 3
