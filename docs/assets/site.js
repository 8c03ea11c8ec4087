// Repairs to what Material for MkDocs builds in the browser; the pages read as well without them.
// A table wider than the screen scrolls, so the keyboard must be able to reach it.
// Each copy button stands in a <nav> of its own, and a page of nameless landmarks is a maze.
const repair = () => {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap")) {
    const wide = box.scrollWidth > box.clientWidth;
    for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", "Table, scrolls sideways"]]) {
      if (wide) box.setAttribute(name, value);
      else box.removeAttribute(name);
    }
  }
  for (const nav of document.querySelectorAll("nav.md-code__nav:not([role])")) nav.setAttribute("role", "presentation");
};

// The menu button of a narrow screen is a <label>, which the keyboard passes by and which must not call itself a button.
const drawer = document.querySelector("#__drawer");
const label = document.querySelector('.md-header__button[for="__drawer"]');
if (drawer && label) {
  const menu = document.createElement("span");
  menu.append(...label.childNodes);
  label.append(menu);
  const tell = () => menu.setAttribute("aria-expanded", drawer.checked);
  for (const [name, value] of [["tabindex", "0"], ["role", "button"], ["aria-label", "Menu"]]) menu.setAttribute(name, value);
  menu.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    label.click();
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drawer.checked) return;
    label.click();
    menu.focus();
  });
  drawer.addEventListener("change", tell);
  tell();
}

// A run sheet counts from 0:00. Whoever says when they begin sees times of day instead; nothing is remembered.
for (const sheet of document.querySelectorAll(".sheet__table--clock")) {
  const times = [...sheet.querySelectorAll(".sheet__time")].map((time) => [time, time.textContent, Number(time.dataset.seconds)]);
  const label = document.createElement("label");
  const start = document.createElement("input");
  start.type = "time";
  start.autocomplete = "off";
  label.className = "sheet__start";
  label.append("We begin at ", start);
  start.addEventListener("input", () => {
    const [hours, minutes] = start.value.split(":").map(Number);
    for (const [time, counted, seconds] of times) {
      const minute = hours * 60 + minutes + Math.floor(seconds / 60);
      const clock = [Math.floor(minute / 60) % 24, minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
      time.textContent = start.value ? clock : counted;
    }
  });
  sheet.before(label);
}

// The empty list of results can take the focus while it has no height.
document.querySelector(".md-search__scrollwrap")?.setAttribute("tabindex", "-1");

addEventListener("resize", repair);
new MutationObserver(repair).observe(document.body, { childList: true, subtree: true });
repair();

// Paper cannot be unfolded, and not every browser knows how a style sheet says so.
let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll(".md-typeset details:not([open])")];
  for (const details of unfolded) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of unfolded) details.open = false;
});
