-- SPDX-License-Identifier: GPL-2.0-or-later
-- What the access model knows of this recording; a curve is what became of a page, its rows: time since in ns, per cent touched again by then.
WITH one AS (SELECT run FROM temp.sel JOIN temp.bucket USING (run) WHERE phase = 'refault' ORDER BY pos LIMIT 1),
     kind(pos, op, about, metric) AS (VALUES (1, 'invalidate', 'taken away', 'access_model.gone_spells'),
		(2, 'age', 'made old', 'access_model.old_spells')),
     b AS (SELECT kind.pos, about || ', ' || metric.value || ' times' AS label, lo, hi, upto, metric.value AS spells
		FROM one JOIN temp.curve USING (run) JOIN kind USING (op)
		JOIN metric ON metric.run = one.run AND metric.name = kind.metric WHERE phase = 'refault')
SELECT pos, label, hi, 100.0 * upto / spells FROM b
UNION ALL
SELECT pos, label, (SELECT min(lo) FROM b), 0.0 FROM b GROUP BY pos, label
UNION ALL
SELECT pos, label, (SELECT max(hi) FROM b), 100.0 * max(upto) / spells FROM b GROUP BY pos, label
ORDER BY 1, 3
