// SPDX-License-Identifier: GPL-2.0-or-later
// All runs, filtered and sorted.
"use strict";

const FILTERS = [["policy", "Policy"], ["subject", "Commit"], ["branch", "Branch"], ["figures", "Figures"],
  ["seed", "Seed"]];
const USUAL = ["stall", "access.total.p99", "access.lock_wait.p99", "invalidate.total.p99"];

function distinct(name)
{
  return [...new Set(DATA[name])].map((i) => model.text(i));
}

function runFilters(get, update)
{
  const choose = (name, title, options) => (options.length < 2 ? ""
    : chooser(name, title, [["", "all"], ...options], get(name), (value) => update({ [name]: value, page: "" })));

  return [
    choose("set", "Trace", model.sets.map((s) => [s.slug, s.title])),
    FILTERS.map(([name, title]) => choose(name, title, distinct(name).map((v) => [v, v || "none"]))),
  ];
}

// Which metrics have a column: boxes, since a list of several choices is hard to use by keyboard.
function columnBoxes(chosen, update)
{
  const change = (name, on) => update({
    cols: model.columns.filter((c) => (c.name === name ? on : chosen().includes(c.name))).map((c) => c.name).join(","),
  });

  return el("details", {}, el("summary", {}, "Columns"), el("fieldset", {}, el("legend", {}, "Metrics shown"),
    model.columns.map((c) => el("label", {}, el("input", {
      type: "checkbox", name: c.name, checked: chosen().includes(c.name),
      onchange: (e) => change(c.name, e.target.checked),
    }), ` ${c.label}`))));
}

function runTableColumns(names)
{
  const text = (name, title) => ({
    key: name, title, text: true, value: (run) => model.attribute(run, name), cell: (run) => model.attribute(run, name),
  });
  const varied = (name) => distinct(name).length > 1;

  return [
    { key: "id", title: "Run", stick: true, text: true, value: (run) => model.id(run), cell: (run) => runLink(run) },
    { key: "trace", title: "Trace", text: true, value: (run) => model.set(run).title,
      cell: (run) => [model.set(run).trace, el("span", { class: "ratio soft" }, model.set(run).conditions)] },
    text("policy", "Policy"),
    varied("seed") ? text("seed", "Seed") : null,
    varied("access") ? text("access", "Access") : null,
    varied("branch") ? text("branch", "Branch") : null,
    varied("subject") ? text("subject", "Commit") : null,
    text("figures", "Figures"),
    ...names.map((name) => model.columnByName.get(name)).filter((i) => i !== undefined).map((i) => ({
      key: model.columns[i].name, title: model.columns[i].label, value: (run) => model.value(i, run),
      cell: (run) => quantity(model.value(i, run), model.columns[i].unit),
    })),
    text("time", "Stored"),
  ].filter((c) => c);
}

function runsView(parameters, update)
{
  const get = (name) => parameters.get(name) || "";
  const chosen = () => (parameters.has("cols") ? get("cols").split(",")
    : [...new Set([get("metric"), ...USUAL])].filter((name) => name));
  const wanted = (run) => (!parameters.has("set") || !get("set") || model.set(run).slug === get("set"))
    && FILTERS.every(([name]) => !get(name) || model.attribute(run, name) === get(name))
    && (!get("q") || matches(get("q"), [model.set(run).title, model.set(run).kernel, model.command(run),
      ...model.attributes.map((name) => model.attribute(run, name))]));

  return {
    title: "Runs",
    head: () => [
      el("form", { class: "filter", onsubmit: (e) => e.preventDefault() },
        searcher("Runs with", get("q"), (q) => update({ q, page: "" })), runFilters(get, update)),
      columnBoxes(chosen, update),
    ],
    body: () => {
      const rows = [...Array(model.nr).keys()].filter(wanted);

      return {
        status: `${rows.length.toLocaleString("en")} of ${model.nr.toLocaleString("en")} runs`,
        nodes: table("Runs; a heading's button sorts by its column", runTableColumns(chosen()), rows,
          { sort: get("sort") || "id", dir: get("dir"), page: Number(get("page")) || 0 }, update),
      };
    },
  };
}
