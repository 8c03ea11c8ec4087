// Runs in the browser over Marp's `bare` HTML: finds what a reader of a slide cannot see.
//
// Three tests, because each misses something: a wide table scrolls inside its own box, so the slide's own scroll
// size does not grow; what is pushed out upwards never counts as scrolling; what a box clips is still inside the slide.
async () => {
  const SLACK = 2 // pixels that a font's box may stick out without anything to be seen of it
  await document.fonts.ready
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})))

  const lineOf = (node) => {
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement
    return Number(element?.closest('[data-line]')?.dataset.line ?? 0)
  }
  const nameOf = (node) => {
    if (node.nodeType === Node.ELEMENT_NODE) return `<${node.localName}>`
    const words = node.data.trim().replace(/\s+/g, ' ')
    return `'${words.length > 40 ? `${words.slice(0, 39)}…` : words}'`
  }
  const PICTURES = new Set(['img', 'video', 'canvas', 'mjx-container'])

  const measure = (frame) => {
    const section = frame.querySelector('section[id]')
    const area = section.getBoundingClientRect()
    const scale = area.width / section.offsetWidth || 1
    // One finding a source line: the largest.
    const worst = new Map()
    const add = (node, pixels, what) => {
      const line = lineOf(node)
      if ((worst.get(line)?.pixels ?? SLACK) < pixels) worst.set(line, { line, pixels, what: `${nameOf(node)} ${what}` })
    }
    const addIfOutside = (node, box) => {
      const over = {
        left: area.left - box.left,
        top: area.top - box.top,
        right: box.right - area.right,
        bottom: box.bottom - area.bottom,
      }
      const side = Object.keys(over).reduce((a, b) => (over[a] >= over[b] ? a : b))
      const pixels = Math.round(over[side] / scale)
      add(node, pixels, `runs ${pixels} px over the ${side} edge of the slide`)
    }
    const addIfClipping = (element) => {
      if (element instanceof SVGElement || element.clientWidth <= 1 || element.clientHeight <= 1) return
      const { overflowX, overflowY } = getComputedStyle(element)
      const across = element.scrollWidth - element.clientWidth
      const down = element.scrollHeight - element.clientHeight
      if (overflowX !== 'visible') add(element, across, `hides ${across} px of its width`)
      if (overflowY !== 'visible') add(element, down, `hides ${down} px of its height`)
    }

    let ink =
      frame.querySelector('[data-marpit-advanced-background-container] figure') !== null ||
      getComputedStyle(section).backgroundImage !== 'none'
    const walker = document.createTreeWalker(section, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (!node.data.trim()) continue
        const range = document.createRange()
        range.selectNodeContents(node)
        for (const box of range.getClientRects()) {
          if (!box.width || !box.height) continue
          ink ||= !node.parentElement.closest('header, footer')
          addIfOutside(node, box)
        }
        continue
      }
      if (PICTURES.has(node.localName)) {
        const box = node.getBoundingClientRect()
        if (box.width && box.height) {
          ink = true
          addIfOutside(node, box)
        }
      }
      addIfClipping(node)
    }
    const cure = 'shorten it, split the slide, or use a layout with more room'
    const found = [...worst.values()].map(({ line, what }) => ({ line, message: `${what}; ${cure}` }))
    if (!ink) found.push({ line: lineOf(section), message: 'is blank; give it content, or remove its ruler' })
    return found
  }

  return [...document.querySelectorAll('svg[data-marpit-svg]')].flatMap((frame, index) =>
    measure(frame).map((found) => ({ slide: index + 1, ...found })),
  )
}
