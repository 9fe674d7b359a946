// Keeps what is marked data-live up to date. The page does all it must without this file.
"use strict";
(() => {
  const main = document.getElementById("content");
  const seconds = Number(main.dataset.every);
  if (!seconds) return;
  const url = main.dataset.url || location.pathname + location.search;

  const replace = (fresh) => {
    for (const old of document.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(old.id);
      // Never pull the ground from under somebody who is tabbing through it.
      if (now && now.innerHTML !== old.innerHTML && !old.contains(document.activeElement)) old.innerHTML = now.innerHTML;
    }
  };

  const look = async () => {
    if (document.hidden) return;
    let answer;
    try {
      answer = await fetch(url, { redirect: "error", headers: { Accept: "text/html" } });
    } catch {
      return; // logged out, or the server is away: the next click will tell
    }
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = fresh.getElementById("content").dataset;
    replace(fresh);
    if (now.revision === main.dataset.revision && now.state === main.dataset.state) return;
    const typing = [...document.querySelectorAll("main textarea, main input[name=cap_again]")].some((field) => field.value);
    if (typing) document.getElementById("changed").hidden = false;
    else location.assign(url);
  };

  setInterval(look, seconds * 1000);
})();
