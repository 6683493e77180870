// SPDX-License-Identifier: GPL-2.0-or-later
// A table that can be sorted by its headings and turned page by page.
"use strict";

const PAGE = 100; // rows, unless said otherwise

function header(column, state, sort)
{
  const sorted = state.sort === column.key;
  const kinds = ["text", "stick"].filter((kind) => column[kind]).join(" ");
  const attributes = { scope: "col", class: kinds || null };

  if (!column.value)
    return el("th", attributes, column.title);
  attributes["aria-sort"] = sorted ? (state.dir === "desc" ? "descending" : "ascending") : "none";
  return el("th", attributes, el("button", {
    type: "button", "data-sort": column.key, title: column.help,
    onclick: () => sort(column.key, sorted && state.dir !== "desc" ? "desc" : "asc"),
  }, column.title));
}

// Runs without a value come last, whichever way it is sorted.
function sortRows(rows, column, descending)
{
  const sign = descending ? -1 : 1;
  const keyed = rows.map((row, place) => ({ row, place, key: column.value(row) }));
  const absent = (k) => k === undefined || k === null || k === "";

  keyed.sort((a, b) => {
    if (absent(a.key) || absent(b.key))
      return absent(a.key) - absent(b.key) || a.place - b.place;
    const order = typeof a.key === "number" && typeof b.key === "number" ? a.key - b.key
      : String(a.key).localeCompare(String(b.key), "en", { numeric: true });

    return sign * order || a.place - b.place;
  });
  return keyed.map((k) => k.row);
}

function pager(state, pages, turn)
{
  const button = (text, page) => el("button", {
    type: "button", disabled: page < 0 || page >= pages, onclick: () => turn(page),
  }, text);

  return el("div", { class: "pages" }, button("← Earlier", state.page - 1),
    el("span", {}, `page ${state.page + 1} of ${pages}`), button("Later →", state.page + 1));
}

/*
 * @columns: { key, title, value(row) to sort by, cell(row), text, stick, help }; the first that sticks heads its row.
 * @state: { sort, dir, page }; @changed(state): the user wants another one.
 */
function table(caption, columns, rows, state, changed, size = PAGE)
{
  const by = columns.find((c) => c.key === state.sort && c.value);
  const sorted = by ? sortRows(rows, by, state.dir === "desc") : rows;
  const pages = Math.max(1, Math.ceil(sorted.length / size));
  const page = Math.min(Math.max(0, state.page || 0), pages - 1);
  const now = { sort: state.sort, dir: state.dir, page };
  const cell = (column, row) => (column.stick ? el("th", { scope: "row", class: "stick text" }, column.cell(row))
    : el("td", { class: column.text ? "text" : null }, column.cell(row)));

  return [
    el("div", { class: "wide", role: "region", "aria-label": caption, tabindex: "0" },
      el("table", {}, el("caption", {}, caption),
        el("thead", {}, el("tr", {}, columns.map((c) =>
          header(c, now, (sort, dir) => changed({ sort, dir, page: 0 }))))),
        el("tbody", {}, sorted.slice(page * size, (page + 1) * size).map((row) =>
          el("tr", {}, columns.map((c) => cell(c, row))))))),
    pages > 1 ? pager(now, pages, (to) => changed({ sort: now.sort, dir: now.dir, page: to })) : "",
  ];
}

// A table as it stands: heads of columns, { text } where words stand below; rows of texts or nodes, their heads first.
function plainTable(caption, heads, rows)
{
  return el("div", { class: "wide", role: "region", "aria-label": caption, tabindex: "0" },
    el("table", {}, el("caption", {}, caption),
      el("thead", {}, el("tr", {}, heads.map((h, i) =>
        el("th", { scope: "col", class: i && !h.text ? null : "text" }, h.text || h)))),
      el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell, i) =>
        (i ? el("td", { class: heads[i].text ? "text" : null }, cell) : el("th", { scope: "row" }, cell))))))));
}
