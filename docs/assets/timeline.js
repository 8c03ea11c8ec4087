// Lay the cards of a practice incident out as a timeline. Nothing leaves the browser: the work is kept in localStorage
// under one key for each incident, in the files that somebody saves, and nowhere else. The cards come from cards.js, a script beside the
// evidence, because a page that was opened from a disk may not fetch anything.
"use strict";
(() => {
  const board = document.querySelector("#board");
  const given = globalThis.practiceCards;
  if (!board || !given) return;

  const FORMAT = "post-mortem-timeline";
  const KEY = `${FORMAT}-${given.scenario}`;
  const OLD_KEY = FORMAT; // under which this page has kept the work on whichever incident
  const LONGEST = { text: 500, source: 120, note: 2000 };
  const MOST = { own: 200, bytes: 1_000_000, steps: 200 };
  const LATEST = "9999-12-31T23:59"; // else some browsers let a year go on, and take what is typed next for a part of it
  const zones = given.zones;
  const fresh = () => ({ format: FORMAT, version: 1, scenario: given.scenario, zone: zones[0].name, placed: [], own: [], marks: {} });

  let state = fresh();
  let steps = []; // earlier states as text, for Undo
  let reference = null; // the key, in the facilitator's view
  let isFollowing = false; // what is done in another window
  let isWarned = false; // that this browser keeps nothing

  // --- what there is ---------------------------------------------------------------------------------------------

  const allCards = () => [...given.cards, ...state.own];
  const cardOf = (id) => allCards().find((card) => card.id === id);
  const isOwn = (id) => state.own.some((card) => card.id === id);
  const marksOf = (id) => state.marks[id] ?? {};
  const unplaced = () => given.cards.filter((card) => !state.placed.includes(card.id));
  const short = (text) => (text.length > 60 ? `${text.slice(0, 59).trimEnd()}…` : text);

  // --- time ------------------------------------------------------------------------------------------------------

  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const zoneOf = (name) => zones.find((zone) => zone.name === name);
  // A time of UTC as a clock of that zone would show it, in the spelling of <input type="datetime-local">.
  const inZone = (utc, zone) => (utc ? new Date(Date.parse(utc) + zone.minutes * 60_000).toISOString().slice(0, 16) : "");
  const toUtc = (local, zone) => {
    const at = Date.parse(`${local}Z`) - zone.minutes * 60_000;
    const utc = Number.isNaN(at) ? "" : `${new Date(at).toISOString().slice(0, 16)}:00Z`;
    return isTime(utc) ? utc : null; // none, half typed, or beyond the years that can be read again
  };
  const clock = (utc, zone) => {
    const [day, time] = inZone(utc, zone).split("T");
    return `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1]} ${time}`;
  };
  const timeOf = (card) => card.utc ?? marksOf(card.id).guess ?? null;

  // --- keeping ---------------------------------------------------------------------------------------------------

  const isText = (value, longest) => typeof value === "string" && value.length <= longest;
  const isTime = (value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/.test(value) && !Number.isNaN(Date.parse(value));
  const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const refuse = (why) => {
    throw new RangeError(why);
  };

  const readOwn = (card) => {
    if (!isRecord(card) || typeof card.id !== "string" || !/^own-\d{1,6}$/.test(card.id) || !isText(card.text, LONGEST.text) || !card.text.trim()) refuse("one of its own cards has no words, or no number");
    if (!isText(card.source, LONGEST.source) || !(card.utc === null || isTime(card.utc))) refuse(`the source or the time of its card “${short(card.text)}” cannot be read`);
    return { id: card.id, text: card.text, source: card.source, utc: card.utc };
  };
  const readMarks = (marks) => {
    const { factor = false, unknown = false, note = "", guess = null } = isRecord(marks) ? marks : refuse("the marks of a card cannot be read");
    if (typeof factor !== "boolean" || typeof unknown !== "boolean") refuse("a mark of a card is neither set nor unset");
    if (!isText(note, LONGEST.note)) refuse("the note of a card is no text, or too long");
    if (guess !== null && !isTime(guess)) refuse("the guessed time of a card cannot be read");
    return { ...(factor && { factor }), ...(unknown && { unknown }), ...(note && { note }), ...(guess && { guess }) };
  };

  // What was saved, or a RangeError that says why it is none of ours. Nothing is taken over before all of it is read.
  const read = (text) => {
    let found;
    try {
      found = JSON.parse(text);
    } catch {
      refuse("it is not JSON, so it was not saved by this page, or not to its end");
    }
    if (!isRecord(found) || found.format !== FORMAT) refuse("it was not saved by this page");
    if (found.version !== 1) refuse("it was saved by another version of this page");
    if (found.scenario !== given.scenario) refuse("it belongs to another incident");
    if (!Array.isArray(found.own) || found.own.length > MOST.own) refuse("its own cards are no list, or too many");
    if (!Array.isArray(found.placed) || !isRecord(found.marks) || !zoneOf(found.zone)) refuse("its order, marks or time zone are missing");
    const own = found.own.map(readOwn);
    const known = new Set([...given.cards, ...own].map((card) => card.id));
    if (known.size !== given.cards.length + own.length) refuse("it holds the same card twice");
    const placed = found.placed.map((id) => (known.has(id) ? id : refuse("it names a card that this incident does not have")));
    if (new Set(placed).size !== placed.length) refuse("it places the same card twice");
    const marks = {};
    for (const [id, set] of Object.entries(found.marks)) marks[known.has(id) ? id : refuse("it marks a card that this incident does not have")] = readMarks(set);
    const left = own.map((card) => card.id).filter((id) => !placed.includes(id)); // one's own cards have no other place
    return { ...fresh(), zone: found.zone, placed: [...placed, ...left], own, marks };
  };

  const written = () => JSON.stringify(state);
  const keep = () => {
    try {
      localStorage.setItem(KEY, written());
    } catch {
      if (!isWarned) status.append(" This browser keeps nothing for this page: save to a file before you leave.");
      isWarned = true;
    }
  };
  const remember = () => {
    isFollowing = false;
    steps = [...steps.slice(1 - MOST.steps), written()];
  };
  const change = (message, act) => {
    remember();
    act();
    show();
    say(message);
    keep();
  };

  // --- moving ----------------------------------------------------------------------------------------------------

  // Put a card before another one of the timeline, or with null at its end.
  const put = (id, before) => {
    const others = state.placed.filter((each) => each !== id);
    const at = before === null ? others.length : others.indexOf(before);
    const placed = [...others.slice(0, at), id, ...others.slice(at)];
    if (placed.join() === state.placed.join()) return;
    change(`“${short(cardOf(id).text)}” is now ${at + 1} of ${placed.length}.`, () => (state.placed = placed));
  };
  const shift = (id, to) => {
    const last = state.placed.length - 1;
    const at = Math.min(Math.max(to, 0), last);
    if (at === state.placed.indexOf(id)) {
      say(at ? "This is the last card already." : "This is the first card already.");
      return;
    }
    const others = state.placed.filter((each) => each !== id);
    put(id, others[at] ?? null);
  };
  const takeBack = (id) => {
    const { text } = cardOf(id);
    change(isOwn(id) ? `Your card “${short(text)}” is deleted. Undo brings it back.` : `“${short(text)}” is back among the cards to place.`, () => {
      state.placed = state.placed.filter((each) => each !== id);
      if (isOwn(id)) {
        state.own = state.own.filter((card) => card.id !== id);
        delete state.marks[id];
      }
    });
  };
  const mark = (id, name, value) => {
    const { [name]: _, ...rest } = marksOf(id);
    state.marks[id] = value ? { ...rest, [name]: value } : rest;
    if (!Object.keys(state.marks[id]).length) delete state.marks[id];
  };

  // --- what is seen ----------------------------------------------------------------------------------------------

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== false) element.setAttribute(name, value === true ? "" : value);
    element.append(...children);
    return element;
  };
  const button = (act, words, attributes = {}) => make("button", { type: "button", class: "board__button", "data-act": act, ...attributes }, words);
  const field = (words, input, className) => make("label", { class: className }, make("span", {}, words), input);
  const write = (input, value) => {
    if (input && input.value !== value) input.value = value; // else what is half typed would be lost
  };
  const set = (element, name, value) => (value === null ? element.removeAttribute(name) : element.setAttribute(name, value));

  const status = make("p", { class: "board__status", role: "status" });
  const say = (words) => {
    status.textContent = words;
  };

  const chosen = make("fieldset", { class: "board__zones" }, make("legend", {}, "Show times in"));
  for (const zone of zones) chosen.append(make("label", {}, make("input", { type: "radio", name: "zone", value: zone.name }), zone.name));

  const file = make("input", { type: "file", accept: ".json,application/json", hidden: true, "aria-label": "A saved timeline" });
  const tools = make(
    "div", { class: "board__tools" },
    button("undo", "Undo"), button("copy", "Copy as Markdown"), button("export", "Download Markdown"),
    button("save", "Save to a file"), button("open", "Open a file"), button("reset", "Start again"),
    button("rescue", "Save what was kept", { hidden: true }), file,
  );
  const tray = make("ul", { class: "board__cards" });
  const line = make("ol", { class: "board__cards board__cards--placed" });
  const trayTitle = make("h2", { id: "still-to-place" });
  const lineTitle = make("h2", { id: "your-timeline" });
  const hint = make("p", { class: "board__hint" }, "Drag the first card here, or press its button “Place”.");
  const words = make("input", { type: "text", maxlength: LONGEST.text, required: true });
  const when = make("input", { type: "datetime-local", max: LATEST });
  const source = make("input", { type: "text", maxlength: LONGEST.source });
  const form = make(
    "form", { class: "board__own" },
    make("h3", {}, "A card of your own"),
    field("What was seen or done", words), field("When, if you know", when), field("Where it is on record", source),
    make("button", { type: "submit", class: "board__button" }, "Add card"),
  );
  // Where the halves stand below each other, this stays in view: it says that a card has moved, and leads to it.
  const toTray = make("a", { href: "#still-to-place" });
  const toLine = make("a", { href: "#your-timeline" });
  const jump = make("nav", { class: "board__jump", "aria-label": "Cards and timeline" }, toTray, toLine);
  const preview = make("textarea", { readonly: true, rows: "12", "aria-label": "Your timeline as Markdown" });
  const shown = make("details", { class: "board__markdown" }, make("summary", {}, "See the Markdown"), preview);
  const key = make("section", { class: "board__key", "aria-labelledby": "the-key", hidden: true });

  const made = new Map(); // the element of each card, by all that the card says: another file has other own cards
  const elementOf = (card) => {
    const said = JSON.stringify(card);
    if (!made.has(said)) made.set(said, makeCard(card));
    return made.get(said);
  };
  const makeCard = (card) => {
    const described = { "aria-describedby": `card-${card.id}` };
    const time = make("input", { type: "datetime-local", max: LATEST, "data-guess": true, ...described });
    const note = make("textarea", { rows: "2", maxlength: LONGEST.note, "data-note": true, ...described });
    const box = (name, label) => make("label", {}, make("input", { type: "checkbox", "data-mark": name, ...described }), label);
    return make(
      "li", { class: "card", "data-id": card.id, draggable: "true" },
      make("p", { class: "card__facts" }, make("span", { class: "card__letter" }, isOwn(card.id) ? "own" : card.id), make("span", { class: "card__time" }), make("span", { class: "card__source" }, card.source)),
      make("p", { class: "card__text", id: `card-${card.id}` }, card.text),
      card.utc ? "" : field("About when?", time, "card__guess"),
      make(
        "div", { class: "card__tools" },
        button("place", "Place", described), button("up", "Up", described), button("down", "Down", described),
        button("back", isOwn(card.id) ? "Delete" : "Put back", described),
        box("factor", "Factor"), box("unknown", "Unknown"),
        button("note", "Note", { ...described, "aria-expanded": "false" }),
      ),
      make("div", { class: "card__note", hidden: true }, field("Your note", note)),
      make("p", { class: "card__printed" }), // on paper, in the place of buttons and fields
      make("p", { class: "card__key", hidden: true }),
    );
  };

  const showCard = (card, at) => {
    const element = elementOf(card);
    const marks = marksOf(card.id);
    const isPlaced = at >= 0;
    const part = (selector) => element.querySelector(selector);
    part(".card__time").textContent = card.utc ? clock(card.utc, zoneOf(state.zone)) : marks.guess ? `~ ${clock(marks.guess, zoneOf(state.zone))}` : "no time";
    write(part("[data-guess]"), inZone(marks.guess, zoneOf(state.zone)));
    for (const box of element.querySelectorAll("[data-mark]")) box.checked = Boolean(marks[box.dataset.mark]);
    write(part("[data-note]"), marks.note ?? "");
    part('[data-act="note"]').textContent = marks.note ? "Note ✓" : "Note";
    part(".card__printed").textContent = [marks.factor && "Factor.", marks.unknown && "Unknown.", marks.note].filter(Boolean).join(" ");
    part('[data-act="place"]').hidden = isPlaced;
    for (const act of ["up", "down", "back"]) part(`[data-act="${act}"]`).hidden = !isPlaced;
    set(part('[data-act="up"]'), "aria-disabled", at === 0 ? "true" : null);
    set(part('[data-act="down"]'), "aria-disabled", at === state.placed.length - 1 ? "true" : null);
    return element;
  };

  // Only what differs is moved, so that the rest of the page stands still.
  const fill = (list, elements) => {
    for (const element of [...list.children]) if (!elements.includes(element)) element.remove();
    elements.forEach((element, at) => {
      if (list.children[at] !== element) list.insertBefore(element, list.children[at] ?? null);
    });
  };

  const show = () => {
    const focused = document.activeElement;
    fill(tray, unplaced().map((card) => showCard(card, -1)));
    fill(line, state.placed.map((id, at) => showCard(cardOf(id), at)));
    trayTitle.textContent = toTray.textContent = `Still to place (${tray.children.length})`;
    lineTitle.textContent = toLine.textContent = `Your timeline (${line.children.length})`;
    hint.hidden = line.children.length > 0;
    for (const radio of chosen.querySelectorAll("input")) radio.checked = radio.value === state.zone;
    set(tools.querySelector('[data-act="undo"]'), "aria-disabled", steps.length ? null : "true");
    preview.value = markdown();
    showKey();
    if (focused !== document.activeElement && focused.isConnected) focused.focus();
  };

  // --- taking it away --------------------------------------------------------------------------------------------

  // As words: no markup, no mark of a list or a heading, and nobody who would be called by it.
  const cell = (text) =>
    text.trim().replace(/\s+/g, " ")
      .replace(/[\\|<>*_`~&[\]]/g, "\\$&")
      .replace(/^[#+-]|^\d+(?=[.)])/, (start) => (start < "0" ? `\\${start}` : `${start}\\`))
      .replace(/@(?=\w)/g, "@\u200b");
  const times = (card) => {
    const utc = timeOf(card);
    return zones.slice(0, 2).map((zone) => (utc ? `${card.utc ? "" : "~"}${clock(utc, zone)}` : ""));
  };

  // In the shape of the post-mortem record, templates/post-mortem.md.
  const markdown = () => {
    const marked = (name) => [...state.placed.map(cardOf), ...unplaced()].filter((card) => marksOf(card.id)[name]);
    const seen = (card) => cell(card.text) + (marksOf(card.id).note ? ` (note: ${cell(marksOf(card.id).note)})` : "");
    const factor = (card, at) => {
      const { note } = marksOf(card.id);
      return `| F${at + 1} | ${cell(note ?? card.text)} | ${[...(note ? [card.text] : []), card.source].filter(Boolean).map(cell).join(", ")} |`;
    };
    const unknown = (card) => `- ${marksOf(card.id).note ? `${cell(marksOf(card.id).note)} (about: ${cell(card.text)})` : cell(card.text)}`;
    const left = unplaced().length;
    return [
      `# Post-mortem: ${given.title}`, "", "Status: draft", "",
      "## Timeline", "",
      `| UTC | Local (${zones[1].name}) | What was seen or done | By (role) | Source |`, "|---|---|---|---|---|",
      ...state.placed.map(cardOf).map((card) => `| ${times(card).join(" | ")} | ${seen(card)} | ${cell(card.role ?? "")} | ${cell(card.source)} |`),
      ...(left ? ["", `Not placed yet: ${left} of ${given.cards.length} cards.`] : []), "",
      "## Contributing factors", "",
      "| No. | What made it possible, likelier or worse | Evidence |", "|---|---|---|",
      ...marked("factor").map(factor), "",
      "## Still unknown", "",
      ...marked("unknown").map(unknown), "",
    ].join("\n");
  };

  const hand = (name, kind, text) => {
    const address = URL.createObjectURL(new Blob([text], { type: kind }));
    make("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(markdown());
      say("Copied. Paste it into your post-mortem record.");
    } catch {
      shown.open = true;
      preview.focus();
      preview.select();
      say("This browser does not let the page copy. The text below is selected: copy it yourself.");
    }
  };
  const open = async (picked) => {
    try {
      if (picked.size > MOST.bytes) refuse("it is far larger than any timeline");
      const found = read(await picked.text());
      change(`“${picked.name}” is open. Undo brings back what was here before.`, () => (state = found));
    } catch (error) {
      say(`“${picked.name}” was not opened: ${error instanceof RangeError ? error.message : "it cannot be read"}. Your timeline is as it was.`);
    }
  };

  // --- what people do --------------------------------------------------------------------------------------------

  const acts = {
    undo: () => {
      if (!steps.length) return say("There is nothing to undo.");
      state = { ...JSON.parse(steps.pop()), zone: state.zone }; // how times are shown is no step
      show();
      say("Undone.");
      keep();
    },
    copy,
    export: () => {
      hand("timeline.md", "text/markdown", markdown());
      say("Downloaded as timeline.md.");
    },
    save: () => {
      hand("timeline.json", "application/json", `${JSON.stringify(state, null, 2)}\n`);
      say("Saved as timeline.json. Open it here again, or send it to your table.");
    },
    rescue: () => {
      hand("timeline-unread.json", "application/json", unread);
      say("Saved as timeline-unread.json.");
    },
    open: () => file.click(),
    reset: () => change("Everything is back at the start. Undo brings your work back.", () => (state = { ...fresh(), zone: state.zone })),
    place: (id, event) => {
      const next = elementOf(cardOf(id)).nextElementSibling;
      put(id, null);
      // Who presses a key goes with the card, to move it on; who points is already on the way to the next one.
      const goesOn = event.detail > 0 && next ? next.querySelector('[data-act="place"]') : elementOf(cardOf(id)).querySelector('[data-act="up"]');
      goesOn.focus({ preventScroll: event.detail > 0 });
    },
    up: (id) => shift(id, state.placed.indexOf(id) - 1),
    down: (id) => shift(id, state.placed.indexOf(id) + 1),
    back: (id) => {
      const at = state.placed.indexOf(id);
      takeBack(id);
      const next = line.children[Math.min(at, line.children.length - 1)];
      (next ? next.querySelector('[data-act="back"]') : tray.querySelector('[data-act="place"]'))?.focus();
    },
    note: (id) => {
      const element = elementOf(cardOf(id));
      const note = element.querySelector(".card__note");
      note.hidden = !note.hidden;
      element.querySelector('[data-act="note"]').setAttribute("aria-expanded", String(!note.hidden));
      if (!note.hidden) note.querySelector("textarea").focus();
    },
  };
  board.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-act]");
    if (pressed) acts[pressed.dataset.act](pressed.closest(".card")?.dataset.id, event);
  });
  file.addEventListener("change", () => {
    const [picked] = file.files;
    file.value = ""; // else the same file could not be chosen twice
    if (picked) open(picked);
  });
  chosen.addEventListener("change", (event) => {
    state.zone = event.target.value;
    show();
    say(`Times are shown in ${state.zone}.`);
    keep();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    withdraw();
    const text = words.value.trim();
    if (!text) return say("Write what was seen or done, then add the card.");
    if (state.own.length >= MOST.own) return say(`More than ${MOST.own} cards of your own is too many for one timeline.`);
    let number = 1;
    while (isOwn(`own-${number}`)) number += 1;
    const card = { id: `own-${number}`, text, source: source.value.trim(), utc: toUtc(when.value, zoneOf(state.zone)) };
    change(`“${short(text)}” is added as ${state.placed.length + 1}, the last card.`, () => {
      state.own = [...state.own, card];
      state.placed = [...state.placed, card.id];
    });
    form.reset();
    words.focus();
  });

  let offered = null; // the empty field that shows the day of the incident while somebody is in it, who would type it six times
  const offer = (input) => {
    if (input.value) return;
    input.value = `${given.day}T00:00`;
    offered = input;
  };
  const withdraw = () => {
    if (offered) offered.value = "";
    offered = null;
  };

  let typing = null; // the field whose words are being changed: one step for all of them
  board.addEventListener("input", (event) => {
    const { target } = event;
    if (target === offered) offered = null; // from now on it is what somebody says
    const id = target.closest(".card")?.dataset.id;
    if (!id) return;
    if (target.dataset.mark) {
      const name = target.dataset.mark === "factor" ? "a contributing factor" : "unknown";
      change(`“${short(cardOf(id).text)}” is ${target.checked ? "" : "no longer "}marked as ${name}.`, () => mark(id, target.dataset.mark, target.checked));
      return;
    }
    if (typing !== target) remember();
    typing = target;
    if ("note" in target.dataset) mark(id, "note", target.value.trim() && target.value);
    else mark(id, "guess", toUtc(target.value, zoneOf(state.zone)));
    show();
    keep();
  });
  board.addEventListener("focusin", ({ target }) => {
    typing = null;
    if (target.matches("[type=datetime-local]")) offer(target);
    // Where a card can be dragged, some browsers let nobody select words in its fields.
    if (target.matches("textarea, [type=datetime-local]")) target.closest(".card")?.setAttribute("draggable", "false");
  });
  board.addEventListener("focusout", ({ target }) => {
    withdraw();
    target.closest(".card")?.setAttribute("draggable", "true");
  });

  line.addEventListener("keydown", (event) => {
    const id = event.target.closest(".card")?.dataset.id;
    const at = state.placed.indexOf(id);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: state.placed.length - 1 }[event.key];
    if (!id || to === undefined || event.altKey || event.ctrlKey || event.metaKey || event.target.matches("textarea, [type=datetime-local]")) return;
    event.preventDefault();
    shift(id, to);
    event.target.scrollIntoView({ block: "nearest" });
  });

  // --- dragging --------------------------------------------------------------------------------------------------

  let dragged = null;
  const below = (list, y) => [...list.children].find((card) => card.dataset.id !== dragged && y < card.getBoundingClientRect().top + card.offsetHeight / 2) ?? null;
  const unmark = () => {
    for (const element of board.querySelectorAll(".card--below, .board__cards--end")) element.classList.remove("card--below", "board__cards--end");
  };
  board.addEventListener("dragstart", (event) => {
    const card = event.target.closest?.(".card");
    if (!card || event.target !== card) return; // words of a note, which somebody moves within it
    dragged = card.dataset.id;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", cardOf(dragged).text);
    card.classList.add("card--dragged");
  });
  const letGo = () => {
    board.querySelector(".card--dragged")?.classList.remove("card--dragged");
    dragged = null;
    unmark();
  };
  board.addEventListener("dragend", letGo);
  const placedArea = make("section", { class: "board__half", "aria-labelledby": lineTitle.id }, lineTitle, hint, line, form);
  const trayArea = make("section", { class: "board__half board__half--tray", "aria-labelledby": trayTitle.id }, trayTitle, tray);
  placedArea.addEventListener("dragover", (event) => {
    if (!dragged) return;
    event.preventDefault();
    unmark();
    const next = below(line, event.clientY);
    if (next) next.classList.add("card--below");
    else line.classList.add("board__cards--end");
  });
  placedArea.addEventListener("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    put(dragged, below(line, event.clientY)?.dataset.id ?? null);
    letGo(); // some browsers do not tell of the end where the card is another element's by now
  });
  const canGoBack = () => dragged && state.placed.includes(dragged) && !isOwn(dragged);
  trayArea.addEventListener("dragover", (event) => {
    if (canGoBack()) event.preventDefault();
  });
  trayArea.addEventListener("drop", (event) => {
    event.preventDefault();
    if (canGoBack()) takeBack(dragged);
    letGo();
  });

  // --- the facilitator's view ------------------------------------------------------------------------------------

  const minute = (time) => Math.floor(Date.parse(time) / 60_000);
  const spanOf = (card) => {
    const times = [card.utc, ...card.accepted.flatMap(({ from, to }) => [from, to])].map(minute);
    return { from: Math.min(...times), to: Math.max(...times) };
  };
  // The most cards that may stay where they are: so many that each can be given a time of its own span, and the times
  // rise. `high` is the earliest that the last of them can be; of two ways to the same `high`, the one with more counts.
  const fitting = (spans) => {
    let ways = new Map([[-Infinity, []]]);
    for (const [id, { from, to }] of spans) {
      const longer = new Map(ways);
      for (const [high, kept] of ways) {
        if (high > to) continue;
        const next = Math.max(high, from);
        if ((longer.get(next)?.length ?? -1) <= kept.length) longer.set(next, [...kept, id]);
      }
      ways = longer;
    }
    return new Set([...ways.values()].reduce((most, kept) => (kept.length > most.length ? kept : most)));
  };

  const showKey = () => {
    if (!reference) return;
    const zone = zoneOf(state.zone);
    const inKey = new Map(reference.cards.map((card, at) => [card.id, { ...card, at }]));
    const placed = state.placed.filter((id) => inKey.has(id));
    const fits = fitting(placed.map((id) => [id, spanOf(inKey.get(id))]));
    for (const card of allCards()) {
      const found = inKey.get(card.id);
      const words = elementOf(card).querySelector(".card__key");
      const isElsewhere = found && state.placed.includes(card.id) && !fits.has(card.id);
      words.hidden = false;
      words.classList.toggle("card__key--elsewhere", Boolean(isElsewhere));
      const verdict = !state.placed.includes(card.id) ? "" : isElsewhere ? "Elsewhere. " : "Fits. ";
      words.textContent = found ? `${verdict}In the key: ${found.at + 1} of ${reference.cards.length}, ${clock(found.utc, zone)}.` : "Not in the key: one of their own.";
    }
    const also = ({ from, to, why }) => `Also right: ${clock(from, zone)} to ${clock(to, zone)}. ${why}`;
    const entry = ({ id, utc, accepted, note, hidden }) => {
      const more = [note, ...accepted.map(also), hidden].filter(Boolean).map((words) => make("li", {}, words));
      return make("li", {}, make("strong", {}, `${clock(utc, zone)}, card ${id}`), ` ${cardOf(id)?.text ?? ""}`, more.length ? make("ul", {}, ...more) : "");
    };
    const wrong = placed.length - fits.size;
    const summary = `${fits.size} of ${placed.length} placed cards fit the evidence, ${wrong} stand${wrong === 1 ? "s" : ""} elsewhere, ${reference.cards.length - placed.length} are not placed.`;
    key.hidden = false;
    key.replaceChildren(make("h2", { id: "the-key" }, "The key"), make("p", { class: "board__summary" }, summary), make("ol", {}, ...reference.cards.map(entry)));
  };
  const fetchKey = () => {
    const script = make("script", { src: `../answer-key/${given.scenario}/reference.js` });
    script.addEventListener("load", () => {
      reference = globalThis.practiceReference;
      show();
      say("The key is shown on each card, and in full at the end of this page.");
    });
    script.addEventListener("error", () => say("The key could not be loaded. It stands in full on the page “Answer key”."));
    document.head.append(script);
  };

  // --- the beginning ---------------------------------------------------------------------------------------------

  let unread = ""; // what was kept and cannot be opened: it is somebody's work all the same
  const isOfAnother = (text) => {
    try {
      const { scenario } = JSON.parse(text);
      return typeof scenario === "string" && scenario !== given.scenario;
    } catch {
      return false; // of which nobody knows
    }
  };
  const restore = () => {
    let stored = null;
    try {
      const old = localStorage.getItem(OLD_KEY);
      stored = localStorage.getItem(KEY) ?? (isOfAnother(old) ? null : old);
    } catch {
      // Where a browser keeps nothing, there is nothing to restore; `keep` says so.
    }
    try {
      if (stored) state = read(stored);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      unread = stored;
      tools.querySelector('[data-act="rescue"]').hidden = false;
      say(`What this browser had kept cannot be opened: ${error.message}. The cards are at the start; “Save what was kept” puts it into a file.`);
    }
    show();
  };
  // The same page in another window: both show the same.
  addEventListener("storage", (event) => {
    if (event.key !== KEY || !event.newValue) return;
    try {
      read(event.newValue);
    } catch {
      return; // nothing of this page's, at the same address
    }
    if (!isFollowing) remember(); // one step for all that is done there in a row
    isFollowing = true;
    restore();
  });
  // Whoever comes back may see the page as it was left, and not what was done on another one meanwhile.
  addEventListener("pageshow", (event) => {
    if (event.persisted) restore();
  });

  board.replaceChildren(
    make("div", { class: "board__bar" }, chosen, tools, status),
    jump,
    make("div", { class: "board__halves" }, trayArea, placedArea),
    shown, key,
  );
  restore();
  if (new URLSearchParams(location.search).has("key")) fetchKey();
})();
