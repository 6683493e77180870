// SPDX-License-Identifier: GPL-2.0-or-later
// What data.js holds, for people: runs are numbers 0 .. model.nr - 1, in the order of the database.
"use strict";

const model = (() => {
  const text = (i) => DATA.strings[i];
  const ATTRIBUTES = ["policy", "time", "version", "subject", "branch", "access", "assumed", "figures", "origin",
    "seed"];

  // What all runs share is written once.
  for (const name of [...ATTRIBUTES, "set", "knobs", "command"])
    if (!Array.isArray(DATA[name]))
      DATA[name] = Array(DATA.id.length).fill(DATA[name]);

  const sets = DATA.sets.map((s) => ({
    clones: s[0], slug: text(s[1]), trace: text(s[2]), hash: text(s[3]), arch: text(s[4]), kernel: text(s[5]),
    runtime: text(s[6]), pacing: text(s[7]), scale: text(s[8]), costs: s[9].map(text), host: s[10].map(text),
    runs: [],
  }));
  DATA.id.forEach((id, run) => sets[DATA.set[run]].runs.push(run));

  // What tells sets of one trace apart.
  sets.forEach((s) => {
    const alike = ["trace", "clones", "pacing", "runtime", "scale"];
    const same = sets.filter((o) => alike.every((key) => o[key] === s[key]));
    const differs = (key) => same.some((o) => String(o[key]) !== String(s[key]));
    const words = [];

    if (s.clones > 1)
      words.push(`${s.clones} × the vCPUs`);
    if (s.pacing !== "closed")
      words.push(`pacing ${s.pacing}`);
    if (s.runtime !== "vtime")
      words.push(s.runtime === "threads" ? "real threads" : s.runtime);
    if (s.scale !== "1")
      words.push(`times × ${s.scale}`);
    for (const key of ["hash", "costs", "host"])
      if (differs(key))
        words.push(`${key} ${[...new Set(same.map((o) => String(o[key])))].indexOf(String(s[key])) + 1}`);
    s.conditions = words.join(", ");
    s.title = words.length ? `${s.trace}, ${s.conditions}` : s.trace;
  });

  const byId = new Map(DATA.id.map((id, run) => [id, run]));
  const columns = DATA.columns;
  const columnByName = new Map(columns.map((c, i) => [c.name, i]));

  function attribute(run, name)
  {
    return text(DATA[name][run]);
  }

  // The run that others of the same trace, seed and subject are held against: the first policy's.
  const references = new Map();
  function reference(run)
  {
    const key = (r) => [DATA.set[r], DATA.seed[r], DATA.subject[r], DATA.access[r]].join();

    if (!references.size)
      DATA.id.forEach((id, r) => references.has(key(r)) || references.set(key(r), r));
    return references.get(key(run));
  }

  function command(run)
  {
    return text(DATA.command[run]).replace("--seed *", `--seed ${attribute(run, "seed")}`);
  }

  // Name and value of each knob.
  function knobs(run)
  {
    const lines = DATA.policies[DATA.knobs[run]].map(text);

    return new Map(lines.filter((l) => /^[^#;[].* = /.test(l)).map((l) => {
      const at = l.indexOf(" = ");

      return [l.slice(0, at), l.slice(at + 3)];
    }));
  }

  function policyText(run)
  {
    return DATA.policies[DATA.knobs[run]].map(text).join("\n");
  }

  // How well the model foretold what the kernel of this trace recorded: the newest of each policy.
  function fidelity(hash)
  {
    const seen = new Set();

    return DATA.fidelity.filter((f) => text(f[0]) === hash && !seen.has(f[1]) && seen.add(f[1])).map((f) => ({
      policy: text(f[1]), version: text(f[2]), operations: f[3], judged: f[4], exact: f[5], baseline: f[6],
    }));
  }

  const trends = DATA.trends.map(([runs, changes], nr) => ({
    nr, runs,
    changes: changes.map(([column, at, before, after]) => ({ column, at, before, after })),
  }));
  const trendOf = new Map();
  trends.forEach((t) => t.runs.forEach((run) => trendOf.set(run, t)));

  function trendTitle(t)
  {
    const run = t.runs[0], seeds = new Set(sets[DATA.set[run]].runs.map((r) => DATA.seed[r]));
    const words = [sets[DATA.set[run]].title, attribute(run, "policy")];

    if (attribute(run, "branch"))
      words.push(`branch ${attribute(run, "branch")}`);
    if (attribute(run, "access") !== "none")
      words.push("access model");
    if (seeds.size > 1)
      words.push(`seed ${attribute(run, "seed")}`);
    return words.join(", ");
  }

  return {
    nr: DATA.id.length, sets, columns, columnByName, trends, trendOf, trendTitle, attribute, reference, command,
    knobs, policyText, fidelity, text,
    id: (run) => DATA.id[run],
    set: (run) => sets[DATA.set[run]],
    find: (id) => byId.get(id),
    value: (column, run) => columns[column].values[run],
    attributes: ATTRIBUTES,
  };
})();

