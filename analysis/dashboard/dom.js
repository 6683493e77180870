// SPDX-License-Identifier: GPL-2.0-or-later
// Elements.  Texts of the database get into the page here, as text and never as HTML.
"use strict";

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children)
{
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false)
      continue;
    if (name.startsWith("on"))
      node.addEventListener(name.slice(2), value);
    else
      node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== ""));
  return node;
}

function el(tag, attributes, ...children)
{
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children)
{
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// An address within the page: link("runs", { policy: "x" }) is "#runs?policy=x".
function link(view, parameters)
{
  const query = new URLSearchParams();

  for (const [name, value] of Object.entries(parameters || {}))
    if (value !== undefined && value !== null && value !== "")
      query.set(name, value);
  const text = query.toString();

  return `#${view}${text ? `?${text}` : ""}`;
}

function runLink(run, other)
{
  return el("a", { href: link("run", { id: model.id(run), with: other === undefined ? "" : model.id(other) }) },
    `run\u00a0${model.id(run)}`);
}

// "1.23× worse", with a mark and a colour that say the same.
function ratioNode(value, base, better)
{
  if (value === undefined || base === undefined || (!base && !value))
    return "";
  const says = verdict(value, base, better);
  const words = [{ better: "✓", worse: "✗" }[says], base ? ratioText(value, base) : "from 0", says];

  return el("span", { class: { better: "good ratio", worse: "bad ratio" }[says] || "soft ratio" },
    words.filter((w) => w).join(" "));
}

function chooser(name, title, options, chosen, changed)
{
  return el("label", {}, title,
    el("select", { name, onchange: (event) => changed(event.target.value) },
      options.map(([value, text]) => el("option", { value, selected: value === chosen }, text))));
}

function columnChooser(chosen, changed)
{
  return chooser("metric", "Metric", model.columns.map((c) => [c.name, c.label]), model.columns[chosen].name, changed);
}

// Its text counts when the typing pauses, not with each key.
function searcher(title, value, changed)
{
  let timer;

  return el("label", {}, title, el("input", {
    type: "search", name: "q", value, autocomplete: "off", spellcheck: "false",
    oninput: (event) => {
      clearTimeout(timer);
      timer = setTimeout(() => changed(event.target.value), 150);
    },
  }));
}

function chosenColumn(parameters, otherwise = 0)
{
  const nr = model.columnByName.get(parameters.get("metric") || "");

  return nr === undefined ? otherwise : nr;
}

// Do all words of @query stand in @texts?
function matches(query, texts)
{
  const all = texts.join("\n").toLowerCase();

  return query.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}
