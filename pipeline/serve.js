// What the preview adds to each page that it serves: the page comes again when it has changed, a deck at the slide that
// is being edited, and what is wrong with it is shown on it. Nothing of this is ever published.
(() => {
  'use strict'
  const { page, version, style, ...first } = JSON.parse(document.querySelector('script[data-preview]').textContent)
  if (window !== window.top) return // a frame of the presenter view, which comes again as a whole

  const WORDS = {
    title: 'Problems of this page',
    count: (number) => (number === 1 ? '1 problem' : `${number} problems`),
    here: 'On this slide',
    elsewhere: 'Elsewhere',
    slide: (number) => `Slide ${number}`,
    hide: 'Hide',
    lost: 'The preview has stopped; start it again with "python3 build.py serve".',
  }
  const HIDDEN = 'preview hides problems'

  let problems = first.problems
  let isLost = false
  let stream

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
    element.append(...children)
    return element
  }

  // --- The problems --------------------------------------------------------------------------------------------

  const host = make('div', { 'data-preview': 'problems', lang: 'en' })
  const root = host.attachShadow({ mode: 'open' })
  const frames = [...document.querySelectorAll('.bespoke-marp-parent > svg[data-marpit-svg]')]
  const current = () => frames.findIndex((frame) => frame.classList.contains('bespoke-marp-active')) + 1

  // Kept while one works on it, in this window.
  function isHidden() {
    try {
      return sessionStorage.getItem(HIDDEN) === 'yes'
    } catch {
      return false
    }
  }

  function hide(isWanted) {
    try {
      sessionStorage.setItem(HIDDEN, isWanted ? 'yes' : 'no')
    } catch {
      // Where nothing may be stored, they are shown.
    }
    show()
  }

  function entry({ place, message, slide }) {
    const item = make('li', {}, make('code', {}, place), ` ${message}`)
    if (slide && frames.length && slide !== current()) item.append(' ', make('a', { href: `#${slide}` }, WORDS.slide(slide)))
    return item
  }

  function list(title, entries) {
    if (!entries.length) return []
    const items = make('ul', {}, ...entries.map(entry))
    return title ? [make('h2', {}, title), items] : [items]
  }

  function button(text, press) {
    const made = make('button', { type: 'button' }, text)
    made.addEventListener('click', press)
    return made
  }

  function parts() {
    const lost = isLost ? [make('p', {}, WORDS.lost)] : []
    if (!problems.length) return lost
    if (isHidden()) return [...lost, button(WORDS.count(problems.length), () => hide(false))]
    const here = problems.filter(({ slide }) => slide && slide === current())
    const others = problems.filter((problem) => !here.includes(problem))
    const head = make('header', {}, make('strong', {}, WORDS.count(problems.length)), button(WORDS.hide, () => hide(true)))
    return [...lost, head, ...list(WORDS.here, here), ...list(here.length && WORDS.elsewhere, others)]
  }

  function show() {
    const content = parts()
    const box = make('section', { 'aria-label': WORDS.title, 'aria-live': 'polite' }, ...content)
    // What is there already stays: it may be in the middle of being pressed, and nobody wants to hear it again.
    if (root.querySelector('section')?.isEqualNode(box)) return
    const wasOnButton = root.activeElement?.matches('button')
    root.replaceChildren(make('style', {}, style), box)
    host.hidden = !content.length
    if (wasOnButton) root.querySelector('button')?.focus()
  }

  // --- What the server says ------------------------------------------------------------------------------------

  function take(now) {
    isLost = false
    if (now.version === version) {
      problems = now.problems
      show()
      return
    }
    close()
    if (now.slide && frames.length) history.replaceState(history.state, '', `#${now.slide}`)
    location.reload()
  }

  // A page that nobody sees asks for nothing: a browser keeps only six connections to one server.
  function listen() {
    if (stream || document.hidden) return
    stream = new EventSource(`/.preview/events?page=${encodeURIComponent(page)}`)
    stream.addEventListener('message', ({ data }) => take(JSON.parse(data)))
    stream.addEventListener('error', () => {
      isLost = true
      show()
    })
  }

  function close() {
    stream?.close()
    stream = undefined
  }

  document.body.append(host)
  // Else a deck would take a key that is pressed here for its own.
  host.addEventListener('keydown', (event) => event.stopPropagation())
  show()
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : listen()))
  addEventListener('pagehide', close)
  addEventListener('pageshow', listen)
  for (const parent of document.querySelectorAll('.bespoke-marp-parent'))
    new MutationObserver(() => problems.length && show()).observe(parent, { subtree: true, attributeFilter: ['class'] })
  listen()
})()
