// SPDX-License-Identifier: GPL-2.0-or-later
// The line of one trend: a point for each run, levels between changes, the changes by name.
"use strict";

const CHART = { width: 960, height: 240, left: 84, right: 20, top: 30, bottom: 34 };
const MANY = 200; // points that are drawn one by one, at most

// About four round values from @low to @high.
function ticks(low, high)
{
  const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= rough);
  const marks = [];

  for (let at = Math.ceil(low / step) * step; at <= high; at += step)
    marks.push(at);
  return marks;
}

// What the axis spans: never so little that noise looks like a cliff.
function span(values)
{
  const low = Math.min(...values), high = Math.max(...values);
  const room = Math.max((high - low) * 0.08, (Math.abs(high) * 0.06 - (high - low)) / 2) || 1;

  return [Math.max(low - room, low < 0 ? -Infinity : 0), high + room];
}

// One unit for all of an axis, and as many decimals as its marks need.
function tickText(marks, unit)
{
  const [name, size] = stepOf(Math.max(...marks.map(Math.abs)), unit);
  const decimals = marks.length < 2 ? 2 : Math.max(0, -Math.floor(Math.log10((marks[1] - marks[0]) / size) + 1e-9));

  return (at) => `${(at / size).toFixed(decimals)} ${name}`.trim();
}

// Texts at the changes, each in a place of its own where they are near one another.
function changeMarks(changes, x, y, name)
{
  let end = -Infinity, row = 0;

  return changes.map((c) => {
    const at = x(c.at - 0.5), text = name(c), width = text.length * 6.6 + 12;
    const left = Math.max(CHART.left, Math.min(at + 4, CHART.width - CHART.right - width));

    row = left < end ? (row + 1) % 2 : 0;
    end = left + width;
    return [
      svg("line", { class: "change", x1: at, x2: at, y1: CHART.top - 4, y2: CHART.height - CHART.bottom }),
      svg("text", { class: "named", x: left, y: CHART.top - 8 - row * 12 }, text),
    ];
  });
}

function axes(low, high, y, unit)
{
  const marks = ticks(low, high), text = tickText(marks, unit);

  return marks.map((at) => [
    svg("line", { class: "axis", x1: CHART.left, x2: CHART.width - CHART.right, y1: y(at), y2: y(at) }),
    svg("text", { class: "soft", x: CHART.left - 8, y: y(at) + 4, "text-anchor": "end" }, text(at)),
  ]);
}

// Dashed lines at the medians of the runs between changes.
function levels(points, changes, x, y)
{
  const ends = [...changes.map((c) => c.at), Infinity];
  let from = 0;

  return ends.map((to) => {
    const part = points.filter((p) => p.at >= from && p.at < to);

    from = to;
    if (!part.length)
      return "";
    const level = y(median(part.map((p) => p.value)));

    return svg("line", {
      class: "level", x1: x(part[0].at - 0.4), x2: x(part[part.length - 1].at + 0.4), y1: level, y2: level,
    });
  });
}

// @points: { at, value, name }, @at from 0 to @last; @changes: { at, ... }; @name(change): what to write beside it.
function chart(label, unit, points, last, changes, name)
{
  const [low, high] = span(points.map((p) => p.value));
  const right = CHART.width - CHART.right, base = CHART.height - CHART.bottom;
  const x = (at) => CHART.left + 10 + (right - CHART.left - 20) * (last ? at / last : 0.5);
  const y = (value) => base - (base - CHART.top) * (value - low) / (high - low);
  const path = points.map((p, i) => `${i ? "L" : "M"}${x(p.at).toFixed(1)} ${y(p.value).toFixed(1)}`).join("");
  const first = points[0], final = points[points.length - 1], foot = base + 20;

  return svg("svg", { viewBox: `0 0 ${CHART.width} ${CHART.height}`, role: "img", "aria-label": label },
    axes(low, high, y, unit), changes.length ? levels(points, changes, x, y) : "",
    svg("path", { class: "curve", d: path }),
    points.length <= MANY ? points.map((p) => svg("circle", { class: "dot", cx: x(p.at), cy: y(p.value), r: 2.6 },
      svg("title", {}, `${p.name}: ${quantity(p.value, unit)}`))) : "",
    changeMarks(changes, x, y, name),
    svg("text", { class: "soft", x: CHART.left, y: foot }, first.name),
    points.length > 1 ? svg("text", { class: "soft", x: right, y: foot, "text-anchor": "end" }, final.name) : "");
}
