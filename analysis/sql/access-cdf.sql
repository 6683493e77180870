-- SPDX-License-Identifier: GPL-2.0-or-later
-- latency in ns, per cent of accesses at most that slow
SELECT pos, label, max(hi, 1), 100.0 * upto / total
FROM temp.sel JOIN temp.bucket USING (run)
WHERE op = 'access' AND phase = 'total'
ORDER BY pos, hi
