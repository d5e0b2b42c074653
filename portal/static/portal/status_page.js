// The status page asks for itself anew, and changes only what reads otherwise: nothing moves under a reader.
(() => {
  "use strict";

  const deciding = () => document.querySelector("details[open]");

  const renew = async () => {
    if (document.hidden || deciding()) return;
    const away = document.getElementById("status-away");
    try {
      const answer = await fetch(location.href, { cache: "no-cache" });
      if (!answer.ok) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const [now, then] = [document, fresh].map((page) => page.getElementById("status"));
      away.textContent = "";
      if (!then || deciding() || now.innerHTML === then.innerHTML) return;
      document.title = fresh.title;
      now.dataset.every = then.dataset.every;
      now.replaceChildren(...then.childNodes);
      document.getElementById("status-act").replaceWith(fresh.getElementById("status-act"));
    } catch {
      away.textContent = away.dataset.words;
    }
  };

  const wait = () => {
    const seconds = Number(document.getElementById("status").dataset.every);
    setTimeout(() => renew().finally(wait), 1000 * seconds);
  };
  document.addEventListener("visibilitychange", renew);
  wait();
})();
