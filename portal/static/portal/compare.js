// Ways to run something: lines are added and removed without asking for the page again. Without this the same buttons do.
(() => {
  "use strict";

  const FIRST = "input:not([type=hidden])";

  const lines = (way) => [...way.querySelectorAll("[data-cmp-lines] > [data-cmp-line]")];

  // Lines are read in the order of their numbers, which may have gaps: their names stay, only what is read changes.
  const added = (way) => {
    const pattern = way.querySelector("[data-cmp-new]").innerHTML;
    const number = 1 + Math.max(0, Number(way.dataset.last) || 0, lines(way).length);
    way.dataset.last = number;
    way.querySelector("[data-cmp-lines]").insertAdjacentHTML("beforeend", pattern.replaceAll("__line__", number));
    const [last, before] = lines(way).reverse();
    const currency = before?.querySelector("[name$='.currency']");
    if (currency) last.querySelector("[name$='.currency']").value = currency.value;
    return last;
  };

  const settle = (way, words) => {
    const word = way.querySelector("[data-cmp-new]").content.querySelector("[data-cmp-number]").textContent;
    const there = lines(way);
    there.forEach((line, at) => {
      line.querySelector("[data-cmp-number]").textContent = word.replace("__line__", at + 1);
    });
    const add = way.querySelector("[data-cmp-add]");
    if (add) add.hidden = there.length >= Number(way.dataset.most);
    way.closest("form").querySelector("[data-cmp-said]").textContent = words;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-cmp-add], [data-cmp-remove]");
    const way = button?.closest("[data-cmp-way]");
    if (!way) return;
    event.preventDefault();
    const { added: isAdded, removed: isRemoved } = way.closest("form").querySelector("[data-cmp-said]").dataset;
    if (button.matches("[data-cmp-add]")) {
      const line = added(way);
      settle(way, isAdded);
      line.querySelector(FIRST).focus();
      return;
    }
    const line = button.closest("[data-cmp-line]");
    const next = line.nextElementSibling || line.previousElementSibling;
    line.remove();
    const near = next || added(way);
    settle(way, isRemoved);
    near.querySelector(FIRST).focus({ preventScroll: true });
    near.scrollIntoView({ block: "nearest" });
  });

  // The link is to be sent to people: what was left empty is not in it.
  document.addEventListener("formdata", (event) => {
    if (!event.target.matches("[data-cmp-ways]")) return;
    [...event.formData].forEach(([name, value]) => {
      if (/^\d\.\d+\./.test(name) && !value) event.formData.delete(name);
    });
  });
})();
