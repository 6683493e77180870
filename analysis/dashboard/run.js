// SPDX-License-Identifier: GPL-2.0-or-later
// One run: what it is, what it says beside another, what to know before believing it, how to make it again.
"use strict";

function facts(pairs)
{
  return el("dl", { class: "facts" }, pairs.filter(([, value]) => value && value.length !== 0).map(([name, value]) =>
    [el("dt", {}, name), el("dd", {}, value)]));
}

function fidelityText(f)
{
  const share = (n) => (f.judged ? `${(100 * n / f.judged).toFixed(2)} %` : "none");

  return `${share(f.exact)} of ${f.judged.toLocaleString("en")} judged operations foretold exactly under ${f.policy} `
    + `(${share(f.baseline)} by the trivial model); mmulab ${f.version}`;
}

// Not a program's output that was imported.
function replayed(run)
{
  return model.attribute(run, "origin") === "replay";
}

function identity(run)
{
  const set = model.set(run), a = (name) => model.attribute(run, name);
  const trend = model.trendOf.get(run);

  return facts([
    ["Trace", el("a", { href: link("runs", { set: set.slug }) }, set.trace)],
    ["Recorded on", `${set.arch}, kernel ${set.kernel}; hash ${set.hash}`],
    ["Policy", el("a", { href: link("runs", { policy: a("policy") }) }, a("policy"))],
    ["Figures", el("span", { class: "chip" }, a("figures"))],
    ["Runtime", replayed(run) ? `${set.runtime}, pacing ${set.pacing}, recorded times × ${set.scale}` : set.runtime],
    ["Copies", set.clones > 1 ? `${set.clones} of the recorded vCPUs` : ""],
    ["Seed", a("seed")],
    ["Access model", replayed(run) ? a("access") : ""],
    ["Assumed", a("assumed")],
    ["Commit", trend ? el("a", { href: link("trends", { of: model.id(run) }) }, a("subject")) : a("subject")],
    ["Branch", a("branch")],
    ["mmulab", a("version")],
    ["Stored", a("time")],
    ["Fidelity of the trace", model.fidelity(set.hash).map((f) => el("div", {}, fidelityText(f)))],
  ]);
}

// Runs it can be held against: the same trace's, the nearest in number when there are very many.
function others(run)
{
  const runs = model.set(run).runs, at = runs.indexOf(run);

  return runs.slice(Math.max(0, at - 150), at + 150).filter((o) => o !== run);
}

function runName(run, than)
{
  const a = (name) => model.attribute(run, name);
  const words = ["seed", "subject", "access"].filter((name) => a(name) !== model.attribute(than, name))
    .map((name) => (name === "subject" ? a(name) : `${name} ${a(name)}`));

  return `${model.id(run)}: ${[a("policy"), ...words].join(", ")}`;
}

function otherChooser(run, other, update)
{
  const list = others(run);

  if (other !== undefined && !list.includes(other))
    list.unshift(other);
  if (!list.length)
    return "";
  return el("form", { class: "filter", onsubmit: (e) => e.preventDefault() },
    chooser("with", "Held against", [["0", "nothing"], ...list.map((o) => [String(model.id(o)), runName(o, run)])],
      other === undefined ? "0" : String(model.id(other)), (id) => update({ with: id })));
}

// Heads and cells of a value, and of the other run's with their ratio.
function pairHeads(run, other)
{
  return [`Run ${model.id(run)}`, ...(other === undefined ? [] : [`Run ${model.id(other)}`, "Ratio"])];
}

function pairCells(value, base, other, unit, better)
{
  return [quantity(value, unit), ...(other === undefined ? [] : [quantity(base, unit),
    value === undefined || base === undefined ? "" : ratioNode(value, base, better)])];
}

function shortTable(run, other)
{
  const base = (i) => (other === undefined ? undefined : model.value(i, other));

  return plainTable("The figures that tables and trends are made of", ["Metric", ...pairHeads(run, other)],
    model.columns.map((c, i) => [c, i]).filter(([, i]) => model.value(i, run) !== undefined).map(([c, i]) =>
      [c.label, ...pairCells(model.value(i, run), base(i), other, c.unit, c.better)]));
}

