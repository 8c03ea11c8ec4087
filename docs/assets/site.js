// Two repairs to what Material for MkDocs builds in the browser; the pages read as well without them.
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

addEventListener("resize", repair);
new MutationObserver(repair).observe(document.body, { childList: true, subtree: true });
repair();
