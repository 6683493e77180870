// SPDX-License-Identifier: GPL-2.0-or-later
// Traces against policies, one metric at a time.
"use strict";

// What runs of one trace under one policy say: those of the newest subject, each seed once.
function cellOf(runs, column)
{
  const newest = runs[runs.length - 1], bySeed = new Map();

  if (newest === undefined)
    return null;
  const subject = model.attribute(newest, "subject");

  for (const run of runs)
    if (model.attribute(run, "subject") === subject && model.value(column, run) !== undefined)
      bySeed.set(model.attribute(run, "seed"), run);
  const chosen = [...bySeed.values()];

  return chosen.length ? { runs: chosen, value: median(chosen.map((run) => model.value(column, run))) } : null;
}

// A row for each set of runs that can be compared, and one more where some of them used the access model.
function overviewRows(column)
{
  return model.sets.flatMap((set) => {
    const kinds = [...new Set(set.runs.map((run) => model.attribute(run, "access")))];

    return kinds.map((access) => {
      const cells = new Map(), runs = set.runs.filter((run) => model.attribute(run, "access") === access);

      for (const run of runs) {
        const policy = model.attribute(run, "policy");

        cells.set(policy, [...(cells.get(policy) || []), run]);
      }
      const row = { set, access, runs, policies: [...cells.keys()], cells: new Map() };

      cells.forEach((of, policy) => row.cells.set(policy, cellOf(of, column)));
      row.base = row.cells.get(row.policies[0]);
      return row;
    });
  });
}

const SURE = { "!": "sure, large", "*": "sure, small", "?": "large, not sure", ".": "not sure" };

// What several seeds say of the difference: whether it is sure, and whether it is large.
function sureNode(runs, column)
{
  const marks = DATA.sure[Math.max(...runs.map((run) => model.id(run)))];

  return marks ? el("span", { class: "ratio soft" }, SURE[marks[column]]) : "";
}

function overviewCell(row, policy, column, seeds)
{
  const cell = row.cells.get(policy), kind = model.columns[column];

  if (!cell)
    return el("span", { class: "soft", title: "no run" }, "–");
  const one = cell.runs.length === 1;
  const href = one ? link("run", { id: model.id(cell.runs[0]) })
    : link("runs", { set: row.set.slug, policy, subject: model.attribute(cell.runs[0], "subject"), metric: kind.name });

  return [
    el("a", { href }, quantity(cell.value, kind.unit)),
    cell.runs.length === seeds ? "" : el("span", { class: "ratio soft" }, `median of ${cell.runs.length} seeds`),
    policy === row.policies[0] ? el("span", { class: "ratio soft" }, "held against")
      : row.base ? [ratioNode(cell.value, row.base.value, kind.better), sureNode(cell.runs, column)] : "",
  ];
}

function overviewColumns(policies, column, seeds)
{
  const name = (row) => `${row.set.title}${row.access === "none" ? "" : ", access model"}`;

  return [
    { key: "trace", title: "Trace", stick: true, text: true, value: name, cell: (row) => [
      el("a", { href: link("runs", { set: row.set.slug }) }, row.set.trace),
      el("span", { class: "ratio soft" }, name(row).slice(row.set.trace.length + 2))] },
    { key: "figures", title: "Figures", text: true, value: (row) => model.attribute(row.runs[0], "figures"),
      cell: (row) => [...new Set(row.runs.map((run) => model.attribute(run, "figures")))].map((f) =>
        el("span", { class: "chip" }, f)) },
    { key: "runs", title: "Runs", value: (row) => row.runs.length, cell: (row) => row.runs.length },
    ...policies.map((policy) => ({
      key: `p:${policy}`, title: policy, cell: (row) => overviewCell(row, policy, column, seeds),
      value: (row) => (row.cells.get(policy) || {}).value,
    })),
  ];
}

// Of how many runs the cells are the median, where all are of as many; else 1.
function usualSeeds(rows)
{
  const numbers = new Set(rows.flatMap((row) => [...row.cells.values()].filter((c) => c).map((c) => c.runs.length)));

  return numbers.size === 1 ? [...numbers][0] : 1;
}

function overviewTable(policies, column, rows, state, update)
{
  const kind = model.columns[column], seeds = usualSeeds(rows);
  const better = kind.better < 0 ? "; less is better" : kind.better > 0 ? "; more is better" : "";
  const medians = seeds > 1 ? `; medians of ${seeds} seeds` : "";
  const caption = `${kind.label}${better}${medians}`;

  return table(caption, overviewColumns(policies, column, seeds), rows, state, update);
}

function worstChanges()
{
  const worse = model.trends.flatMap((t) => t.changes.filter((c) =>
    verdict(c.after, c.before, model.columns[c.column].better) === "worse"));
  const all = model.trends.reduce((sum, t) => sum + t.changes.length, 0);

  if (!model.trends.length)
    return "";
  return el("p", {}, `${model.trends.length} series of runs over commits, with ${all} change points, `,
    `${worse.length} of them for the worse: `, el("a", { href: "#trends" }, "trends"), ".");
}

function overview(parameters, update)
{
  const get = (name) => parameters.get(name) || "";

  return {
    title: "Traces against policies",
    head: () => [
      el("p", {}, "Each row is a trace, replayed under the policies above its cells; the first that was run is the one "
        + "the others are held against. Traces of the same policies share a table. Of several commits the newest is "
        + "shown; of several seeds the median, and whether the difference is sure (95 %) and large (3 %)."),
      worstChanges(),
      el("form", { class: "filter", onsubmit: (e) => e.preventDefault() },
        columnChooser(chosenColumn(parameters), (metric) => update({ metric })),
        searcher("Traces with", get("q"), (q) => update({ q })),
        chooser("policies", "Policies", [["", "all"], ...[...new Set(DATA.policy)].map((i) =>
          [model.text(i), model.text(i)])], get("policy"), (policy) => update({ policy }))),
    ],
    body: () => {
      const column = chosenColumn(parameters), only = get("policy");
      const rows = overviewRows(column).filter((row) => [...row.cells.values()].some((cell) => cell)
        && matches(get("q"), [row.set.title, row.set.arch, row.set.kernel])
        && (!only || row.cells.has(only)));
      const tables = new Map(), policies = new Set();

      for (const row of rows) {
        const shown = row.policies.filter((p, i) => !only || p === only || !i), key = [...shown].sort().join("\n");

        tables.set(key, [...(tables.get(key) || []), { row, shown }]);
        shown.forEach((p) => policies.add(p));
      }
      return {
        status: `${rows.length} traces, ${policies.size} policies`
          + (rows.length ? "" : "; no run here has this metric"),
        nodes: [...tables.values()].map((of) => overviewTable(of[0].shown, column, of.map((o) => o.row),
          { sort: get("sort"), dir: get("dir"), page: Number(get("page")) || 0 }, update)),
      };
    },
  };
}
