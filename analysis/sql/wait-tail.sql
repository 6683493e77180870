-- SPDX-License-Identifier: GPL-2.0-or-later
-- wait in ns, share of accesses that waited at least that long
SELECT pos, label, hi, 1.0 * (total - upto + n) / total
FROM temp.sel JOIN temp.bucket USING (run)
WHERE op = 'access' AND phase = 'lock_wait' AND hi > 0
ORDER BY pos, hi
