// SPDX-License-Identifier: GPL-2.0-or-later
// Metrics over commits, and where they changed.
"use strict";

const CHARTS = 8; // at once
const CHANGES = 20; // rows

function subjectOf(trend, at)
{
  return model.attribute(trend.runs[at], "subject");
}

function changeSize(change)
{
  return change.before && change.after ? Math.abs(Math.log(change.after / change.before)) : Infinity;
}

// Changes of all metrics, the largest first.
function allChanges(trends)
{
  return trends.flatMap((trend) => trend.changes.map((change) => ({ trend, change })))
    .sort((a, b) => changeSize(b.change) - changeSize(a.change) || a.trend.nr - b.trend.nr);
}

// How many metrics of how many trends each commit changed.
function commitTable(changes, only)
{
  const commits = new Map();

  for (const row of changes) {
    const subject = subjectOf(row.trend, row.change.at);
    const at = commits.get(subject) || { worse: 0, better: 0, all: 0, trends: new Set() };
    const says = verdict(row.change.after, row.change.before, model.columns[row.change.column].better);

    at.all++;
    at.trends.add(row.trend);
    if (says)
      at[says]++;
    commits.set(subject, at);
  }
  return plainTable("By commit: how many metrics changed in how many trends",
    ["Commit", "✗ for the worse", "✓ for the better", "in all", "trends"],
    [...commits].sort((a, b) => b[1].all - a[1].all).slice(0, CHANGES).map(([subject, c]) => [
      subject === only ? [subject, " ", el("a", { href: "#trends" }, "all commits")]
        : el("a", { href: link("trends", { at: subject }) }, subject),
      c.worse, c.better, c.all, c.trends.size]));
}

function changeColumns()
{
  const kind = (row) => model.columns[row.change.column];
  const first = (row) => row.trend.runs[row.change.at], before = (row) => row.trend.runs[row.change.at - 1];

  return [
    { key: "subject", title: "First commit after it", stick: true, text: true,
      value: (row) => subjectOf(row.trend, row.change.at),
      cell: (row) => [el("a", { href: link("run", { id: model.id(first(row)), with: model.id(before(row)) }) },
        subjectOf(row.trend, row.change.at))] },
    { key: "metric", title: "Metric", text: true, value: (row) => kind(row).label,
      cell: (row) => el("a", { href: link("trends", { metric: kind(row).name, of: model.id(row.trend.runs[0]) }) },
        kind(row).label) },
    { key: "before", title: "Before", value: (row) => row.change.before,
      cell: (row) => quantity(row.change.before, kind(row).unit) },
    { key: "after", title: "After", value: (row) => row.change.after,
      cell: (row) => quantity(row.change.after, kind(row).unit) },
    { key: "ratio", title: "Change", value: (row) => row.change.after / row.change.before,
      cell: (row) => ratioNode(row.change.after, row.change.before, kind(row).better) },
    { key: "trend", title: "Trace and policy", text: true, value: (row) => model.trendTitle(row.trend),
      cell: (row) => model.trendTitle(row.trend) },
  ];
}

function changeText(trend, change, kind)
{
  const says = verdict(change.after, change.before, kind.better);

  return `${subjectOf(trend, change.at)}: `
    + `${quantity(change.before, kind.unit)} → ${quantity(change.after, kind.unit)}`
    + (change.before ? `, ${ratioText(change.after, change.before)}` : "") + (says ? `, ${says}` : "");
}

function trendNumbers(trend, points, kind)
{
  return el("details", {}, el("summary", {}, "The numbers"),
    plainTable(`${kind.label}, run by run`, ["Commit", "Run", kind.label, "Stored"], points.map((p) => [
      p.name, runLink(trend.runs[p.at]), quantity(p.value, kind.unit), model.attribute(trend.runs[p.at], "time"),
    ])));
}

