// A box over each group of kinds of events: all of them, or none.
(() => {
  "use strict";

  const below = (group) => [...group.querySelectorAll("input[name]")];

  const show = (group) => {
    const ticked = below(group).filter((box) => box.checked).length;
    const all = group.querySelector("[data-all-below]");
    all.checked = ticked === below(group).length;
    all.indeterminate = ticked > 0 && !all.checked;
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".evk-group").forEach((group) => {
      group.querySelector(".evk-all").hidden = below(group).length < 2;
      show(group);
    });
  });

  // Before anybody else hears of it: the preview reads the form as it then is.
  document.addEventListener("change", ({ target }) => {
    const group = target.closest?.(".evk-group");
    if (!group) return;
    if ("allBelow" in target.dataset) below(group).forEach((box) => { box.checked = target.checked; });
    show(group);
  }, true);
})();
