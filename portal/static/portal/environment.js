// The environment's page: a folded part opens where a link leads to it, and the address keeps which one somebody opened.
(() => {
  "use strict";

  const foldOf = (name) => (name ? document.getElementById(decodeURIComponent(name))?.closest(".env-fold") : null);
  const lead = (name) => {
    const fold = foldOf(name);
    if (!fold || fold.open) return;
    fold.open = true;
    fold.scrollIntoView();
  };
  lead(location.hash.slice(1));
  window.addEventListener("hashchange", () => lead(location.hash.slice(1)));

  document.addEventListener("click", (event) => {
    // The same link once more is no new address.
    const link = event.target.closest(".env a[href^='#']");
    if (link) lead(link.getAttribute("href").slice(1));
    const fold = event.target.closest(".env-fold > summary")?.parentElement;
    if (!fold) return;
    // It is about to become the other.
    const name = fold.querySelector("summary [id]").id;
    const here = location.pathname + location.search;
    if (!fold.open) history.replaceState(history.state, "", `${here}#${name}`);
    else if (location.hash === `#${name}`) history.replaceState(history.state, "", here);
  });
})();