function trendSection(trend, column)
{
  const kind = model.columns[column], changes = trend.changes.filter((c) => c.column === column);
  const points = trend.runs.map((run, at) => ({ at, value: model.value(column, run), name: subjectOf(trend, at) }))
    .filter((p) => p.value !== undefined);
  const title = model.trendTitle(trend);

  if (!points.length)
    return el("section", { class: "trend" }, el("h3", {}, title), el("p", { class: "soft" }, "Not recorded."));
  const label = `${kind.label} of ${title}, ${points.length} runs from ${points[0].name} to ${points.at(-1).name}; `
    + (changes.length ? `changes at ${changes.map((c) => changeText(trend, c, kind)).join("; ")}` : "no change");

  return el("section", { class: "trend" },
    el("h3", {}, title, " ", el("span", { class: "chip" }, model.attribute(trend.runs[0], "figures"))),
    el("div", { class: "wide" },
      chart(label, kind.unit, points, trend.runs.length - 1, changes, (c) => subjectOf(trend, c.at))),
    changes.length ? el("ul", { class: "plain" }, changes.map((c) => {
      const says = verdict(c.after, c.before, kind.better);

      return el("li", { class: { better: "good", worse: "bad" }[says] },
        el("a", { href: link("run", { id: model.id(trend.runs[c.at]), with: model.id(trend.runs[c.at - 1]) }) },
          changeText(trend, c, kind)));
    })) : el("p", { class: "soft small" }, "No change point."),
    trendNumbers(trend, points, kind));
}

function trendCharts(trends, column, page, update)
{
  const size = (t) => Math.max(0, ...t.changes.filter((c) => c.column === column).map(changeSize));
  const sorted = trends.map((t) => [size(t), t]).sort((a, b) => b[0] - a[0] || a[1].nr - b[1].nr).map(([, t]) => t);
  const pages = Math.max(1, Math.ceil(sorted.length / CHARTS)), now = Math.min(page, pages - 1);

  return [
    sorted.slice(now * CHARTS, (now + 1) * CHARTS).map((t) => trendSection(t, column)),
    pages > 1 ? pager({ page: now }, pages, (to) => update({ page: to })) : "",
  ];
}

// The metric that was asked for; else that of the largest change, and if there is none the first.
function trendColumn(parameters, trends)
{
  const changes = allChanges(trends);

  return chosenColumn(parameters, changes.length ? changes[0].change.column : 0);
}

function trendsView(parameters, update)
{
  const get = (name) => parameters.get(name) || "", of = model.find(Number(get("of")));
  const single = of === undefined ? undefined : model.trendOf.get(of);

  return {
    title: single ? `Trend of ${model.trendTitle(single)}` : "Trends over commits",
    head: () => [
      el("p", {}, "A trend is made of runs that differ in the commit they stand for and in nothing else, in the order "
        + "they were made. A change point is where a metric's level changed for good."),
      model.trends.length ? el("form", { class: "filter", onsubmit: (e) => e.preventDefault() },
        columnChooser(trendColumn(parameters, single ? [single] : model.trends),
          (metric) => update({ metric, page: "" })),
        single ? el("a", { href: "#trends" }, "All trends")
          : searcher("Traces, policies, commits with", get("q"), (q) => update({ q, page: "" }))) : "",
    ],
    body: () => {
      const column = trendColumn(parameters, single ? [single] : model.trends);
      const trends = single ? [single] : model.trends.filter((t) => !get("q")
        || matches(get("q"), [model.trendTitle(t), ...t.runs.map((run) => model.attribute(run, "subject"))]));
      const at = get("at"), changes = allChanges(trends).filter((c) => !at || subjectOf(c.trend, c.change.at) === at);

      if (!model.trends.length)
        return { status: "", nodes: [el("p", {}, "No two runs here differ in their commit alone. ",
          el("code", {}, "mmulab replay --subject COMMIT"), " says what a run stands for.")] };
      return {
        status: `${trends.length} trends, ${changes.length} change points`,
        nodes: [
          el("h2", {}, "Change points of all metrics"),
          changes.length ? [commitTable(changes, at),
            table("Where levels changed; the largest change first", changeColumns(), changes,
              { sort: get("sort"), dir: get("dir"), page: Number(get("changes")) || 0 },
              ({ sort, dir, page }) => update({ sort, dir, changes: page }), CHANGES)] : el("p", {}, "None."),
          el("h2", {}, `Trends of ${model.columns[column].label}`),
          trendCharts(trends, column, Number(get("page")) || 0, update),
        ],
      };
    },
  };
}
