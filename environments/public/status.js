// A maintenance page over any web app while its backend is away. One tag does it:
// <script src="https://portal/status.js" data-environment="chat-dev" data-health="/actuator/health"></script>
(() => {
  "use strict";
  const tag = document.currentScript;
  const set = tag && tag.dataset;
  const mark = Symbol.for("daybreak.status");
  if (!set || !set.environment || window[mark]) return;
  window[mark] = true;

  const number = (value, usual) => (value && value >= 0 ? Number(value) : usual);
  const every = Math.max(100, 1000 * number(set.interval, 30));
  const retryEvery = 1000 * number(set.retryInterval, 5);
  const retries = number(set.retries, 3);
  const timeout = 1000 * number(set.timeout, 10);
  const portal = new URL(`status/${encodeURIComponent(set.environment)}.json`, tag.src).href;
  const ask = window.fetch.bind(window);
  const gone = (status) => [502, 503, 504].includes(status);
  const on = (what, event, act) => what.addEventListener(event, act);
  const words = {
    en: {
      title: "We will be right back", away: "The service does not answer at the moment.",
      alone: "When it is back is not known either: the status page cannot be reached.",
      contact: "Contact", again: "Try again", trying: "Trying …", self: "This page comes back by itself.",
    },
    ko: {
      title: "잠시 점검 중이에요", away: "지금은 서비스가 응답하지 않아요.",
      alone: "상태 페이지에도 연결할 수 없어서 언제 재개하는지 알 수 없어요.",
      contact: "문의", again: "다시 시도", trying: "확인 중이에요…", self: "재개하면 화면이 저절로 돌아와요.",
    },
  };
  const css = `:host{all:initial!important;display:block!important}
dialog{box-sizing:border-box;width:100vw;height:100vh;height:100dvh;max-width:none;max-height:none;margin:0;border:0;
padding:24px;overflow:auto;overscroll-behavior:contain;color-scheme:light dark;background:#f8fafc;color:#0f172a;
font:16px/24px system-ui,"Apple SD Gothic Neo","Noto Sans KR",sans-serif;overflow-wrap:anywhere}
dialog[open]{display:grid;place-items:center}
main,[role]{display:grid;gap:12px}main{width:100%;max-width:480px}h1,p{margin:0}h1{font-size:28px;line-height:36px}
p:empty,a:empty{display:none}.when{font-size:20px;line-height:28px;font-weight:600}.quiet{color:#475569}a{color:inherit}
.sun{width:48px;height:24px;border-radius:48px 48px 0 0;background:#f59e0b}
button{justify-self:start;min-height:40px;margin-top:8px;padding:0 16px;border:0;border-radius:8px;background:#4f46e5;
color:#fff;font:inherit;font-weight:600;cursor:pointer}button:focus-visible{outline:2px solid currentColor;
outline-offset:2px}:lang(ko){word-break:keep-all}@media(prefers-color-scheme:dark){dialog{background:#0b1120;color:#f1f5f9}.quiet{color:#cbd5e1}button:focus-visible{outline-color:#c7d2fe}}`;

  let page = null;
  let failures = 0;
  let timer = 0;
  let busy = false;
  // Without data-health: the request of the app's own that failed.
  let suspect = set.health || "";

  const lang = () => {
    const said = set.lang || document.documentElement.lang || navigator.language || "";
    return said.toLowerCase().startsWith("ko") ? "ko" : "en";
  };

  const fetched = async (address, options) => {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), timeout);
    try {
      const answer = await ask(address, { cache: "no-store", signal: stop.signal, ...options });
      const json = (answer.headers.get("content-type") || "").includes("json");
      return { answer, body: json ? await answer.json().catch(() => null) : null };
    } finally {
      clearTimeout(late);
    }
  };

  const answers = async () => {
    try {
      const url = new URL(suspect, location.href);
      // Of another origin only data-health need let this page read: that one answers at all is enough of the others.
      const mode = set.health || url.origin === location.origin ? "cors" : "no-cors";
      const { answer, body } = await fetched(url, { credentials: "same-origin", mode });
      if (!set.health) return !gone(answer.status);
      // A page of the app in its place is no answer of Spring's.
      const spring = url.pathname.endsWith("/actuator/health");
      return answer.ok && (!spring || Boolean(body && body.status === "UP"));
    } catch {
      return false;
    }
  };

  const show = () => {
    const host = document.createElement("daybreak-status");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    const made = (name, into, className) => {
      const one = document.createElement(name);
      if (className) one.className = className;
      into.append(one);
      return one;
    };
    const dialog = made("dialog", root);
    const main = made("main", dialog);
    made("div", main, "sun");
    const title = made("h1", main);
    title.id = "title";
    dialog.setAttribute("aria-labelledby", "title");
    const live = made("div", main);
    live.setAttribute("role", "status");
    live.setAttribute("aria-live", "polite");
    const [when, why, whom, self] = ["when", "", "", "quiet"].map((name) => made("p", live, name));
    const [colon, contact] = [made("span", whom), made("a", whom)];
    const button = made("button", main);
    button.type = "button";
    on(button, "click", () => check());
    // Escape does not bring the backend back.
    on(dialog, "cancel", (event) => event.preventDefault());
    on(dialog, "close", () => page && dialog.showModal());
    page = { host, dialog, title, when, why, colon, contact, self, button, lang: lang(), before: document.activeElement };
    dialog.lang = page.lang;
    document.documentElement.append(host);
    write(null);
    dialog.showModal();
  };

  const hide = () => {
    const { host, dialog, before } = page;
    page = null;
    dialog.close();
    host.remove();
    if (before && before.isConnected) before.focus({ preventScroll: true });
  };

  const put = (place, text) => {
    // Told again only when it is another text.
    if (place.textContent !== text) place.textContent = text;
  };

  const write = (status, alone) => {
    const own = words[page.lang];
    const said = status && status.texts && status.state !== "up" ? status.texts[page.lang] : null;
    put(page.title, status ? `${status.name}: ${said ? said.state : own.title}` : own.title);
    put(page.when, said ? said.resumes : "");
    put(page.why, (said ? said.said : own.away) + (alone ? ` ${own.alone}` : ""));
    put(page.self, own.self);
    put(page.button, own.again);
    const { contact, contact_link: href } = status || {};
    put(page.colon, contact ? `${own.contact}: ` : "");
    put(page.contact, contact || "");
    if (href) page.contact.href = href;
  };

  const tell = async () => {
    try {
      const { answer, body } = await fetched(portal, { credentials: "omit", cache: "no-cache" });
      if (page) write(answer.ok ? body : null);
    } catch {
      if (page) write(null, true);
    }
  };

  const later = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(check, wait);
  };

  async function check() {
    if (busy || !suspect) return;
    // A tab that nobody sees, or a machine without a network, asks again when that is over.
    if (document.hidden || !navigator.onLine) return;
    busy = true;
    if (page) put(page.button, words[page.lang].trying);
    const well = await answers();
    busy = false;
    if (well) {
      failures = 0;
      if (page) hide();
      if (set.health) later(every);
      else suspect = "";
      return;
    }
    failures += 1;
    const away = failures > retries;
    later(away ? every : retryEvery);
    if (!away) return;
    if (!page) show();
    await tell();
  }

  on(document, "visibilitychange", check);
  on(window, "online", check);
  if (set.health) return void check();

  // Without an address of its own to ask: the app's requests to its backend tell, and the one that failed is asked again.
  const backend = (set.backend || location.origin).split(/\s+/).map((one) => new URL(one, location.href).origin);
  const failed = (address, method) => {
    const url = new URL(address, location.href);
    if (suspect || !backend.includes(url.origin)) return;
    suspect = /^(get|head)$/i.test(method) ? url.href : `${url.origin}/`;
    later(retryEvery);
    failures = 1;
  };
  window.fetch = async function (what, options) {
    const address = what instanceof Request ? what.url : String(what);
    const method = (options && options.method) || (what instanceof Request ? what.method : "GET");
    try {
      const answer = await ask(what, options);
      if (gone(answer.status)) failed(address, method);
      return answer;
    } catch (error) {
      if (error.name !== "AbortError") failed(address, method);
      throw error;
    }
  };
  const asked = new WeakMap();
  const { open, send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    asked.set(this, [String(address), method]);
    return open.call(this, method, address, ...rest);
  };
  XMLHttpRequest.prototype.send = function (...body) {
    const tellIt = () => failed(...(asked.get(this) || ["", "GET"]));
    on(this, "error", tellIt);
    on(this, "timeout", tellIt);
    on(this, "load", () => gone(this.status) && tellIt());
    return send.apply(this, body);
  };
})();
