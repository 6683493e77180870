-- SPDX-License-Identifier: GPL-2.0-or-later
-- wait in ns, share of accesses that waited at least that long; the longest of all ends the curve
WITH b AS (SELECT pos, label, lo, hi, upto, n, total FROM temp.sel JOIN temp.curve USING (run)
	WHERE op = 'access' AND phase = 'lock_wait' AND hi > 0)
SELECT pos, label, lo, 1.0 * (total - upto + n) / total FROM b
UNION ALL
SELECT pos, label, max(hi), 1.0 / total FROM b GROUP BY pos, label
ORDER BY 1, 3, 4 DESC
