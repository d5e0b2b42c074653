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
