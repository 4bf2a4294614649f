// What a page gains with JavaScript: local times, messages, "Saved", theme choice, the counting tab.
// Every page is complete without it. Behaviour hangs on data-* attributes, never on classes.
// htmx 4 names its events htmx:phase:what and gives its request as event.detail.ctx.
"use strict";
(() => {
  const all = (selector, root = document) => root.querySelectorAll(selector);
  const root = document.documentElement;

  // --- Times: the same words as dashboard/web/formatting.py, in the reader's own zone.
  const exact = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  const short = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
  const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;
  const amount = (seconds) => {
    if (seconds < 60) return "";
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
    const days = Math.floor(seconds / 86400);
    if (days <= 14) return plural(days, "day");
    return days < 60 ? plural(Math.floor(days / 7), "week") : null;
  };
  const relative = (moment, how) => {
    const seconds = (moment - Date.now()) / 1000;
    const size = amount(Math.abs(seconds));
    if (size === null) return (seconds > 0 ? "on " : "") + day.format(moment);
    if (seconds > 0) return size ? `in ${size}` : "in a moment";
    if (!size) return how === "coming" ? "in a moment" : "just now";
    return how === "bare" ? size : `${size} ago`;
  };
  const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const showTimes = () => {
    for (const element of all("time[datetime]")) {
      const moment = new Date(element.dateTime);
      if (isNaN(moment)) continue;
      const { relative: how, prefix = "" } = element.dataset;
      if (how !== undefined) write(element, prefix + relative(moment, how));
      else if ("exact" in element.dataset) write(element, short.format(moment));
      else if ("day" in element.dataset) write(element, day.format(moment));
      else continue;
      element.title = exact.format(moment);
    }
  };
  setInterval(showTimes, 20_000);

  // --- The tab: "(2) Accounts" and a red favicon, whenever a fragment brings a new count.
  const countTab = () => {
    const place = document.getElementById("needs-you");
    const icon = document.querySelector("link[rel=icon]");
    if (!place || !icon) return;
    const count = Number(place.dataset.needsYou);
    document.title = (count ? `(${count}) ` : "") + document.title.replace(/^\(\d+\) /, "");
    const wanted = count ? icon.dataset.alarm : icon.dataset.calm;
    if (icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
  };

  // --- Short messages. The region is in the page from the start, or nobody would hear them.
  const dismissLater = (note) => { if (note.dataset.kind !== "problem") setTimeout(() => note.remove(), 8_000); };
  const toast = (text, kind = "done") => {
    const note = document.getElementById("toast-pattern").content.cloneNode(true).firstElementChild;
    note.dataset.kind = kind;
    note.querySelector("p").textContent = text;
    document.getElementById("toasts").append(note);
    dismissLater(note);
  };
  all("[data-toast]").forEach(dismissLater);
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.kind));
  document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
    const told = ctx.response.headers.get("HX-Trigger")?.includes('"toast"');
    const polled = ctx.request.method === "GET"; // the page asks again by itself
    if (ctx.response.status !== 422 && !told && !polled) toast("That did not work. Nothing was changed.", "problem");
  });
  document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
    if (!ctx?.request.method || ctx.request.method === "GET") return; // a poll that fails is tried again
    toast("Linkkeeper does not answer. Check your connection and try again.", "problem");
  });

  // --- A box that saves itself says so, and goes back to how it was if that failed.
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
    const form = ctx.sourceElement.closest("[data-saves]");
    if (!form) return;
    const place = form.querySelector("[data-saved]");
    if (!ctx.response.raw.ok) return form.reset();
    for (const box of all("input[type=checkbox]", form)) box.defaultChecked = box.checked;
    place.textContent = "Saved";
    setTimeout(() => { place.textContent = ""; }, 4_000);
  });

  // --- A plain form is sent once; going back makes it usable again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    if ("sent" in form.dataset) event.preventDefault();
    else form.dataset.sent = "";
  });
  addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // --- Menus are <details>: a click outside and Escape close them.
  const closeMenus = (except) => all("details[data-menu][open]").forEach((menu) => { if (!menu.contains(except)) menu.open = false; });
  document.addEventListener("click", (event) => {
    closeMenus(event.target);
    event.target.closest("[data-close]")?.closest("[data-toast]")?.remove();
  });
  document.addEventListener("focusin", (event) => closeMenus(event.target));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.activeElement.closest("details[data-menu][open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  // --- Copy buttons: without JavaScript the field beside them is there to be selected.
  for (const button of all("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const field = document.getElementById(button.dataset.copy);
      field.select();
      try { await navigator.clipboard.writeText(field.value); toast("Copied."); } catch { toast("Press Ctrl+C to copy.", "note"); }
    });
  }

  // --- Theme: auto, light or dark, kept in this browser (theme.js reads it before the paint).
  for (const choice of all("[data-theme-choice]")) {
    const chosen = root.dataset.theme ?? "auto";
    choice.querySelector(`[value=${chosen}]`).checked = true;
    choice.hidden = false;
    choice.addEventListener("change", ({ target: { value } }) => {
      if (value === "auto") delete root.dataset.theme;
      else root.dataset.theme = value;
      try { localStorage.setItem("theme", value); } catch { /* holds for this page only */ }
    });
  }

  const refresh = () => { showTimes(); countTab(); };
  document.addEventListener("htmx:after:swap", refresh);
  refresh();
})();
