-- SPDX-License-Identifier: GPL-2.0-or-later
-- A curve is a run; its rows are what aging took and what it made others wait: place, what, ns.
WITH what(place, name, about) AS (VALUES
		(1, 'age_time', 'aging itself, its waits included'),
		(2, 'access_waits_age', 'vCPUs waiting for aging'),
		(3, 'writers_wait_age', 'invalidations and memslot changes waiting for aging'))
SELECT pos, label, place, about, ifnull(value, 0)
FROM temp.sel JOIN what LEFT JOIN metric ON metric.run = sel.run AND metric.name = what.name
WHERE EXISTS (SELECT 1 FROM metric JOIN temp.sel USING (run) WHERE name = 'age_time' AND value > 0)
ORDER BY pos, place
