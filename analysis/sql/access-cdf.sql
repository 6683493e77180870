-- SPDX-License-Identifier: GPL-2.0-or-later
-- latency in ns, per cent of accesses at most that slow; each curve rises from 0
WITH b AS (SELECT pos, label, lo, hi, upto, total FROM temp.sel JOIN temp.curve USING (run)
	WHERE op = 'access' AND phase = 'total')
SELECT pos, label, max(hi, 1), 100.0 * upto / total FROM b
UNION ALL
SELECT pos, label, max(min(lo), 1), 0.0 FROM b GROUP BY pos, label
ORDER BY 1, 3, 4