function knobTable(run, other)
{
  if (other === undefined)
    return "";
  const mine = model.knobs(run), theirs = model.knobs(other);
  const names = [...new Set([...mine.keys(), ...theirs.keys()])].filter((name) => mine.get(name) !== theirs.get(name));

  return [
    el("h2", {}, "Knobs that differ"),
    names.length ? plainTable(`Policies ${model.attribute(run, "policy")} and ${model.attribute(other, "policy")}`,
      ["Knob", ...pairHeads(run, other).slice(0, 2)],
      names.map((name) => [el("code", {}, name), mine.get(name) || "–", theirs.get(name) || "–"]))
      : el("p", {}, `None: both ran under ${model.attribute(other, "policy")}.`),
  ];
}

function metricTable(run, other, mine, theirs)
{
  const known = DATA.metrics.filter(([name, , , , , caveat]) => mine.metrics.has(name) && !caveat);

  return plainTable("All metrics", ["Metric", ...pairHeads(run, other), { text: "What it counts" }],
    known.map(([name, unit = "count", better = 0, label = name, help = ""]) => [
      label.startsWith(" ") ? el("span", { class: "part" }, label.trim()) : label,
      ...pairCells(mine.metrics.get(name), theirs && theirs.metrics.get(name), other, unit, better),
      el("span", { class: "soft" }, help),
    ]));
}

// "lock_wait" as people write it.
function words(name)
{
  return name.replaceAll("_", " ");
}

function latencyTable(mine)
{
  if (!mine.latencies.length)
    return el("p", {}, "None are in the database.");
  return plainTable("Latencies by operation and phase", ["Operation", "Number", "p50", "p90", "p99", "p99.9", "max"],
    mine.latencies.map((l) => [
      words(l.row), l.n.toLocaleString("en"), ...Array.from(l.values, (v) => quantity(v, "ns")),
    ]));
}

function blameTable(mine)
{
  const sum = (list, key) => list.reduce((total, b) => total + b[key], 0);
  const all = sum(mine.blame, "ns"), shown = mine.blame.filter((b) => b.ns >= all / 1000);
  const rest = mine.blame.filter((b) => b.ns < all / 1000);
  const share = (b) => (all ? `${(100 * b.ns / all).toFixed(1)} %` : "–");

  if (!mine.blame.length)
    return el("p", {}, mine.latencies.length ? "Nobody waited for mmu_lock." : "That is not in the database.");
  return plainTable("Time queued for mmu_lock, all tasks together",
    ["Who waited", { text: "for whom" }, "Time", "Share", "Times"],
    [
      ...shown.sort((a, b) => b.ns - a.ns),
      ...(rest.length ? [{ waiter: `${rest.length} others`, holder: "", ns: sum(rest, "ns"), n: sum(rest, "n") }] : []),
    ].map((b) => [words(b.waiter), words(b.holder), quantity(b.ns, "ns"), share(b), b.n.toLocaleString("en")]));
}

function caveats(run, mine)
{
  const set = model.set(run), figures = model.attribute(run, "figures");
  const says = {
    modelled: "All times are modelled: a cost model charges virtual time for what the engine does. Directions and "
      + "ratios are meant, not nanoseconds.",
    measured: "Times were measured on real threads and locks of the machine the run was made on, not of the host in "
      + "the trace.",
    published: "These are somebody else's figures, as printed; nobody made them here.",
  };
  const noted = DATA.metrics.filter(([name, , , , , caveat]) =>
    mine.metrics.get(name) && (caveat || name.startsWith("skipped.")));
  const item = (when, text) => (when ? el("li", {}, text) : "");

  return [
    el("h2", {}, "Before believing it"),
    el("ul", { class: "plain" }, el("li", {}, says[figures] || figures),
      item(set.pacing === "asap",
        "Pacing asap: nobody thinks between operations; contention is the worst this order can give."),
      item(replayed(run) && model.attribute(run, "access") === "none",
        "A trace holds the guest's misses, not its hits; no access model was used."),
      item(model.attribute(run, "assumed"),
        `Facts the trace lacks and --assume granted: ${model.attribute(run, "assumed")}`),
      noted.map(([name, unit = "count", , label = name, help = ""]) =>
        el("li", {}, `${label.trim()}: ${quantity(mine.metrics.get(name), unit)}${help ? `; ${help}` : ""}`)),
      model.fidelity(set.hash).length || !replayed(run) ? "" : el("li", {},
        "How well the model foretells this trace is not in the database; ", el("code", {}, "mmulab verify --db"),
        " puts it there.")),
  ];
}