// --- numbers ---------------------------------------------------------------------------

const UNITS = {
  ns: [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9]],
  bytes: [["B", 1], ["KiB", 1024], ["MiB", 1048576], ["GiB", 1073741824]],
  ppm: [["%", 1e4]],
  count: [["", 1]],
};

// The largest of the unit's steps that is not above @abs: [ name, size ].
function stepOf(abs, unit)
{
  const steps = UNITS[unit] || [[unit, 1]];

  return [...steps].reverse().find((s) => abs >= s[1]) || steps[0];
}

// "12.3 ms": three digits, or more where they are whole.
function quantity(value, unit)
{
  if (value === undefined || value === null)
    return "–";
  const step = stepOf(Math.abs(value), unit);
  const scaled = value / step[1];
  const decimals = Number.isInteger(scaled) || Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
  const digits = scaled.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

  return step[0] ? `${digits} ${step[0]}` : digits;
}

function ratioText(value, base)
{
  const ratio = value / base;

  return `${ratio.toFixed(ratio >= 100 ? 0 : ratio >= 10 ? 1 : ratio >= 0.1 ? 2 : 3)}×`;
}

const NOTEWORTHY = 0.02; // differences below this are not coloured

// "better", "worse", or "" where it is neither; @better as in DATA.columns.
function verdict(value, base, better)
{
  if (!better || value === undefined || base === undefined || value === base)
    return "";
  const change = base ? value / base - 1 : Math.sign(value - base);

  if (Math.abs(change) < NOTEWORTHY)
    return "";
  return (change > 0) === (better > 0) ? "better" : "worse";
}

function median(values)
{
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;

  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// --- details, fetched when they are looked at: a script, since file:// allows nothing else -----

const chunks = new Map();
const RARE = 100; // percentiles of fewer operations are not told

// Called by runs/N.js.
function details(chunk, shapes, texts, which)
{
  chunks.set(chunk, which.map((i) => ({ shapes, values: texts[i] })));
}

// A run's numbers with their names, as analysis/dashboard_details.c packed them.
function unpack(run, { shapes, values })
{
  let at = 3;
  const next = () => values[at++] || 0;
  const [metrics, rows, pairs] = [0, 1, 2].map((i) => shapes[values[i]]);
  const known = new Map(metrics.map((i) => [DATA.metrics[i][0], next()]));

  model.columns.forEach((c, i) => model.value(i, run) !== undefined && known.set(c.name, model.value(i, run)));
  const latencies = rows.map((row) => {
    const [n, ...v] = [next(), next(), next(), next(), next(), next()];

    return { row: DATA.rows[row], place: row, n, values: n < RARE ? [, , , , v[4]] : v };
  });
  const blame = [];

  for (let i = 0; i < pairs.length; i += 2)
    blame.push({ waiter: DATA.ops[pairs[i]], holder: DATA.ops[pairs[i + 1]], ns: next(), n: next() });
  return { metrics: known, latencies: latencies.sort((a, b) => a.place - b.place), blame };
}

// Promise of { metrics: Map, latencies: [...], blame: [...] }.
function detailsOf(run)
{
  const chunk = Math.floor(run / DATA.chunk);
  const read = () => unpack(run, chunks.get(chunk)[run % DATA.chunk]);

  if (chunks.has(chunk))
    return Promise.resolve(read());
  return new Promise((done, failed) => {
    const script = document.createElement("script");

    script.src = `runs/${chunk}.js`;
    script.onload = () => done(read());
    script.onerror = () => failed(new Error(`runs/${chunk}.js is missing; copy the whole folder`));
    document.head.append(script);
  });
}
