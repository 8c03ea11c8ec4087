// Material for MkDocs asks for all words of the site on every page, and starts a worker to read them: work that most
// readers never need. Here both wait until somebody goes to the search, or comes from it to a page on which it marks what
// was found.
const search = document.forms.namedItem("search");
const { open, send } = XMLHttpRequest.prototype;
XMLHttpRequest.prototype.open = function (method, address, ...rest) {
  open.call(this, method, address, ...rest);
  const isOfSearch = new URL(address, location).pathname.endsWith("/search/search_index.json");
  if (!search || !isOfSearch || search.contains(document.activeElement) || /[?&]h=/.test(location.search)) return;
  this.send = (body) => search.addEventListener("focusin", () => send.call(this, body), { once: true });
};

// The first message to the worker brings it the words. Its name is the theme's to look up, hence the other one here.
const SearchWorker = globalThis.Worker;
class LateWorker extends EventTarget {
  constructor(address) {
    super();
    this.address = address;
  }

  postMessage(message) {
    this.worker ??= this.start();
    this.worker.postMessage(message);
  }

  start() {
    const worker = new SearchWorker(this.address);
    worker.addEventListener("message", ({ data }) => this.dispatchEvent(new MessageEvent("message", { data })));
    return worker;
  }
}
globalThis.Worker = new Proxy(SearchWorker, {
  construct: (target, [address, ...rest]) =>
    /\/workers\/search\.[^/]*$/.test(address) ? new LateWorker(address) : new target(address, ...rest),
});
