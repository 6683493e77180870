-- SPDX-License-Identifier: GPL-2.0-or-later
-- latency in ns, share of accesses at least that slow; the slowest of all ends the curve
WITH b AS (SELECT pos, label, lo, hi, upto, n, total FROM temp.sel JOIN temp.curve USING (run)
	WHERE op = 'access' AND phase = 'total')
SELECT pos, label, max(lo, 1), 1.0 * (total - upto + n) / total FROM b
UNION ALL
SELECT pos, label, max(hi), 1.0 / total FROM b GROUP BY pos, label
ORDER BY 1, 3, 4 DESC
