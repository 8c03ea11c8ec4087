// Runs in the browser, after axe-core, over a page or a presented deck: finds what keeps people out who see, move or
// read otherwise. Each finding is of one element; what differs between two looks at it stands in `what`.
{
  const SLACK = 1 // pixels
  const ALIKE = 100 // elements of one kind that are given the focus on a page
  const LONGEST = 100 // milliseconds that something may move for somebody who asked for no motion
  const numbers = new WeakMap()
  let count = 0

  const keyOf = (element) => {
    if (!numbers.has(element)) numbers.set(element, ++count)
    return numbers.get(element)
  }
  const short = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text)
  const wordsOf = (element) => element.textContent.trim().replace(/\s+/g, ' ')
  // Without what the build has added.
  const tagOf = (element) =>
    element.cloneNode(false).outerHTML.replace(/<\/[^>]*>$/, '').replace(/\s+/g, ' ').replace(/ data-line="\d*"/, '')
  const nameOf = (element) => {
    const words = wordsOf(element)
    return words && !element.matches('html, body, section, svg') ? `'${short(words, 40)}'` : short(tagOf(element), 80)
  }
  const lineOf = (element) => Number(element.closest('[data-line]')?.dataset.line ?? 0)

  // In hundredths of the slide.
  const areaOf = (element) => {
    const slide = element.closest('section[id]')
    if (!slide) return null
    const [area, box] = [slide.getBoundingClientRect(), element.getBoundingClientRect()]
    return [
      (100 * (box.left - area.left)) / area.width,
      (100 * (box.top - area.top)) / area.height,
      (100 * box.width) / area.width,
      (100 * box.height) / area.height,
    ]
  }

  // What the source of a page may hold, the likeliest first; nothing for what comes from the theme.
  const cluesOf = (element) => {
    const article = document.querySelector('article')
    if (article && !article.contains(element)) return []
    const clues = [tagOf(element)]
    for (const name of ['id', 'class', 'src', 'href', 'style'])
      if (element.getAttribute(name)) clues.push(`${name}="${element.getAttribute(name)}"`, element.getAttribute(name))
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
    for (let text = walker.nextNode(); text; text = walker.nextNode()) clues.push(text.data.trim())
    return clues.filter((clue) => clue.length > 2)
  }

  const finish = (animation) => {
    if (Number.isFinite(animation.effect.getComputedTiming().endTime)) animation.finish()
  }

  const found = (rule, element, what, { id = rule, head = '', cure }) => ({
    rule, id, head, what, cure, key: keyOf(element),
    line: lineOf(element), area: areaOf(element), clues: cluesOf(element),
  })

  // --- Rules of axe-core ---------------------------------------------------------------------------------------

  const SLIDES = 'svg[data-marpit-svg]'
  const LIGHTER = 'make one of the two darker or lighter'
  const LOOK = 'make it so that it can be decided, or look at it yourself'

  // What Marp makes of an author's Markdown, and no author can make otherwise. Words that Marp fits to the slide are in
  // a shadow, where axe does not find them; boxes that scroll are measured elsewhere; drawn formulas have no words.
  const isOfMarp = ({ id }, element) =>
    element.closest(SLIDES) !== null &&
    ((id === 'empty-heading' && element.textContent.trim() !== '') ||
      (id === 'svg-img-alt' && element.closest('mjx-container') !== null) ||
      ['empty-table-header', 'scrollable-region-focusable'].includes(id))

  const readViolation = ({ id, help }, { element, any, all, none }) => {
    const [check] = [...any, ...all, ...none]
    const { fgColor, bgColor, contrastRatio, expectedContrastRatio } = check?.data ?? {}
    if (id === 'color-contrast' && fgColor) {
      const what = `${fgColor} on ${bgColor}, which is ${contrastRatio} : 1 where ${expectedContrastRatio.replace(':1', ' : 1')} is needed`
      return found('contrast', element, what, { head: `${nameOf(element)} stands out too little: `, cure: LIGHTER })
    }
    if (id === 'heading-order') {
      const what = `the heading ${nameOf(element)} is an <${element.localName}>, which leaves out a level`
      return found(id, element, what, { cure: 'use the level that follows the heading above it' })
    }
    const what = `${nameOf(element)} breaks the axe rule '${id}' (${check?.message ?? help})`
    return found('axe', element, what, { id, cure: help })
  }

  const readIncomplete = ({ id, help }, { element, any, all, none }) => {
    const [check] = [...any, ...all, ...none]
    const what = `axe cannot decide its rule '${id}' for ${nameOf(element)} (${check?.message ?? help})`
    return found('axe-undecided', element, what, { id: `undecided ${id}`, cure: LOOK })
  }

  // Axe gives up on words in a drawing, since something lies behind them. Where that is a plain rectangle or the page
  // itself, whoever looks can tell.
  const readIncompleteOr = (rule, node) => {
    const ratio = rule.id === 'color-contrast' && node.element.closest('svg text') ? contrastInDrawing(node.element) : null
    if (!ratio) return [readIncomplete(rule, node)]
    const { fontSize, fontWeight } = getComputedStyle(node.element)
    const size = parseFloat(fontSize) * (node.element.getScreenCTM()?.a ?? 1)
    const needed = size >= 24 || (size >= 18.66 && fontWeight >= 700) ? 3 : 4.5
    if (ratio.value >= needed) return []
    const what = `${ratio.colours.join(' on ')}, which is ${Math.floor(ratio.value * 100) / 100} : 1 where ${needed} : 1 is needed`
    return [found('contrast', node.element, what, { head: `${nameOf(node.element)} stands out too little: `, cure: LIGHTER })]
  }

  // null where anything but plain rectangles and lines lies under the words.
  function contrastInDrawing(element) {
    const words = element.getBoundingClientRect()
    const apart = (box) => box.right <= words.left || box.left >= words.right || box.bottom <= words.top || box.top >= words.bottom
    const around = (box) =>
      box.left <= words.left && box.right >= words.right && box.top <= words.top && box.bottom >= words.bottom
    let ground = null
    for (const shape of element.closest('svg').querySelectorAll('rect, path, circle, ellipse, polygon, polyline, image, use')) {
      if (shape.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING) continue
      const box = shape.getBoundingClientRect()
      const { fill } = getComputedStyle(shape)
      if (apart(box) || (fill === 'none' && !shape.matches('image, use'))) continue
      if (!shape.matches('rect') || !around(box)) return null
      ground = fill
    }
    for (let box = element.closest('svg'); box && !ground; box = box.parentElement) {
      const { backgroundColor, backgroundImage } = getComputedStyle(box)
      if (backgroundImage !== 'none') return null
      if (backgroundColor !== 'rgba(0, 0, 0, 0)') ground = backgroundColor
    }
    const colours = [getComputedStyle(element).fill, ground ?? 'rgb(255, 255, 255)']
    const parts = colours.map((colour) => /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour)?.slice(1).map(Number))
    if (!parts.every(Boolean)) return null
    const [one, other] = parts.map(luminance)
    return { value: (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05), colours: parts.map(hex) }
  }

  const hex = (parts) => `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`
  // https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
  const luminance = (parts) => {
    const [red, green, blue] = parts.map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }

  // Numbers the slides, and takes out all but those with these numbers, and what these refer to, with their notes: axe
  // goes through whatever there is, each time.
  function keep(numbers) {
    const slides = [...document.querySelectorAll(SLIDES)]
    slides.forEach((slide, index) => { slide.dataset.number = index + 1 })
    const isKept = ({ dataset }) => numbers.includes(Number(dataset.number))
    const elements = slides.filter(isKept).flatMap((slide) => [...slide.querySelectorAll('*')])
    const attributes = elements.flatMap((element) => [...element.attributes])
    const styles = [...document.querySelectorAll('style')].flatMap(({ textContent }) => textContent.match(/url\(["'\s]*#[^)]*/g) ?? [])
    const named = new Set([...attributes.map(({ value }) => value), ...styles].flatMap((text) => text.split(/[\s"'#()]+/)))
    const isNamed = ({ id, localName }) => localName !== 'section' && named.has(id)
    for (const slide of slides)
      if (!isKept(slide) && ![...slide.querySelectorAll('[id]')].some(isNamed)) slide.remove()
    for (const note of document.querySelectorAll('.bespoke-marp-note'))
      if (!numbers.includes(Number(note.dataset.index) + 1)) note.remove()
  }

  async function scan() {
    // What comes up step by step counts as well.
    for (const step of document.querySelectorAll('.bespoke-marp-active [data-bespoke-marp-fragment="inactive"]'))
      step.dataset.bespokeMarpFragment = 'active'
    // A transition between slides lies over them.
    for (const animation of document.getAnimations()) finish(animation)
    await new Promise(requestAnimationFrame)
    // Slides that are not shown have their turn; to look at them all each time would take long decks too long.
    const others = `${SLIDES}:not(.bespoke-marp-active)`
    const context = document.querySelector(others) ? { exclude: [others] } : document
    const result = await axe.run(context, { resultTypes: ['violations', 'incomplete'], elementRef: true, iframes: false })
    return [['violations', readViolation], ['incomplete', readIncompleteOr]].flatMap(([kind, read]) =>
      result[kind].flatMap((rule) =>
        rule.nodes.filter(({ element }) => !isOfMarp(rule, element)).flatMap((node) => read(rule, node)),
      ),
    )
  }

  // --- Motion --------------------------------------------------------------------------------------------------

  function findMotion() {
    const cure = "give it no animation or transition under '@media (prefers-reduced-motion: reduce)'"
    const findings = []
    for (const animation of document.getAnimations()) {
      const { effect, playState, timeline } = animation
      const { activeDuration } = effect.getComputedTiming()
      const element = effect.target ?? document.documentElement
      const slide = element.closest(SLIDES)
      if (playState === 'finished' || playState === 'idle' || !(timeline instanceof DocumentTimeline)) continue
      if (activeDuration <= LONGEST || (slide && !slide.matches('.bespoke-marp-active'))) continue
      const time = activeDuration === Infinity ? 'without end' : `for ${Math.round(activeDuration / 100) / 10} s`
      const isTransition = effect.pseudoElement?.startsWith('::view-transition')
      const by = animation.animationName ?? `transition of ${animation.transitionProperty}`
      const name = isTransition ? 'the transition to the slide' : `${nameOf(element)} (${by})`
      const what = `${name} moves ${time} though the reader asked for no motion`
      findings.push(found('motion', element, what, { id: isTransition ? 'transition' : by, cure }))
    }
    for (const moving of document.querySelectorAll('animate, animateTransform, animateMotion')) {
      const slide = moving.closest(SLIDES)
      if (slide && !slide.matches('.bespoke-marp-active')) continue
      const picture = moving.closest('svg:not([data-marpit-svg])') ?? moving.parentElement
      const what = `a drawing moves by <${moving.localName}>, which heeds nobody who asked for no motion`
      findings.push(found('motion', picture, what, { cure: 'move it by CSS instead, or take a still drawing' }))
    }
    return findings
  }

  // --- Pages only ----------------------------------------------------------------------------------------------

  // The colours by day or night, as a reader of Material's pages chooses them.
  function choose(scheme) {
    const wanted = `(prefers-color-scheme: ${scheme})`
    document.querySelector(`input[data-md-color-media="${wanted}"]`)?.click()
    return document.body.dataset.mdColorScheme ?? ''
  }

  const CLIPS = /auto|scroll|hidden|clip/

  function findWide() {
    const { scrollWidth, clientWidth } = document.documentElement
    const over = scrollWidth - clientWidth
    if (over <= SLACK) return []
    const cure = 'let it wrap or shrink, or put it into a box that scrolls by itself'
    const scrolls = (element) => {
      for (let around = element; around && around !== document.body; around = around.parentElement) {
        const { overflowX, position } = getComputedStyle(around)
        if (position === 'fixed' || (around !== element && CLIPS.test(overflowX))) return true
      }
      return false
    }
    const range = document.createRange()
    const right = (node) => {
      range.selectNodeContents(node)
      return Math.max(...[...range.getClientRects()].map((box) => box.right), 0)
    }
    const wide = new Set()
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const isText = node.nodeType === Node.TEXT_NODE
      const element = isText ? node.parentElement : node
      const end = isText ? right(node) : element.getBoundingClientRect().right
      if (end + scrollX > clientWidth + SLACK && !wide.has(element) && !scrolls(element)) wide.add(element)
    }
    // Of boxes in boxes, the innermost is the cause.
    const inner = [...wide].filter((element) => ![...wide].some((other) => other !== element && element.contains(other)))
    const causes = inner.length ? inner : [document.body]
    return causes.map((element) => {
      const what = `${nameOf(element)} makes the page scroll sideways by ${over} px at 400 % (320 px wide)`
      return found('zoom', element, what, { cure })
    })
  }

  const FOCUSABLE = 'a[href], area[href], button, input, select, textarea, summary, iframe, audio, video, [contenteditable], [tabindex]'
  const SHOWN = [
    'outlineStyle', 'outlineWidth', 'outlineColor', 'outlineOffset', 'boxShadow', 'backgroundColor', 'backgroundImage',
    'borderTopColor', 'borderRightColor', 'borderBottomColor', 'borderLeftColor', 'borderTopWidth', 'borderRightWidth',
    'borderBottomWidth', 'borderLeftWidth', 'borderTopStyle', 'borderBottomStyle', 'color', 'fill', 'opacity',
    'visibility', 'display', 'transform', 'filter', 'clipPath', 'textDecorationLine', 'textDecorationThickness',
    'textDecorationColor', 'textDecorationStyle', 'fontWeight', 'width', 'height', 'content',
  ] // prettier-ignore

  // Material draws a label beside each of its radio buttons that belongs to the next.
  const labelsOf = (element) => {
    const beside = element.nextElementSibling
    return [...(element.labels ?? []), ...(element.matches('input') && beside?.matches('label') ? [beside] : [])]
  }

  // Where a reader would see that `element` has the focus: itself, its label, what is inside and the box around it.
  const showing = (element) => {
    const around = []
    for (let box = element.parentElement; box && around.length < 3 && box !== document.body; box = box.parentElement)
      around.push(box)
    return [element, ...labelsOf(element), ...[...element.children].slice(0, 3), ...around]
  }

  const look = (elements) => {
    for (const animation of document.getAnimations()) finish(animation)
    return elements
      .flatMap((element) => ['', '::before', '::after'].map((part) => {
        const style = getComputedStyle(element, part)
        if (part && style.content === 'none') return ''
        const none = style.outlineStyle === 'none' || style.outlineWidth === '0px'
        return SHOWN.map((name) => (none && name.startsWith('outline') ? '' : style[name])).join(';')
      }))
      .join('|')
  }

  const hasCaret = (element) =>
    (element.matches('textarea') || element.isContentEditable ||
      element.matches('input:not([type=checkbox], [type=radio], [type=range], [type=color], [type=file], [type=button], [type=submit], [type=reset], [type=image])')) &&
    getComputedStyle(element).caretColor !== 'rgba(0, 0, 0, 0)'

  const isOnScreen = (element) =>
    [element, ...labelsOf(element)].some((shown) =>
      [...shown.getClientRects()].some((box) => {
        const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)]
        const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)]
        if (right - left < 1 || bottom - top < 1) return false
        return [0.5, 0.1, 0.9].some((x) => [0.5, 0.1, 0.9].some((y) => {
          const hit = document.elementFromPoint(left + x * (right - left), top + y * (bottom - top))
          // What the mouse does not meet is never hit, nor is what stands in a label.
          const isPassed = getComputedStyle(shown).pointerEvents === 'none' || hit?.localName === 'label'
          return shown.contains(hit) || (isPassed && hit?.contains(shown))
        }))
      }),
    ) && element.checkVisibility({ opacityProperty: !labelsOf(element).length, visibilityProperty: true })

  const isScroller = (element) => {
    const { overflowX, overflowY } = getComputedStyle(element)
    const can = /auto|scroll/
    return (
      ((can.test(overflowX) && element.scrollWidth > element.clientWidth) ||
        (can.test(overflowY) && element.scrollHeight > element.clientHeight)) &&
      ![...element.querySelectorAll(FOCUSABLE)].some(isReached)
    )
  }

  const isReached = (element) => {
    if (element.tabIndex < 0 || element.disabled || element.closest('[inert]')) return false
    if (element.matches('audio:not([controls]), video:not([controls]), input[type=hidden]')) return false
    if (element.type === 'radio' && !element.checked && element.name) {
      const group = [...(element.form ?? document).querySelectorAll(`input[type=radio][name="${CSS.escape(element.name)}"]`)]
      if (group.some((radio) => radio.checked) || group[0] !== element) return false
    }
    return element.checkVisibility({ visibilityProperty: true })
  }

  // The elements that Tab comes to, as far as can be said without pressing it.
  const stops = () =>
    [...document.body.querySelectorAll('*')].filter((element) =>
      element.matches(FOCUSABLE) ? isReached(element) : !element.hasAttribute('tabindex') && isScroller(element),
    )

  // What styles can tell apart by nothing but its place.
  const kindOf = (element) => {
    const parts = []
    for (let box = element; box; box = box.parentElement)
      parts.push(box.localName, box.getAttribute('class'), box.getAttribute('style'))
    return parts.join(' ')
  }

  // The first of each kind: each costs a look at the whole page, and a long one may have thousands that are alike.
  const firstOfEach = (elements) => {
    const counts = new Map()
    return elements.filter((element) => {
      const kind = kindOf(element)
      counts.set(kind, (counts.get(kind) ?? 0) + 1)
      return counts.get(kind) <= ALIKE
    })
  }

  const letGo = () => document.activeElement?.blur?.()

  const settle = async () => {
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame)
  }

  // What each stop, or so many of those that are alike, shows when it has the focus. What focus does besides, as to open
  // the search, is undone.
  async function visitStops() {
    const boxes = [...document.querySelectorAll('input[type=checkbox]')].map((box) => [box, box.checked])
    const visited = []
    letGo()
    for (const element of firstOfEach(stops())) {
      if (element.matches(FOCUSABLE) && !isReached(element)) continue // no longer
      const elements = showing(element)
      const before = look(elements)
      // Some pages show the focus only to those who press keys, and take a browser that lays out anew for a mouse.
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Tab', bubbles: true }))
      const see = () => ({ isShown: before !== look(elements) || hasCaret(element), isOnScreen: isOnScreen(element) })
      element.focus({ focusVisible: true })
      if (document.activeElement !== element) continue
      let seen = see()
      if (element.matches('input, select, textarea') || !seen.isShown || !seen.isOnScreen) {
        await settle() // the page's own scripts may have something to show
        seen = see()
      }
      visited.push({ element, ...seen })
      letGo()
      const changed = boxes.filter(([box, wasChecked]) => box.checked !== wasChecked)
      for (const [box] of changed) box.click()
      if (changed.length) await settle()
    }
    scrollTo(0, 0)
    return visited
  }

  async function findHiddenFocus() {
    return (await visitStops()).flatMap(({ element, isShown, isOnScreen }) => [
      ...(isShown ? [] : [found('focus-hidden', element, `nothing shows that ${nameOf(element)} has the keyboard's focus`, {
        cure: "give it an outline under ':focus-visible'",
      })]),
      ...(isOnScreen ? [] : [found('focus-hidden', element, `${nameOf(element)} is not to be seen when it has the keyboard's focus`, {
        id: 'focus off the screen',
        cure: 'bring it onto the screen, or take it out of the way of Tab while it is hidden',
      })]),
    ])
  }

  // Told to a test, which presses Tab and compares.
  const listStops = async () => {
    const all = [...document.querySelectorAll('*')]
    return (await visitStops()).map(({ element, isShown, isOnScreen }) => [all.indexOf(element), isShown, isOnScreen])
  }

  globalThis.access = { keep, scan, findMotion, choose, findWide, findHiddenFocus, listStops }
}
