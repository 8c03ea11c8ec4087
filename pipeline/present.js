// What a deck's page does beyond Marp's own script: names as addresses, a title and a voice for each slide, controls
// within reach of the keyboard, light and dark; in the presenter view formatted notes and a clock.
//
// It stands before Marp's script, so that it sees each address first. Marp does not say when it moves to a slide, so
// what it changes in the page is watched.
(() => {
  'use strict'
  const data = (name) => JSON.parse(document.querySelector(`script[data-present="${name}"]`).textContent)
  const slides = data('slides')
  const deckTitle = document.title
  const view = new URLSearchParams(location.search).get('view') ?? ''
  let frames = [] // Marp's <svg>, one a slide
  let current // the index of the slide that is shown

  const WORDS = {
    slide: (index) => `Slide ${index + 1} of ${slides.length}`,
    aloud: (index) => WORDS.slide(index) + (slides[index].title ? `: ${slides[index].title}` : ''),
    titled: (index) => `${slides[index].title} (${index + 1} of ${slides.length})`,
    presenter: '[Presenter view] ', // as Marp has it
    controls: 'Presentation',
    all: 'All slides',
    next: 'Next slide',
    notes: 'Notes',
    notesOf: (index) => `Notes of slide ${index + 1}`,
    clock: 'Slide and time',
    pages: (index) => `${index + 1} / ${slides.length}, show all slides`,
    colours: 'Swap light and dark (d)',
    swapped: 'Light and dark swapped',
    authored: 'Light and dark as authored',
    help: 'Keys (?)',
    close: 'Close',
    start: 'Start',
    pause: 'Pause',
    resume: 'Resume',
    startOrPause: 'Start or pause the clock (t)',
    reset: 'Reset',
    thisSlide: 'This slide',
    talk: 'Talk',
    of: (time) => `of ${time}`,
    ofSome: (time, count) => `of ${time} for ${count} of ${slides.length} slides`,
    here: (start, end) => `planned ${start}–${end} here`,
    behind: (time) => `${time} behind`,
    ahead: (time) => `${time} ahead`,
    onTime: 'on time',
    paused: 'paused',
    keys: [
      ['→ ↓ Space PageDown', 'next step or slide'],
      ['← ↑ Shift+Space PageUp', 'previous step or slide'],
      ['Shift with an arrow', 'whole slides, without steps'],
      ['Home, End', 'first slide, last slide'],
      ['F', 'full screen'],
      ['O or Esc', 'all slides'],
      ['P', 'presenter view, in a window of its own'],
      ['D', 'swap light and dark'],
      ['T', 'presenter view: start or pause the clock'],
      ['+ −', 'presenter view: larger or smaller notes'],
      ['Tab', 'to links and buttons'],
      ['?', 'this list'],
    ],
  }

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
    element.append(...children)
    return element
  }

  function makeButton(name, text, press) {
    const button = make('button', { type: 'button', class: `present-${name}`, title: text }, text)
    button.addEventListener('click', ({ detail }) => {
      if (detail) button.blur() // after the mouse, Space is to move on and not to press again
      press()
    })
    return button
  }

  function label(element, role, name) {
    element.setAttribute('role', role)
    element.setAttribute('aria-label', name)
  }

  // --- Addresses -----------------------------------------------------------------------------------------------

  const numbers = new Map(slides.flatMap(({ names }, index) => names.map((name) => [name, index + 1])))
  let pending

  function readHash() {
    const [name] = location.hash.slice(1).split(':~:')
    try {
      return decodeURIComponent(name)
    } catch {
      return name
    }
  }

  function writeHash(name) {
    try {
      history.replaceState(history.state, '', `#${encodeURIComponent(name)}`)
    } catch {
      // Some browsers refuse when it happens too often: the next move tries again.
    }
  }

  // Marp takes a number, or the first element with that id: a key has to come before any element.
  function numberAddress() {
    const number = numbers.get(readHash())
    if (number) writeHash(number)
    nameAddress()
  }

  // Not at once: browsers limit how often an address may change, and a key that is held down moves fast.
  function nameAddress() {
    clearTimeout(pending)
    pending = setTimeout(() => {
      const { names } = slides[current] ?? { names: [] }
      const hash = readHash()
      // Any other address is one that Marp has not followed yet, or somebody's own.
      if (names.length && [String(current + 1), ...names.slice(1)].includes(hash)) writeHash(names[0])
    }, 100)
  }

  // --- What the windows of a deck share ------------------------------------------------------------------------

  // Kept for this tab and the windows that it opens, and told to those that are open; no longer than they are.
  const keyOf = (name) => `present ${location.pathname} ${name}`

  function recall(name) {
    const texts = [history.state?.[keyOf(name)]]
    try {
      texts.push(sessionStorage.getItem(keyOf(name)))
    } catch {
      // Nothing may be stored.
    }
    const kept = texts.filter(Boolean).map((text) => JSON.parse(text))
    return kept.sort((one, other) => other.at - one.at)[0]?.value
  }

  // A busy browser may read what is stored before it has what the page wrote just before a reload: the page's place in
  // the history comes back with the reload itself. It alone would not do, as each move is a new place.
  function keep(name, text) {
    try {
      history.replaceState({ ...history.state, [keyOf(name)]: text }, '')
    } catch {
      // As for the address: too often.
    }
    sessionStorage.setItem(keyOf(name), text)
  }

  function share(name, value) {
    const text = JSON.stringify({ value, at: Date.now() })
    try {
      keep(name, text)
      localStorage.setItem(keyOf(name), text)
      localStorage.removeItem(keyOf(name))
    } catch {
      // Where nothing may be stored, Marp opens no second window either.
    }
  }

  function hear(name, take) {
    addEventListener('storage', ({ key, newValue }) => {
      if (key !== keyOf(name) || newValue === null) return
      keep(name, newValue)
      take(JSON.parse(newValue).value)
    })
  }

  // --- Light and dark ------------------------------------------------------------------------------------------

  let isSwapped = false

  function showColours(swap) {
    if (swap === isSwapped) return
    isSwapped = swap
    for (const section of document.querySelectorAll('svg[data-marpit-svg] > foreignObject > section'))
      section.classList.toggle('invert')
    for (const button of document.querySelectorAll('.present-colours')) button.setAttribute('aria-pressed', swap)
  }

  function swapColours() {
    showColours(!isSwapped)
    share('swapped', isSwapped)
    say(isSwapped ? WORDS.swapped : WORDS.authored)
  }

  function makeColoursButton() {
    const button = makeButton('colours', WORDS.colours, swapColours)
    button.setAttribute('aria-pressed', isSwapped)
    return button
  }

  // --- Keys ----------------------------------------------------------------------------------------------------

  const presses = new Map([['d', swapColours]])
  const OWN = { control: [' ', 'Enter', 'Tab'], notes: [' ', 'Enter', 'Tab', 'ArrowUp', 'ArrowDown', 'Home', 'End'] }
  let dialog

  function pressKey(event) {
    const press = presses.get(event.key?.toLowerCase())
    if (!press || event.altKey || event.ctrlKey || event.metaKey || event.repeat) return
    event.preventDefault()
    press()
  }

  // Left alone, Marp would take a button's Space for itself, and would miss each key that is pressed in the notes.
  function routeKey(event) {
    if (dialog?.open) {
      event.stopPropagation()
      return
    }
    const own = event.target.closest?.('button, summary')
      ? OWN.control
      : event.target.closest?.('.bespoke-marp-note') && OWN.notes
    if (!own) return
    event.stopPropagation()
    if (own.includes(event.key)) return
    if (!document.dispatchEvent(new KeyboardEvent('keydown', event))) event.preventDefault()
  }

  // Marp lets go of each button that is pressed: whoever pressed it by key wants to stay there.
  function keepFocus({ currentTarget, target, detail }) {
    if (detail === 0) (target.disabled ? currentTarget.querySelector('button:enabled') : target).focus()
  }

  function showKeys() {
    if (!dialog) {
      const row = ([keys, use]) => make('tr', {}, make('th', { scope: 'row' }, keys), make('td', {}, use))
      const close = makeButton('close', WORDS.close, () => dialog.close())
      const list = make('table', {}, ...WORDS.keys.map(row))
      dialog = make('dialog', { class: 'present-keys', closedby: 'any', lang: 'en' }, list, close)
      label(dialog, 'dialog', WORDS.help)
      document.body.append(dialog)
    }
    dialog.showModal()
  }

  // --- The slide that is shown ---------------------------------------------------------------------------------

  const status = make('div', { class: 'present-status', role: 'status', 'aria-live': 'polite', lang: 'en' })
  const followers = [] // called with the index of the slide that comes up and of the one before, if any

  function say(text) {
    status.textContent = text
  }

  let step = ''
  function sayStep() {
    const shown = frames[current].querySelector('[data-bespoke-marp-current-fragment]')
    const words = shown?.textContent.trim() ?? ''
    if (words && words !== step) say(words)
    step = words
  }

  function follow() {
    const index = frames.findIndex((frame) => frame.classList.contains('bespoke-marp-active'))
    nameAddress()
    if (index < 0) return
    if (index === current) return sayStep()
    step = ''
    const before = current
    current = index
    for (const take of followers) take(index, before)
  }

  function showTitle(index) {
    const { title } = slides[index]
    const own = title ? WORDS.titled(index) : WORDS.slide(index)
    const rest = deckTitle && deckTitle !== title ? ` – ${deckTitle}` : ''
    document.title = (view === 'presenter' ? WORDS.presenter : '') + own + rest
  }

  function shut(frame, isShut) {
    for (const section of frame.querySelectorAll('section')) section.inert = isShut
  }

  // What is on the other slides must not be reached by Tab either.
  function shutOthers(index, before) {
    if (before === undefined) for (const frame of frames) shut(frame, true)
    else shut(frames[before], true)
    shut(frames[index], false)
  }

  function openBar() {
    const bar = document.querySelector('.bespoke-marp-osc')
    label(bar, 'group', WORDS.controls)
    bar.lang = 'en'
    bar.append(makeColoursButton(), makeButton('help', WORDS.help, showKeys))
    for (const button of bar.querySelectorAll('button')) {
      button.tabIndex = 0
      // Pictures of words: the words are the name, and are not there to be seen.
      button.setAttribute('aria-label', button.textContent)
      button.textContent = ''
    }
    // Marp shows the bar for two seconds at first, over the foot of the slide.
    const { classList } = bar.parentElement
    classList.add('present-untouched')
    const reach = () => classList.remove('present-untouched')
    document.addEventListener('pointerdown', reach, { once: true })
    let place
    document.addEventListener('pointermove', ({ screenX, screenY }) => {
      const next = `${screenX} ${screenY}`
      if (place && place !== next) reach()
      place = next // browsers also tell where a mouse rests that nobody has touched
    })
    bar.addEventListener('click', keepFocus)
    // Marp hides the bar from screen readers whenever the mouse rests.
    const reveal = () => bar.removeAttribute('aria-hidden')
    new MutationObserver(reveal).observe(bar, { attributeFilter: ['aria-hidden'] })
  }

  // Marp lets each slide be chosen by key, and then hides all but one from screen readers.
  function openOverview(parent) {
    frames.forEach((frame, index) => {
      shut(frame, true)
      frame.setAttribute('aria-label', WORDS.aloud(index))
    })
    const reveal = () => {
      for (const frame of frames) frame.removeAttribute('aria-hidden')
    }
    new MutationObserver(reveal).observe(parent, { subtree: true, attributeFilter: ['aria-hidden'] })
    reveal()
    parent.prepend(make('h1', { class: 'present-status', lang: 'en' }, WORDS.all))
    followers.push((index, before) => {
      frames[before]?.removeAttribute('aria-current')
      frames[index].setAttribute('aria-current', 'true')
    })
  }

  // --- The presenter view --------------------------------------------------------------------------------------

  const AT_REST = { spent: {}, since: null, at: null } // milliseconds by slide; when and where it was last set going
  const nameOf = (index) => `#${slides[index].names[0] ?? index + 1}`
  const planned = slides.map(({ minutes }) => (minutes === null ? null : minutes * 60_000))
  const total = planned.reduce((sum, time) => sum + (time ?? 0), 0)
  const ends = [] // when each slide should be over, as far as all before it are planned
  for (const time of planned) ends.push(time === null || ends.at(-1) === null ? null : (ends.at(-1) ?? 0) + time)
  let clock = AT_REST

  function format(milliseconds) {
    const seconds = Math.floor(milliseconds / 1000)
    const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    return (h ? [h, String(m).padStart(2, '0')] : [m]).concat(String(s).padStart(2, '0')).join(':')
  }

  const passed = () => (clock.since === null ? 0 : Math.max(0, Date.now() - clock.since))

  // Put down what has passed to where it passed, and go on from here, or rest.
  function settleClock(isRunning) {
    const spent = { ...clock.spent }
    if (clock.at) spent[clock.at] = (spent[clock.at] ?? 0) + passed()
    setClock({ spent, since: isRunning ? Date.now() : null, at: nameOf(current) })
  }

  function setClock(state) {
    clock = state
    share('clock', clock)
  }

  function pace(talk) {
    const [start, end] = [ends[current] - planned[current], ends[current]]
    if (!clock.at || end === null) return ['', '']
    if (talk >= end + 1000) return ['behind', WORDS.behind(format(talk - end))]
    if (talk < start) return ['ahead', WORDS.ahead(format(start - talk))]
    return ['onTime', WORDS.onTime]
  }

  function makeClock(startOrPause) {
    const parts = {}
    const part = (name, tag = 'span') => (parts[name] = make(tag, { class: `present-${name}` }))
    const row = (...children) => make('p', {}, ...children)
    const box = make(
      'div',
      { class: 'present-clock', lang: 'en' },
      row(`${WORDS.thisSlide} `, part('slide'), ' ', part('slideOf')),
      row(`${WORDS.talk} `, part('talk'), ' ', part('talkOf')),
      row(part('pace'), ' ', part('here')),
      make('div', { class: 'present-bar' }, part('due'), part('done')),
    )
    const start = makeButton('start', WORDS.startOrPause, startOrPause)
    const reset = makeButton('reset', WORDS.reset, () => setClock(AT_REST))
    reset.textContent = WORDS.reset
    const known = planned.filter((time) => time !== null).length
    parts.talkOf.textContent =
      known === slides.length ? WORDS.of(format(total)) : known ? WORDS.ofSome(format(total), known) : ''
    box.lastChild.hidden = !total

    function show() {
      const talk = Object.values(clock.spent).reduce((sum, time) => sum + time, passed())
      const [name, words] = pace(talk)
      const [time, end] = [planned[current], ends[current]]
      const isPaused = clock.at && clock.since === null
      const percent = (milliseconds) => `${(100 * milliseconds) / Math.max(total, talk, 1)}%`
      parts.slide.textContent = format((clock.spent[nameOf(current)] ?? 0) + passed())
      parts.slideOf.textContent = time === null ? '' : WORDS.of(format(time))
      parts.talk.textContent = format(talk)
      parts.pace.textContent = [isPaused && WORDS.paused, words].filter(Boolean).join(', ')
      parts.here.textContent = end === null ? '' : WORDS.here(format(end - time), format(end))
      parts.done.style.width = percent(talk)
      parts.due.style.left = percent(end - time)
      parts.due.style.width = percent(end === null ? 0 : time)
      start.textContent = isPaused ? WORDS.resume : clock.at ? WORDS.pause : WORDS.start
      box.dataset.pace = name
    }
    return { box, buttons: [start, reset], show }
  }

  // Marp puts notes into the page as plain text.
  function formatNotes(wrapper) {
    const notes = data('notes')
    for (const note of wrapper.querySelectorAll('.bespoke-marp-note')) {
      const index = Number(note.dataset.index)
      note.innerHTML = notes[index]
      note.dir = 'auto'
      note.setAttribute('role', 'group')
      note.setAttribute('aria-label', WORDS.notesOf(index))
      for (const link of note.querySelectorAll('a:not([href^="#"])'))
        Object.assign(link, { target: '_blank', rel: 'noopener' })
    }
  }

  function openPresenter() {
    const find = (name) => document.querySelector(`.bespoke-marp-presenter-${name}`)
    const startOrPause = () => settleClock(clock.since === null)
    const info = find('info-container')
    const { box, buttons, show } = makeClock(startOrPause)
    clock = recall('clock') ?? AT_REST
    formatNotes(find('note-wrapper'))
    find('info-timer').remove() // one clock is enough
    info.prepend(box)
    buttons.push(makeColoursButton(), makeButton('help', WORDS.help, showKeys))
    info.append(make('div', { class: 'present-buttons', lang: 'en' }, ...buttons))
    label(find('next-container'), 'region', WORDS.next)
    label(find('note-container'), 'region', WORDS.notes)
    label(info, 'region', WORDS.clock)
    Object.assign(find('next'), { title: WORDS.next, tabIndex: -1 })
    for (const area of [info, find('note-buttons')]) {
      for (const button of area.querySelectorAll('button')) button.tabIndex = 0
      area.addEventListener('click', keepFocus)
    }
    presses.set('t', startOrPause)
    followers.push((index, before) => {
      find('info-page').setAttribute('aria-label', WORDS.pages(index))
      // The first move starts the talk.
      if (clock.since !== null || (before !== undefined && !clock.at)) settleClock(true)
      show()
    })
    setInterval(show, 250)
  }

  // -------------------------------------------------------------------------------------------------------------

  function start() {
    const parent = document.querySelector('.bespoke-marp-parent')
    if (!parent) return // Marp's script did not run
    frames = [...parent.querySelectorAll(':scope > svg[data-marpit-svg]')]
    // A picture, which an <svg> would be, may hide its parts from a screen reader; a button may not hold links.
    frames.forEach((frame, index) => label(frame, 'group', WORDS.slide(index)))
    if (view === 'next') {
      for (const frame of frames) shut(frame, true)
      document.title ||= WORDS.next
      return
    }
    document.body.append(status)
    document.addEventListener('keydown', pressKey)
    parent.setAttribute('role', 'main')
    if (view === 'overview') openOverview(parent)
    else {
      presses.set('?', showKeys)
      followers.push(shutOthers, showTitle, (index, before) => before !== undefined && say(WORDS.aloud(index)))
      if (view === 'presenter') openPresenter()
      else openBar()
    }
    // Under load, Marp may be later still: then what comes up first is the slide of the address, and no move.
    const asked = frames[Number(readHash()) - 1]
    if (!asked || asked.classList.contains('bespoke-marp-active')) follow()
    new MutationObserver(follow).observe(parent, {
      subtree: true,
      attributeFilter: ['class', 'data-bespoke-marp-current-fragment'],
    })
  }

  addEventListener('hashchange', numberAddress)
  addEventListener('popstate', numberAddress)
  addEventListener('keydown', routeKey, true)
  hear('swapped', showColours)
  hear('clock', (state) => (clock = state))
  numberAddress()
  showColours(recall('swapped') ?? false)
  // Marp goes to the slide of the address a moment after its script: only then is anything a move.
  document.addEventListener('DOMContentLoaded', () => setTimeout(start))
})()
