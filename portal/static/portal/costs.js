// The page of costs: choices without a new page, the arrow keys among the bars, and what a bar says below the chart.
(() => {
  "use strict";

  const place = () => document.querySelector("[data-costs]");

  // The address is the page: a link to it, the history and “reload” show the same.
  const show = async (address, push = true) => {
    if (!place()) return;
    const again = document.activeElement?.closest?.("[data-costs-link], summary")?.textContent.trim();
    const opened = document.getElementById("costs-numbers")?.open;
    const part = place();
    part.classList.add("htmx-request");
    // What was asked for other choices is not waited for any more.
    if (document.getElementById("live")) window.htmx.trigger("#live", "htmx:abort");
    await window.htmx.ajax("GET", address, { target: part, swap: "outerHTML", select: "#costs" }).catch(() => null);
    // What is no page of costs (signed out, an error) is a page of its own.
    if (place() === part || !place()) {
      location.assign(address);
      return;
    }
    if (push) history.pushState({ costs: true }, "", address);
    const numbers = document.getElementById("costs-numbers");
    if (numbers && opened) numbers.open = true;
    ready();
    // The keyboard stays where it was: on the same words, where they are there still.
    const same = [...place().querySelectorAll("[data-costs-link]")].find((link) => link.textContent.trim() === again);
    (same || document.getElementById("costs-title")).focus({ preventScroll: true });
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-costs-link]");
    if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button)) {
      event.preventDefault();
      show(link.href);
    }
    // A menu closes when something else is pressed.
    const menu = document.getElementById("costs-when");
    if (menu?.open && !menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-costs-form]");
    if (!form) return;
    event.preventDefault();
    const sent = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) sent.append(name, value);
    show(`${form.action}${sent.size ? `?${sent}` : ""}`);
  });
  document.addEventListener("change", (event) => {
    const field = event.target.closest("[data-costs-form] select, [data-costs-form] [data-costs-name]");
    if (field) field.form.requestSubmit();
  });
  window.addEventListener("popstate", () => {
    if (place()) show(location.href, false);
  });

  // When its figures renew themselves, the page stays as it was: the keyboard on the same bar or link, tables where they
  // were scrolled to, and below the chart the bar that was read.
  let held = null;
  const scrolled = () => [...document.querySelectorAll("#costs [data-live] .costs-scroll")];
  document.addEventListener("htmx:beforeSwap", (event) => {
    held = null;
    if (!place() || !event.detail.shouldSwap || !event.detail.requestConfig?.elt?.matches?.("[data-renews]")) return;
    const active = document.activeElement;
    held = {
      bar: bars().indexOf(active),
      stop: bars().findIndex((one) => one.getAttribute("tabindex") === "0"),
      part: active?.closest?.("[data-live]")?.id,
      link: active?.matches?.("a[href]") ? active.getAttribute("href") : null,
      lefts: scrolled().map((one) => one.scrollLeft),
      said: document.querySelector("[data-costs-told]:hover, [data-costs-told]:focus") !== null,
    };
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!held || !place()) return;
    const all = bars();
    const links = held.part && held.link ? [...document.querySelectorAll(`#${held.part} a[href]`)] : [];
    const same = held.bar >= 0 ? all[Math.min(held.bar, all.length - 1)] : links.find((one) => one.getAttribute("href") === held.link);
    if (same && document.activeElement !== same) same.focus({ preventScroll: true });
    if (all.length) only(all[Math.max(0, Math.min(held.stop, all.length - 1))]);
    if (held.said) say(document.querySelector("[data-costs-told]:hover, [data-costs-told]:focus"));
    scrolled().forEach((one, at) => (one.scrollLeft = held.lefts[at] || 0));
  });
  // Who comes back to the page after a while need not wait for the next turn.
  let hidden = Date.now();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hidden = Date.now();
    else if (Date.now() - hidden > 60000 && place() && document.getElementById("live")) window.htmx.trigger("#live", "missed");
  });

  // One stop of the Tab key for all bars; the arrows move among them.
  const bars = () => [...document.querySelectorAll("[data-costs-told]")].sort((one, other) => one.getBoundingClientRect().left - other.getBoundingClientRect().left);
  const only = (bar) => bars().forEach((one) => one.setAttribute("tabindex", one === bar ? "0" : "-1"));
  const say = (bar) => {
    const said = document.querySelector("[data-costs-said]");
    if (said && bar) said.textContent = bar.dataset.costsTold;
  };
  const ready = () => {
    const all = bars();
    if (all.length) only(all[0]);
  };
  document.addEventListener("DOMContentLoaded", ready);
  document.addEventListener("mouseover", (event) => say(event.target.closest?.("[data-costs-told]")));
  document.addEventListener("focusin", (event) => say(event.target.closest?.("[data-costs-told]")));
  document.addEventListener("keydown", (event) => {
    const menu = document.getElementById("costs-when");
    if (event.key === "Escape" && menu?.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
      return;
    }
    const bar = event.target.closest?.("[data-costs-told]");
    if (!bar) return;
    const all = bars();
    const at = all.indexOf(bar);
    const next = { ArrowLeft: all[at - 1], ArrowRight: all[at + 1], Home: all[0], End: all[all.length - 1] }[event.key];
    if (!next) return;
    event.preventDefault();
    only(next);
    next.focus();
  });
})();
