"use strict";
(() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));

  const form = document.querySelector("form.filters");
  const narrow = () => {
    const asked = new FormData(form);
    const named = asked.get("operation").trim().toLowerCase();
    const fits = (element) => element.dataset.operation.toLowerCase().includes(named);
    let shown = 0;
    for (const each of all("article")) {
      each.hidden = !(fits(each) && ["oracle", "severity"].every(
        (name) => !asked.get(name) || asked.get(name) === each.dataset[name]));
      shown += each.hidden ? 0 : 1;
    }
    for (const row of all("tr[data-operation]")) row.hidden = !fits(row);
    for (const row of all(".defects tbody tr")) {
      const targets = Array.from(row.querySelectorAll("a"), (link) => link.hash.slice(1));
      row.hidden = targets.every((id) => document.getElementById(id).hidden);
    }
    form.querySelector("output").value = `${shown} of ${all("article").length} findings`;
  };
  if (form) {
    form.hidden = false;
    form.addEventListener("input", narrow);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(narrow));
    narrow();
  }

  const opened = () => {
    const finding = document.getElementById(location.hash.slice(1));
    const details = finding && finding.querySelector("details");
    if (details) details.open = true;
  };
  addEventListener("hashchange", opened);
  opened();

  const copy = async (element) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(element.textContent);
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    if (!document.execCommand("copy")) throw new Error("not copied");
  };
  for (const element of all(".copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await copy(element);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select it and copy by hand";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    element.before(button);
  }
})();
