-- SPDX-License-Identifier: GPL-2.0-or-later
-- latency in ns, share of accesses at least that slow
SELECT pos, label, max(hi, 1), 1.0 * (total - upto + n) / total
FROM temp.sel JOIN temp.bucket USING (run)
WHERE op = 'access' AND phase = 'total'
ORDER BY pos, hi
