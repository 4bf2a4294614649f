// Runs before the page is painted, so that nobody sees the wrong colours flash by.
// Without it, and with "auto", the style sheets follow the system by themselves.
(() => {
  let choice = null;
  try { choice = localStorage.getItem("theme"); } catch { /* storage is switched off */ }
  const root = document.documentElement;
  root.dataset.js = "";
  if (choice === "light" || choice === "dark") root.dataset.theme = choice;
})();