// As compare, plot and report take them: the one to hold it against first.
function pairOptions(run, other)
{
  return [...(other === undefined ? [] : [other]), run].map((r) => `--run ${model.id(r)}`).join(" ");
}

function repeat(run, other)
{
  const set = model.set(run), pair = pairOptions(run, other);
  const store = replayed(run) ? " --db results.db" : "";
  const texts = [["Policy", model.policyText(run)], ["Cost model", set.costs.join("\n")],
    ["Host model", set.host.join("\n")]];

  return [
    el("h2", {}, "To make it again"),
    el("pre", { tabindex: "0" }, `${model.command(run)}${store}\n`
      + `mmulab compare results.db ${pair}\nmmulab report results.db ${pair} -o report.html`),
    texts.map(([name, text]) =>
      (text ? el("details", {}, el("summary", {}, name), el("pre", { tabindex: "0" }, text)) : "")),
  ];
}

function pictures(run, other)
{
  const drawn = DATA.pictures[model.id(run)];

  if (!drawn)
    return [el("h2", {}, "Pictures"), el("p", {}, "Not drawn: ",
      el("code", {}, `mmulab plot results.db ${pairOptions(run, other)} -o pictures`), " draws them, ",
      el("code", {}, "mmulab dashboard --pictures N"), " puts more of them here.")];
  const [beside, ...figures] = drawn;

  return [
    el("h2", {}, "Pictures"),
    beside === model.id(run) ? "" : el("p", {}, "Beside ", runLink(model.find(beside)), "."),
    figures.map((nr) => {
      const [name, about] = DATA.drawings[nr];

      return el("figure", {}, el("img", {
        src: `pictures/${model.id(run)}-${name}.svg`, alt: `${about}; the tables above have the numbers`,
        loading: "lazy", width: "960", height: "540",
      }), el("figcaption", {}, `${about}.`));
    }),
  ];
}

function neighbours(run)
{
  const trend = model.trendOf.get(run);

  if (!trend)
    return "";
  const at = trend.runs.indexOf(run), step = (to, before, after) => (trend.runs[to] === undefined ? ""
    : el("a", { href: link("run", { id: model.id(trend.runs[to]), with: model.id(trend.runs[Math.max(0, to - 1)]) }) },
      `${before} ${model.attribute(trend.runs[to], "subject")} ${after}`));

  return el("p", { class: "pages" }, step(at - 1, "← Before it:", ""), step(at + 1, "After it:", "→"));
}

function runView(parameters, update)
{
  const run = model.find(Number(parameters.get("id")));

  if (run === undefined)
    return {
      title: "No such run", body: () => ({ status: "", nodes: [] }),
      head: () => [el("p", {}, "The database this page was made of has no run of that number. ",
        el("a", { href: "#runs" }, "All runs"))],
    };
  const wanted = () => {
    const other = parameters.has("with") ? model.find(Number(parameters.get("with"))) : model.reference(run);

    return other === run ? undefined : other;
  };

  return {
    title: `Run ${model.id(run)}: ${model.attribute(run, "policy")} on ${model.set(run).title}`,
    head: () => [neighbours(run), identity(run), otherChooser(run, wanted(), update)],
    body: async () => {
      const other = wanted(), mine = await detailsOf(run);
      const theirs = other === undefined ? undefined : await detailsOf(other);

      return { status: "", nodes: [
        el("h2", {}, "In short"), shortTable(run, other), knobTable(run, other), caveats(run, mine),
        el("h2", {}, "Latency"), latencyTable(mine), el("h2", {}, "Who waited for whom"), blameTable(mine),
        el("h2", {}, "In full"), metricTable(run, other, mine, theirs), repeat(run, other), pictures(run, other),
      ] };
    },
  };
}
