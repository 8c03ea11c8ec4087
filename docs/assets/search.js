// Material for MkDocs asks for all words of the site on every page, and reads them: work that most readers never need.
// Here they are asked for once somebody goes to the search, or comes from it to a page on which it marks what was found.
const search = document.forms.namedItem("search");
const { open, send } = XMLHttpRequest.prototype;
XMLHttpRequest.prototype.open = function (method, address, ...rest) {
  open.call(this, method, address, ...rest);
  const isOfSearch = new URL(address, location).pathname.endsWith("/search/search_index.json");
  if (!search || !isOfSearch || search.contains(document.activeElement) || /[?&]h=/.test(location.search)) return;
  this.send = (body) => search.addEventListener("focusin", () => send.call(this, body), { once: true });
};
