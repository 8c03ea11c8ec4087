// Runs in the browser over Marp's `bare` HTML: finds what a reader of a slide cannot see.
//
// Three tests, because each misses something: a wide table scrolls inside its own box, so the slide's own scroll
// size does not grow; what is pushed out upwards never counts as scrolling; what a box clips is still inside the slide.
async () => {
  const SLACK = 2 // pixels that a font's box may stick out without anything to be seen of it
  await document.fonts.ready
  const broken = new Set()
  const decode = (picture, owner) => picture.decode().catch(() => broken.add(owner))
  const backgrounds = [...document.querySelectorAll('section[id], [data-marpit-advanced-background-container] figure')]
  await Promise.all([
    ...[...document.images].map((image) => decode(image, image)),
    ...backgrounds.map((element) => {
      const source = /url\("((?:[^"\\]|\\.)*)"\)/.exec(element.style.backgroundImage)?.[1]
      return source && decode(Object.assign(new Image(), { src: source }), element)
    }),
  ])

  const lineOf = (node) => {
    const element = node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement
    return Number(element?.closest('[data-line]')?.dataset.line ?? 0)
  }
  const nameOf = (node) => {
    if (node.nodeType === Node.ELEMENT_NODE) return `<${node.localName}>`
    const words = node.data.trim().replace(/\s+/g, ' ')
    return `'${words.length > 40 ? `${words.slice(0, 39)}…` : words}'`
  }
  const PICTURES = new Set(['img', 'video', 'canvas', 'mjx-container', 'use'])

  const measure = (frame) => {
    const section = frame.querySelector('section[id]')
    const area = section.getBoundingClientRect()
    const scale = area.width / section.offsetWidth || 1
    // One finding for an edge or a box: where it begins, and how far it goes at worst.
    const found = new Map()
    const add = (rule, what, node, box, pixels) => {
      if (pixels <= SLACK) return
      const first = found.get(what) ?? { rule, line: lineOf(node), name: nameOf(node), area: areaOf(box), pixels }
      found.set(what, { ...first, pixels: Math.max(first.pixels, pixels) })
    }
    // In hundredths of the slide.
    const areaOf = (box) => [
      (100 * (box.left - area.left)) / area.width,
      (100 * (box.top - area.top)) / area.height,
      (100 * box.width) / area.width,
      (100 * box.height) / area.height,
    ]
    const addIfOutside = (node, box) => {
      const over = {
        left: area.left - box.left,
        top: area.top - box.top,
        right: box.right - area.right,
        bottom: box.bottom - area.bottom,
      }
      const side = Object.keys(over).reduce((a, b) => (over[a] >= over[b] ? a : b))
      const pixels = Math.round(over[side] / scale)
      add('overflow', `from NAME on, content runs up to N px over the ${side} edge of the slide`, node, box, pixels)
    }
    const addIfClipping = (element) => {
      if (element instanceof SVGElement || element.clientWidth <= 1 || element.clientHeight <= 1) return
      const { overflowX, overflowY } = getComputedStyle(element)
      const across = element.scrollWidth - element.clientWidth
      const down = element.scrollHeight - element.clientHeight
      const box = element.getBoundingClientRect()
      if (overflowX !== 'visible') add('clipped', 'NAME hides N px of its width', element, box, across)
      if (overflowY !== 'visible') add('clipped', 'NAME hides N px of its height', element, box, down)
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
    const problems = [...found].map(([what, { rule, line, name, area, pixels }]) => ({
      rule,
      line,
      area,
      message: `${what.replace('NAME', () => name).replace(/\bN\b/, pixels)}; shorten it, split the slide, or use a layout with more room`,
    }))
    for (const picture of broken)
      if (frame.contains(picture) && (picture.dataset.src || picture.src?.startsWith('data:')))
        problems.push({
          rule: 'image-broken',
          line: lineOf(picture),
          message: `image '${picture.dataset.src ?? 'in the source'}' cannot be shown; see whether the file is whole`,
        })
    if (!ink) problems.push({ rule: 'slide-blank', line: lineOf(section), message: 'is blank; give it content, or remove its ruler' })
    return problems
  }

  return [...document.querySelectorAll('svg[data-marpit-svg]')].flatMap((frame, index) =>
    measure(frame).map((found) => ({ slide: index + 1, ...found })),
  )
}
