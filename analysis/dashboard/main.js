// SPDX-License-Identifier: GPL-2.0-or-later
// Which view is shown: "#VIEW?NAME=VALUE&...", so that a link restores filters, order and choice.
"use strict";

(() => {
  const views = { overview, runs: runsView, trends: trendsView, run: runView };
  const main = document.getElementById("main");
  const title = el("h1", { tabindex: "-1" }), head = el("div", {}), body = el("div", {});
  const status = el("p", { role: "status", class: "soft small" });
  let shown = 0;  // counts, so that what comes late for an earlier view is dropped

  function address()
  {
    const [name, query] = location.hash.slice(1).split(/\?(.*)/s);

    return { name: views[name] ? name : "overview", parameters: new URLSearchParams(query || "") };
  }

  // The element that had the focus may have been made anew: the one of the same purpose gets it.
  function keepFocus(draw)
  {
    const key = document.activeElement && document.activeElement.dataset.sort;

    draw();
    if (key)
      for (const button of body.querySelectorAll("button[data-sort]"))
        if (button.dataset.sort === key)
          button.focus();
  }

  async function draw(view)
  {
    const mine = ++shown;
    let made;

    try {
      made = await view.body();
    } catch (error) {
      made = { status: "", nodes: [el("p", { class: "notice" }, error.message)] };
    }
    if (mine !== shown)
      return;
    keepFocus(() => body.replaceChildren(...made.nodes.flat(Infinity).filter((n) => n)));
    status.textContent = made.status;
    status.hidden = !made.status;
  }

  function show(focus)
  {
    const { name, parameters } = address();
    let view = null;

    // Filters and orders change the address without a step of the browser's history.
    function update(changes)
    {
      for (const [key, value] of Object.entries(changes))
        if (value || key === "cols")
          parameters.set(key, value);
        else
          parameters.delete(key);
      history.replaceState(null, "", link(name, Object.fromEntries(parameters)));
      draw(view);
    }

    view = views[name](parameters, update);
    title.textContent = view.title;
    document.title = `${view.title}: mmulab`;
    head.replaceChildren(...view.head().flat(Infinity).filter((n) => n));
    body.replaceChildren();
    for (const a of document.querySelectorAll("nav a"))
      if (a.dataset.view === name)
        a.setAttribute("aria-current", "page");
      else
        a.removeAttribute("aria-current");
    draw(view);
    if (focus) {
      window.scrollTo(0, 0);
      title.focus({ preventScroll: true });
    }
  }

  main.replaceChildren(title, head, status, body);
  window.addEventListener("hashchange", () => show(true));
  // Without a change of the address, which names the view.
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  show(false);
})();
