// The page's own script: theme, keys, evidence links, Cancel, chosen files, corrections of an audit, and the chat's address. Talks to this server only.
"use strict";
(() => {
  const query = (selector) => document.querySelector(selector);
  const stored = () => { try { return localStorage.getItem("frugal-theme"); } catch { return null; } };

  // theme: the person's choice, else the system's
  const paintTheme = () => {
    const dark = (stored() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    document.body.classList.toggle("dark", dark);
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
  };

  // a link to #ev-... opens that row of the Evidence panel
  const openEvidence = (id) => {
    const tab = [...document.querySelectorAll('[role="tab"]')].find((one) => one.textContent.trim().startsWith("Evidence"));
    if (tab) tab.click();
    // a tab that was never open gets its rows only now
    const show = (tries) => {
      const row = document.getElementById(id);
      if (!row) { if (tries) setTimeout(() => show(tries - 1), 100); return; }
      for (let one = row; one; one = one.parentElement?.closest("details")) one.open = true;
      setTimeout(() => { row.scrollIntoView({ block: "nearest" }); row.querySelector("summary").focus(); }, 120);
    };
    show(30);
  };

  // what was changed on the Bill panel, in the words that could have been typed; the server reads them like any message
  const corrections = (bill) => {
    const said = [], columns = new Map(), selects = [...bill.querySelectorAll("select[data-column]")];
    selects.filter((one) => one.value && one.value !== one.dataset.was).forEach((one) => {
      columns.set(one.value, (columns.get(one.value) ?? new Set()).add(one.dataset.column));
    });
    // what was said before of the same role in another file stays said
    selects.filter((one) => "said" in one.dataset && one.value === one.dataset.was).forEach((one) => columns.get(one.value)?.add(one.dataset.column));
    columns.forEach((names, role) => said.push(`${role}=${[...names].join("|")}`));
    const sheets = [...bill.querySelectorAll("input[data-sheet]")];
    if (sheets.some((one) => one.checked !== one.defaultChecked)) {
      const counted = sheets.filter((one) => one.checked).map((one) => `"${one.dataset.sheet}"`);
      if (counted.length) said.push(`sheet=${counted.join("|")}`);
    }
    bill.querySelectorAll("[data-setting]").forEach((one) => {
      if (one.value.trim() && one.value !== one.dataset.was) said.push(`${one.dataset.setting}=${one.value.trim()}`);
    });
    bill.querySelectorAll("[data-rate]").forEach((one) => {
      if (one.value.trim()) said.push(`1 ${one.dataset.rate} = ${one.value.trim()} ${one.dataset.target}`);
    });
    return said.length ? `Audit again: ${said.join("; ")}` : "";
  };
  const sendCorrections = (text) => {
    const field = query("#again-text textarea, #again-text input"), button = query("button#again");
    if (!field || !button) return;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    setTimeout(() => button.click(), 80); // the page takes up the text first
  };

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    const link = target.closest('a[href^="#ev-"]');
    if (link) {
      event.preventDefault();
      openEvidence(link.getAttribute("href").slice(1));
      return;
    }
    if (target.closest("#theme-toggle")) {
      const next = document.body.classList.contains("dark") ? "light" : "dark";
      try { localStorage.setItem("frugal-theme", next); } catch { /* private window: the choice lasts for this page */ }
      document.body.classList.toggle("dark", next === "dark");
      document.documentElement.style.colorScheme = next;
      return;
    }
    const again = target.closest("button[data-again]");
    if (again) {
      sendCorrections(again.dataset.again || corrections(again.closest(".bill")));
      return;
    }
    const cancel = target.closest("button[data-cancel]");
    if (cancel) {
      cancel.disabled = true;
      cancel.textContent = "Cancelling";
      fetch(`/jobs/${encodeURIComponent(cancel.dataset.cancel)}/cancel`, { method: "POST" })
        .then((answer) => { cancel.textContent = answer.ok ? "Cancelled" : "Not found"; })
        .catch(() => { cancel.disabled = false; cancel.textContent = "Cancel"; });
    }
  });

  document.addEventListener("keydown", (event) => {
    const field = event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable=true]");
    if (event.key === "/" && !field && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const prompt = query("#prompt textarea");
      if (prompt) { event.preventDefault(); prompt.focus(); }
    }
    const fold = event.key === " " && event.target instanceof Element && event.target.matches("#chat .thought-group .title");
    if (fold) { event.preventDefault(); event.target.click(); }
    if (event.key === "Escape") {
      const stop = query("button#stop");
      if (stop && stop.offsetParent !== null) stop.click();
    }
  });

  // files were added to the message or taken out: the server shows their first rows (a sent message takes its rows along)
  let chosen = 0;
  const showFiles = () => {
    const files = document.querySelectorAll("#prompt .thumbnail-wrapper").length;
    if (files !== chosen && (files || query("#upload-preview .preview"))) query("button#files-changed")?.click();
    chosen = files;
  };

  // roles and states that the chat component leaves out, and the address of the open chat; watched, because the page is repainted
  const set = (one, name, value) => { if (one.getAttribute(name) !== value) one.setAttribute(name, value); };
  const tend = () => {
    document.querySelectorAll("#chat .examples[role=list]").forEach((one) => { set(one, "role", "group"); set(one, "aria-label", "Examples"); });
    document.querySelectorAll("#prompt .thumbnail-wrapper[role=listitem]").forEach((one) => one.removeAttribute("role"));
    document.querySelectorAll("#chat .thought-group .title").forEach((one) => {
      set(one, "aria-expanded", String(one.classList.contains("expanded")));
      one.querySelectorAll(".arrow").forEach((arrow) => { arrow.inert = true; });
    });
    showFiles();
    const chat = query("#conversation");
    if (chat) {
      const address = new URL(location.href);
      if (address.searchParams.get("c") !== chat.dataset.id) {
        address.searchParams.set("c", chat.dataset.id);
        history.replaceState(null, "", address);
      }
    }
  };
  let waiting = false;
  const later = () => { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; tend(); }); } };
  const begin = () => { paintTheme(); new MutationObserver(later).observe(document.body, { childList: true, subtree: true, attributeFilter: ["class", "data-id"] }); };
  if (document.body) begin(); else document.addEventListener("DOMContentLoaded", begin);
})();
