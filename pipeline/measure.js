// Runs in the browser over Marp's `bare` HTML, as it is printed: finds what a reader of a slide cannot see or read.
//
// It looks at letters and pictures, not at boxes: each is followed outwards through everything that may cut it off, up
// to the slide. What a box holds beside them (padding, an empty line, a shadow) may stick out, since nobody misses it.
// Returns {slide, rule, line, message, area?, directive?}.
async () => {
  const SLACK = 2 // pixels that may be cut off without anything to be seen of it
  const IMAGE_SLACK = [4, 0.01] // pixels, and share of an image; margins in a picture are more than that
  const SMALLEST = 16 // pixels on a slide of 1280 by 720
  const SMALLEST_ASIDE = 12
  const LARGEST_GROWTH = 1.5
  const MOST_UNKNOWN = 300 // properties or values that anybody would look through
  const LONGEST_VALUE = 60 // characters; in longer ones, a browser may miss anything
  const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
  const CURE = 'shorten it, split the slide, or use a layout with more room'

  // --- wait until everything stands where it will be printed ---------------------------------------------------

  await document.fonts.ready
  for (const animation of document.getAnimations()) {
    try {
      animation.finish()
    } catch {
      animation.cancel() // it never ends: what counts is where it began
    }
  }
  const frame = () => new Promise(requestAnimationFrame)
  await frame() // Marp fits headings and code once fonts are there
  await frame()

  const broken = new Set()
  const files = new Map() // the picture behind an element
  const decode = (picture, owner) => {
    picture.loading = 'eager' // else it waits until somebody scrolls
    return picture.decode().catch(() => broken.add(owner))
  }
  const backgrounds = [...document.querySelectorAll('section[id], [data-marpit-advanced-background-container] figure')]
  await Promise.all([
    ...[...document.images].map((image) => decode(image, image)),
    ...backgrounds.map((element) => {
      const source = /url\("((?:[^"\\]|\\.)*)"\)/.exec(element.style.backgroundImage)?.[1]
      if (source) files.set(element, Object.assign(new Image(), { src: source }))
      return source && decode(files.get(element), element)
    }),
  ])

  // --- small questions ------------------------------------------------------------------------------------------

  const remembered = (answer) => {
    const known = new Map()
    return (element) => {
      if (!known.has(element)) known.set(element, answer(element))
      return known.get(element)
    }
  }
  const styleOf = remembered((element) => getComputedStyle(element))
  const elementOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)
  const lineOf = (node) => Number(elementOf(node)?.closest('[data-line]')?.dataset.line ?? 0)
  const isAside = (node) => Boolean(elementOf(node).closest('section > header, section > footer'))
  const cut = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text)
  const quoted = (text) => `'${cut(text.trim().replace(/\s+/g, ' '), 40)}'`
  const isFormula = (element) => Boolean(element.closest('mjx-container, .katex, math'))
  const pixels = (length) => `${+length.toFixed(1)} px`
  const clamp = (number, low, high) => Math.min(Math.max(number, low), high)

  const decoded = (address) => {
    try {
      return decodeURI(address)
    } catch { // a '%' that is part of the name
      return address
    }
  }
  const pictureName = (element) => {
    const source = element.dataset?.src ?? element.getAttribute('src') ?? ''
    if (source && !source.startsWith('data:')) return `image ${quoted(decoded(cut(source.split(/[?#]/)[0], 200)))}`
    if (element.localName === 'img' || source) return 'the image in the source'
    return isFormula(element) ? 'a formula' : `<${element.localName}>`
  }
  const around = remembered((node) => {
    const range = document.createRange()
    range.selectNode(node)
    return range.getBoundingClientRect()
  })
  const tagOf = (element) => `<${element.localName.replace(/^marp-/, '')}>`
  const nameOf = (node) => (node.nodeType === Node.TEXT_NODE ? quoted(node.data) : pictureName(node))

  const ancestors = function* (element) {
    for (let each = element; each && !each.matches('section[id]'); each = each.parentElement) yield each
  }
  const hasAround = (element, test) => ancestors(element).some(test)

  const isTurned = remembered((element) =>
    hasAround(element, (each) => {
      const { transform, rotate, writingMode } = styleOf(each)
      const [, b = 0, c = 0] = /^matrix\(([^)]*)\)$/.exec(transform)?.[1].split(',').map(Number) ?? []
      const turned = Math.abs(b) > 0.001 || Math.abs(c) > 0.001 || transform.startsWith('matrix3d')
      return turned || rotate !== 'none' || writingMode !== 'horizontal-tb'
    }),
  )

  // The paragraph, item, cell or whatever holds a piece of words; Marp draws what is inside of its own elements smaller.
  const blockOf = remembered((element) => {
    let block = element
    while (styleOf(block).display === 'inline' && !block.parentElement.shadowRoot && !block.matches('section > *'))
      block = block.parentElement
    return block
  })
  const wordsFrom = (node) => {
    const range = document.createRange()
    range.setStart(node, 0)
    range.setEndAfter(blockOf(node.parentElement).lastChild)
    return range.toString().trim().split('\n')[0]
  }

  const opacityOf = (element) => [...ancestors(element)].reduce((all, each) => all * styleOf(each).opacity, 1)
  const isSeeThrough = (colour) => colour === 'transparent' || /^rgba\(.*, 0\)$|\/ 0\)$/.test(colour)
  const isShown = remembered((element) => {
    const { color, fontSize, webkitTextFillColor, textShadow, fill } = styleOf(element)
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false
    if (parseFloat(fontSize) < 2) return false
    if (element instanceof SVGElement) return fill !== 'none' || styleOf(element).stroke !== 'none'
    if (styleOf(element).backgroundClip.includes('text')) return true
    return !(isSeeThrough(color) && isSeeThrough(webkitTextFillColor) && textShadow === 'none')
  })

  // --- what cuts off what is in an element ----------------------------------------------------------------------

  // Where an element, positioned or not, lets its content be seen; its border is not part of it.
  const windowOf = (element) => {
    const box = element.getBoundingClientRect()
    const zoom = box.width / element.offsetWidth || 1
    const border = (side) => (parseFloat(styleOf(element)[`border${side}Width`]) || 0) * zoom
    return {
      left: box.left + border('Left'),
      top: box.top + border('Top'),
      right: box.right - border('Right'),
      bottom: box.bottom - border('Bottom'),
    }
  }
  const holdsPositioned = ({ position, transform, filter, contain }, kind) =>
    transform !== 'none' || filter !== 'none' || /paint|layout|strict|content/.test(contain) ||
    (kind === 'absolute' && position !== 'static')

  // Every element around `start` that cuts its content off, from the inside out.
  // undefined where one of them is closed: that is how words are given to screen readers alone.
  const cutters = (start, isReplaced) => {
    const found = []
    let fleeing = ''
    for (const element of ancestors(start)) {
      const style = styleOf(element)
      const closed = style.clip !== 'auto' && style.position === 'absolute'
      if (closed || /^inset\((50|100)%/.test(style.clipPath)) return undefined
      if (fleeing && !holdsPositioned(style, fleeing)) continue
      fleeing = ['absolute', 'fixed'].includes(style.position) ? style.position : ''
      if (isReplaced && element === start) continue
      const boxless = style.display === 'inline' || style.display === 'contents'
      const inSvg = element instanceof SVGElement && element.localName !== 'svg'
      if (boxless || inSvg || (style.overflowX === 'visible' && style.overflowY === 'visible')) continue
      const opening = windowOf(element)
      if (opening.right - opening.left <= 1 || opening.bottom - opening.top <= 1) return undefined
      if (!isTurned(element)) found.push({ element, opening, style })
    }
    return found
  }
  const cuttersOfWords = remembered((element) => cutters(element, false))

  const cutOff = (box, opening) => ({
    left: opening.left - box.left,
    top: opening.top - box.top,
    right: box.right - opening.right,
    bottom: box.bottom - opening.bottom,
  })
  const worst = (over) => Object.keys(over).reduce((a, b) => (over[a] >= over[b] ? a : b))
  // Moved as far away as words are that only screen readers should find: no slide gets that full by itself.
  const isFar = (over, box) => isOutside(over, box) && over.left > 900
  const isOutside = (over, box) =>
    Math.max(over.left, over.right) >= box.right - box.left || Math.max(over.top, over.bottom) >= box.bottom - box.top

  // --- where the ink of letters is ------------------------------------------------------------------------------

  const brush = document.createElement('canvas').getContext('2d')
  const CASES = { uppercase: 'toLocaleUpperCase', lowercase: 'toLocaleLowerCase' }
  // A line of text has room above and below its letters, and white space: only letters can be missed.
  const inkOf = (node) => {
    const element = node.parentElement
    const { fontStyle, fontWeight, fontSize, fontFamily, textTransform } = styleOf(element)
    brush.font = `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`
    const range = document.createRange()
    const boxes = []
    let at = 0
    for (const letter of node.data) {
      range.setStart(node, at)
      range.setEnd(node, (at += letter.length))
      if (!letter.trim()) continue
      const shown = CASES[textTransform] ? letter[CASES[textTransform]]() : letter
      const ink = brush.measureText(shown)
      const [box] = range.getClientRects()
      if (!box?.width) continue
      const zoom = box.height / (ink.fontBoundingBoxAscent + ink.fontBoundingBoxDescent)
      const base = box.top + ink.fontBoundingBoxAscent * zoom
      boxes.push({
        left: Math.max(box.left, box.left - ink.actualBoundingBoxLeft * zoom),
        right: Math.min(box.right, box.left + ink.actualBoundingBoxRight * zoom),
        top: Math.max(box.top, base - ink.actualBoundingBoxAscent * zoom),
        bottom: Math.min(box.bottom, base + ink.actualBoundingBoxDescent * zoom),
      })
    }
    return boxes
  }
  const turnedInk = (node, boxes, zoom) => {
    const margin = 0.4 * parseFloat(styleOf(node.parentElement).fontSize) * zoom
    return boxes.map(({ left, top, right, bottom }) => ({
      left: left + margin,
      top: top + margin,
      right: Math.max(right - margin, left + margin),
      bottom: Math.max(bottom - margin, top + margin),
    }))
  }

  // --- where the ink of a picture is ----------------------------------------------------------------------------

  const drawingBox = (svg) => {
    const box = svg.getBoundingClientRect()
    if (isFormula(svg)) return box
    const drawn = svg.getBBox()
    const matrix = svg.getScreenCTM()
    if (!matrix || !(drawn.width || drawn.height)) return undefined
    const corner = (x, y) => new DOMPoint(x, y).matrixTransform(matrix)
    const [a, b] = [corner(drawn.x, drawn.y), corner(drawn.x + drawn.width, drawn.y + drawn.height)]
    const left = Math.max(box.left, Math.min(a.x, b.x))
    const top = Math.max(box.top, Math.min(a.y, b.y))
    const right = Math.min(box.right, Math.max(a.x, b.x))
    const bottom = Math.min(box.bottom, Math.max(a.y, b.y))
    return { left, top, right, bottom, width: right - left, height: bottom - top }
  }
  // The factor by which a picture of `width` by `height` grows, across and down.
  const growth = (fit, across, down) => {
    const contained = Math.min(across, down)
    if (fit === 'cover') return [Math.max(across, down), Math.max(across, down)]
    if (fit === 'contain') return [contained, contained]
    if (fit === 'none') return [1, 1]
    return fit === 'scale-down' ? [Math.min(1, contained), Math.min(1, contained)] : [across, down]
  }
  const imageBox = (image) => {
    const box = image.getBoundingClientRect()
    const { objectFit } = styleOf(image)
    if (!['contain', 'scale-down'].includes(objectFit) || !image.naturalWidth || isTurned(image)) return box
    const [factor] = growth('contain', box.width / image.naturalWidth, box.height / image.naturalHeight)
    const [x, y] = [(box.width - image.naturalWidth * factor) / 2, (box.height - image.naturalHeight * factor) / 2]
    const centred = styleOf(image).objectPosition === '50% 50%'
    return centred ? new DOMRect(box.left + x, box.top + y, box.width - 2 * x, box.height - 2 * y) : box
  }
  const pictureBox = (element) => {
    if (element.localName === 'svg') return drawingBox(element)
    return element.localName === 'img' ? imageBox(element) : element.getBoundingClientRect()
  }

  // Whether somebody put the element there on purpose: computed styles would say the same of what only happened.
  const isPlaced = (element, side) => {
    const sides = ['left', 'right'].includes(side) ? ['left', 'right'] : ['top', 'bottom']
    const isNegative = (value) => /^(calc\()?-/.test(String(value ?? ''))
    return hasAround(element, (each) => {
      const style = styleOf(each)
      if (style.viewTransitionName && style.viewTransitionName !== 'none') return true
      if ([style.transform, style.translate, style.rotate, style.scale].some((value) => value && value !== 'none'))
        return true
      const asked = each.computedStyleMap()
      const names = sides.map((name) => `margin-${name}`).concat(style.position === 'static' ? [] : sides)
      return names.some((name) => isNegative(asked.get(name)))
    })
  }
  const isDecoration = (element, height) =>
    element.closest('[aria-hidden="true"]:not(svg)') !== null ||
    opacityOf(element) <= 0.3 ||
    (parseFloat(styleOf(element).fontSize) > height / 4 &&
      hasAround(element, (each) => ['absolute', 'fixed'].includes(styleOf(each).position)))
  // Neither is meant to be read: what an author asked to be shortened with dots.
  const isShortened = ({ style }) => style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none'

  // Whether a picture has edges that growing makes soft, and not one colour or a gradient.
  const hasDetail = (image) => {
    const [width, height] = [image.naturalWidth, image.naturalHeight].map((length) => Math.min(length, 400))
    const canvas = Object.assign(document.createElement('canvas'), { width, height })
    const context = canvas.getContext('2d', { willReadFrequently: true })
    context.drawImage(image, 0, 0)
    let colours
    try {
      colours = context.getImageData(0, 0, width, height).data
    } catch {
      return true
    }
    for (let at = 4; at < colours.length; at += 4) {
      const above = at - 4 * width
      for (const beside of [at % (4 * width) ? at - 4 : -1, above])
        if (beside >= 0)
          for (let part = 0; part < 4; part += 1)
            if (Math.abs(colours[at + part] - colours[beside + part]) > 24) return true
    }
    return false
  }

  // --- what a browser makes of directives -----------------------------------------------------------------------

  const COLOUR = "a colour, such as 'teal' or '#008080'"
  const DIRECTIVES = {
    color: ['color', COLOUR],
    backgroundColor: ['background-color', COLOUR],
    backgroundImage: ['background-image', "'url(photo.jpg)' or a gradient"],
    backgroundPosition: ['background-position', "a place, such as 'center' or 'left top'"],
    backgroundRepeat: ['background-repeat', "'no-repeat' or 'repeat'"],
    backgroundSize: ['background-size', "'cover', 'contain' or a size"],
  }
  const findDirectives = (slide, section, report) => {
    for (const [directive, [property, wanted]] of Object.entries(DIRECTIVES)) {
      const value = section.dataset[directive]
      if (value === undefined) continue
      const bare = value.replace(/;\s*$/, '').replace(/!\s*important/i, '').trim()
      const works = [...slide.querySelectorAll('section')].some(
        ({ style }) => !['', 'none', 'initial'].includes(style.getPropertyValue(property)),
      )
      if (works || CSS.supports(property, bare)) continue
      const message = `${directive} is ${quoted(value)}, which browsers do not understand and drop; write ${wanted}`
      report({ rule: 'directive-value', line: 0, message, directive, once: message })
    }
  }

  // --- one slide ------------------------------------------------------------------------------------------------

  // What a slide looks like without its content: where it differs from its neighbour, somebody wanted it so.
  const lookOf = (slide) => {
    const sections = slide ? [...slide.querySelectorAll('section')] : []
    const looks = sections.map((section) => {
      const { backgroundColor, backgroundImage } = getComputedStyle(section)
      const { content, backgroundImage: drawn } = getComputedStyle(section, '::before')
      return [backgroundColor, backgroundImage, content, drawn].join()
    })
    return [...new Set(looks)].join()
  }
  const PICTURES = 'img, svg, video, canvas, iframe, embed, object'
  const SHAPES = `${PICTURES}, hr, audio, input, button, progress, meter, textarea, select`
  const isPainted = (element) => {
    const box = element.getBoundingClientRect()
    if (!box.width || !box.height || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
      return false
    if (element.matches(SHAPES)) return true
    const { backgroundColor, backgroundImage, borderTopWidth, borderBottomWidth, boxShadow } = styleOf(element)
    const pseudo = ['::before', '::after'].map((name) => getComputedStyle(element, name).content)
    return (
      !isSeeThrough(backgroundColor) ||
      [backgroundImage, boxShadow, ...pseudo].some((value) => value !== 'none' && value !== 'normal') ||
      parseFloat(borderTopWidth) + parseFloat(borderBottomWidth) > 0
    )
  }

  const measure = (slide, number, slides) => {
    const section = slide.querySelector('section[id]')
    const whole = slide.getBoundingClientRect()
    const scale = section.getBoundingClientRect().width / section.offsetWidth || 1
    const [width, height] = [whole.width / scale, whole.height / scale]
    // A page on end is read on paper, where letters are as large as the page is wide.
    const unit = width >= height ? height / 720 : width / 1280
    const area = [section, section.parentElement].map((each) => each.getBoundingClientRect()).reduce((a, b) => ({
      left: Math.max(a.left, b.left),
      top: Math.max(a.top, b.top),
      right: Math.min(a.right, b.right),
      bottom: Math.min(a.bottom, b.bottom),
    }))

    const problems = []
    const found = new Map()
    const report = (problem) => problems.push(problem)
    // In hundredths of the slide: the part of `box` that is on it, or the edge beside which it is.
    const areaOf = (box) => {
      const across = (x) => clamp((100 * (x - whole.left)) / whole.width, 0, 100)
      const down = (y) => clamp((100 * (y - whole.top)) / whole.height, 0, 100)
      const [left, top] = [Math.min(across(box.left), 98), Math.min(down(box.top), 98)]
      return [left, top, Math.max(across(box.right) - left, 2), Math.max(down(box.bottom) - top, 2)]
    }
    const onceIfAside = (node, message) => (isAside(node) ? { once: message } : {})
    // One finding for an edge or a box: where it begins, and how far it goes at worst.
    const add = (rule, what, node, box, far) => {
      const first = found.get(what) ?? { rule, node, box, far: 0 }
      const both = {
        left: Math.min(first.box.left, box.left),
        top: Math.min(first.box.top, box.top),
        right: Math.max(first.box.right, box.right),
        bottom: Math.max(first.box.bottom, box.bottom),
      }
      found.set(what, { ...first, box: both, far: Math.max(first.far, Math.round(far)) })
    }

    const follow = (node, boxes, cutters) => {
      for (const box of boxes) {
        const cutter = cutters.find(({ opening, style }) => {
          const over = cutOff(box, opening)
          const across = style.overflowX === 'visible' ? 0 : Math.max(over.left, over.right)
          const down = style.overflowY === 'visible' ? 0 : Math.max(over.top, over.bottom)
          return Math.max(across, down) / scale > SLACK
        })
        if (cutter) {
          const over = cutOff(box, cutter.opening)
          if (isShortened(cutter) || isFar(over, box)) continue
          const side = worst(over)
          const extent = ['left', 'right'].includes(side) ? 'width' : 'height'
          const what = `${tagOf(cutter.element)} hides N px of its ${extent}`
          add('clipped', what, cutter.element, cutter.element.getBoundingClientRect(), over[side] / scale)
          continue
        }
        const over = cutOff(box, area)
        const side = worst(over)
        if (over[side] / scale <= SLACK) continue
        if (isFar(over, box) || (isOutside(over, box) && isPlaced(elementOf(node), side))) continue
        add('overflow', `from NAME on, content runs up to N px over the ${side} edge of the slide`, node, around(node), over[side] / scale)
      }
    }

    const visitWords = (node) => {
      const element = node.parentElement
      if (!node.data.trim() || !isShown(element)) return false
      const range = document.createRange()
      range.selectNodeContents(node)
      const boxes = [...range.getClientRects()].filter((box) => box.width && box.height)
      const cutters = boxes.length ? cuttersOfWords(element) : undefined
      if (!cutters) return false
      const openings = [area, ...cutters.map(({ opening }) => opening)]
      const isCut = boxes.some((box) =>
        openings.some((opening) => Math.max(...Object.values(cutOff(box, opening))) / scale > SLACK),
      )
      if (isCut && !isDecoration(element, height))
        follow(node, isTurned(element) ? turnedInk(node, boxes, scale) : inkOf(node), cutters)
      noteSize(node, boxes[0])
      return true
    }

    // The size at which letters are drawn: Marp shrinks code that is too wide, and drawings have a scale of their own.
    const zoomOf = remembered((element) => {
      if (element instanceof SVGElement) {
        const matrix = element.getScreenCTM()
        return matrix ? Math.sqrt(Math.abs(matrix.a * matrix.d - matrix.b * matrix.c)) / scale : 1
      }
      const block = blockOf(element)
      if (isTurned(element) || !block.offsetWidth) return 1
      const zoom = block.getBoundingClientRect().width / block.offsetWidth / scale
      return Math.abs(zoom - 1) < 0.03 ? 1 : zoom // layout counts in whole pixels
    })
    const SMALL_PRINT = 'header, footer, sup, sub, small, cite, figcaption, caption, aside, rt, rp, label'
    const NAMES = /foot|source|credit|caption|copyright|licen[cs]e|attribut|cit(e|ation)|refer|note|legal|discl|small|tiny|fine|mark|logo|date|page|label|legend|axis|tick|badge|tag/i
    const isSmallPrint = (element) =>
      hasAround(
        element,
        (each) =>
          each.matches(SMALL_PRINT) ||
          NAMES.test(`${each.getAttribute('class') ?? ''} ${each.id.replace(/^figure-\d+.*/, '')}`) ||
          (each instanceof HTMLElement && ['absolute', 'fixed'].includes(styleOf(each).position)),
      )
    const small = new Map()
    const noteSize = (node, box, zoom = zoomOf(node.parentElement)) => {
      const element = node.parentElement
      if (!/[\p{L}\p{N}]{2}/u.test(node.data) || isFormula(element) || element.closest('ruby, kbd, title, desc, script')) return
      const size = parseFloat(styleOf(element).fontSize) * zoom
      if (size >= SMALLEST * unit * 0.97) return
      const smallest = (isSmallPrint(element) ? SMALLEST_ASIDE : SMALLEST) * unit
      if (size >= smallest * 0.97) return
      const key = `${size.toFixed(1)} ${smallest}`
      const first = small.get(key) ?? { node, box, size, smallest, pieces: new Set() }
      first.pieces.add(element instanceof SVGElement ? element : blockOf(element))
      small.set(key, first)
    }
    // The words of a figure are defined in one place and drawn in another, so that they have no box of their own.
    const visitFigure = (svg) => {
      const matrix = svg.getScreenCTM()
      if (!matrix) return
      for (const text of svg.querySelectorAll('defs text')) {
        let zoom = Math.sqrt(Math.abs(matrix.a * matrix.d - matrix.b * matrix.c)) / scale
        for (let each = text; each !== svg; each = each.parentElement) {
          const own = each.transform?.baseVal.consolidate()?.matrix
          if (own) zoom *= Math.sqrt(Math.abs(own.a * own.d - own.b * own.c))
        }
        const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT)
        for (let node = walker.nextNode(); node; node = walker.nextNode())
          noteSize(node, svg.getBoundingClientRect(), zoom)
      }
    }
    const reportSizes = () => {
      for (const { node, box, size, smallest, pieces } of small.values()) {
        const others = pieces.size > 1 ? ` (and ${pieces.size - 1} more)` : ''
        const inCode = node.parentElement.closest('pre, marp-pre') !== null
        const inDrawing = node.parentElement instanceof SVGElement
        const cure = inCode
          ? 'shorten the lines of code, show fewer, or split the slide'
          : inDrawing
            ? 'show the drawing larger, or draw larger letters'
            : 'use larger letters, and shorten or split the slide if it gets too full'
        const words = quoted(inDrawing ? node.data : wordsFrom(node))
        const message = `${words}${others} has letters of ${pixels(size)}, and the last row needs ${pixels(smallest)}; ${cure}`
        report({ rule: 'text-small', line: lineOf(node), message, area: areaOf(box), ...onceIfAside(node, message) })
      }
      const page = slide.querySelector('section[data-marpit-advanced-background="pseudo"]') ?? section
      const { content, display, fontSize } = getComputedStyle(page, '::after')
      const size = parseFloat(fontSize)
      if (!page.hasAttribute('data-marpit-pagination') || ['none', 'normal', '""'].includes(content)) return
      if (display === 'none' || size < 2 || size >= SMALLEST_ASIDE * unit * 0.97) return
      const message = `the page number has letters of ${pixels(size)}, and the last row needs ${pixels(SMALLEST_ASIDE * unit)}; make it larger`
      report({ rule: 'text-small', line: 0, message, once: message })
    }

    const visitPicture = (element) => {
      if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return
      const box = pictureBox(element)
      const cutBy = box?.width > 1 && box.height > 1 ? cutters(element, true) : undefined
      if (!cutBy) return
      if (isFormula(element)) follow(element, [box], cutBy)
      else if (!isDecoration(element, height)) followPicture(element, box, cutBy)
      if (element.localName === 'img') noteBlur(element, element, ...sizesOf(element))
      if (element.matches('svg[data-src]')) visitFigure(element)
    }
    const isMissed = (over, box, side) => {
      const extent = ['left', 'right'].includes(side) ? box.width : box.height
      return over[side] / scale > Math.max(IMAGE_SLACK[0], (IMAGE_SLACK[1] * extent) / scale)
    }
    const followPicture = (element, box, cutBy) => {
      for (const { element: cutter, opening, style } of cutBy) {
        const over = cutOff(box, opening)
        const side = worst(over)
        if (!isMissed(over, box, side)) continue
        // A frame that hides is how pictures are cropped; one that would scroll is not.
        const scrolls = /auto|scroll/.test(style.overflowX + style.overflowY)
        if (!scrolls && !isOutside(over, box)) return
        if (isPlaced(element, side)) return
        const extent = ['left', 'right'].includes(side) ? 'width' : 'height'
        add('clipped', `${tagOf(cutter)} hides N px of its ${extent}`, cutter, cutter.getBoundingClientRect(), over[side] / scale)
        return
      }
      const over = cutOff(box, area)
      const side = worst(over)
      if (!isMissed(over, box, side) || isPlaced(element, side)) return
      const far = Math.round(over[side] / scale)
      const what = isOutside(over, box)
        ? `lies wholly outside of the slide, up to ${far} px over its ${side} edge`
        : `runs ${far} px over the ${side} edge of the slide`
      const message = `${pictureName(element)} ${what}; show it smaller, or give it more room`
      report({ rule: 'image-off-slide', line: lineOf(element), message, area: areaOf(box), ...onceIfAside(element, message) })
    }

    // What an image has in pixels, by how much it grows, and how it is drawn.
    const sizesOf = (image) => {
      const style = styleOf(image)
      const inset = (...names) => names.reduce((sum, name) => sum + (parseFloat(style[name]) || 0), 0)
      const zoom = zoomOf(image)
      const across = image.offsetWidth - inset('paddingLeft', 'paddingRight', 'borderLeftWidth', 'borderRightWidth')
      const down = image.offsetHeight - inset('paddingTop', 'paddingBottom', 'borderTopWidth', 'borderBottomWidth')
      const factors = growth(style.objectFit, across / image.naturalWidth, down / image.naturalHeight)
      return [image, factors.map((factor) => factor * zoom), image.getBoundingClientRect()]
    }
    const sizesBehind = (element) => {
      const file = files.get(element)
      const box = element.getBoundingClientRect()
      const [across, down] = [box.width / scale / file.naturalWidth, box.height / scale / file.naturalHeight]
      const size = getComputedStyle(element).backgroundSize
      if (size === 'cover' || size === 'contain') return [file, growth(size, across, down), box]
      const share = (part, whole, natural) =>
        part?.endsWith('%') ? (whole * parseFloat(part)) / 100 : part?.endsWith('px') ? parseFloat(part) / natural : undefined
      const [first, second] = size.split(' ')
      const [x, y] = [share(first, across, file.naturalWidth), share(second, down, file.naturalHeight)]
      return [file, [x ?? y ?? 1, y ?? x ?? 1], box]
    }
    const noteBlur = (element, owner, file, factors, box) => {
      const factor = Math.min(...factors) / unit
      const { filter, imageRendering } = getComputedStyle(element)
      if (!(factor > LARGEST_GROWTH) || Math.min(file.naturalWidth, file.naturalHeight) < 8 || broken.has(element)) return
      if (/^data:image\/svg|\.svg([?#]|$)/i.test(file.currentSrc || file.src) || filter.includes('blur')) return
      if (imageRendering !== 'auto' || element.matches('.emoji, [data-marp-twemoji]') || opacityOf(element) <= 0.3) return
      if (/opacity\((0?\.[0-2]\d*|0)\)/.test(filter) || !hasDetail(file)) return
      const shown = Math.round(factors[0] * file.naturalWidth)
      const message = `${pictureName(owner)} has ${file.naturalWidth} × ${file.naturalHeight} px and is shown ${shown} px wide; use a larger file or show it smaller`
      const once = element === section || isAside(element) ? { once: message } : {}
      report({ rule: 'image-blurred', line: lineOf(element), message, area: areaOf(box), ...once })
    }

    let ink =
      slide.querySelector('[data-marpit-advanced-background-container] figure') !== null ||
      getComputedStyle(section).backgroundImage !== 'none'
    const walker = document.createTreeWalker(section, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) {
        if (visitWords(node)) ink ||= !isAside(node)
        continue
      }
      ink ||= !isAside(node) && isPainted(node)
      if (node.matches(PICTURES) && !(node.localName === 'svg' && node.ownerSVGElement)) visitPicture(node)
    }
    for (const element of backgrounds)
      if (slide.contains(element) && files.has(element)) noteBlur(element, element, ...sizesBehind(element))

    for (const [what, { rule, node, box, far }] of found) {
      const message = `${what.replace('NAME', () => nameOf(node)).replace(/\bN px/, `${far} px`)}; ${CURE}`
      report({ rule, line: lineOf(node), area: areaOf(box), message, ...onceIfAside(node, message) })
    }
    reportSizes()
    findDirectives(slide, section, report)
    for (const picture of broken)
      if (slide.contains(picture) && (picture.dataset.src || (files.get(picture) ?? picture).src.startsWith('data:')))
        report({
          rule: 'image-broken',
          line: lineOf(picture),
          message: `image '${picture.dataset.src ?? 'in the source'}' cannot be shown; see whether the file is whole`,
        })
    const beside = [slides[number - 1], slides[number + 1]].filter(Boolean)
    const cure = beside.length ? 'give it content, or remove its ruler' : 'write something on it'
    if (!ink && (!beside.length || beside.some((other) => lookOf(other) === lookOf(slide))))
      report({ rule: 'slide-blank', line: lineOf(section), message: `is blank; ${cure}` })
    return problems
  }

  // Properties and values that the browser does not know, and that are one that it knows with a letter too many or too few, or with two that changed places.
  const mistyped = () => {
    const properties = []
    for (const name in document.documentElement.style) properties.push(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`))
    const shorter = (word) => Array.from(word, (_, i) => word.slice(0, i) + word.slice(i + 1))
    const isSwapped = (word, name) => {
      const at = [...word].findIndex((letter, i) => letter !== name[i])
      return word === name.slice(0, at) + name[at + 1] + name[at] + name.slice(at + 2)
    }
    const isNear = (word, name) => {
      if (Math.abs(word.length - name.length) > 1) return false
      return word.length === name.length ? isSwapped(word, name) : shorter(word).includes(name) || shorter(name).includes(word)
    }
    const sheets = Array.from(document.querySelectorAll('style'), (style) => style.textContent)
    const inline = Array.from(document.querySelectorAll('[style]:not(foreignObject > section)'), (element) => `{${element.getAttribute('style')}}`)
    const hidden = /\/\*[^]*?(?:\*\/|$)|url\([^()]*\)|"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'/g
    const css = [...sheets, ...inline].join('\n').replace(hidden, (part) => (part[0] === '/' ? ' ' : '""'))
    const isKnown = (name) => CSS.supports(name, 'inherit')
    const unknown = new Set()
    const wrong = new Map()
    const parts = css.split('{')
    for (const [number, part] of parts.entries()) {
      const above = parts[number - 1] ?? ''
      const pieces = part.split(/[;}]/)
      if (number + 1 < parts.length) pieces.pop() // which says what the block that follows is for
      const declared = pieces.flatMap((piece) => {
        const name = /^\s*([a-z][a-z-]+)\s*:/.exec(piece)
        return name ? [[name[1], piece.slice(name[0].length).trim().replace(/\s+/g, ' ').replace(/ ?! ?important$/i, '')]] : []
      })
      const times = new Map()
      for (const [name] of declared) times.set(name, (times.get(name) ?? 0) + 1)
      // What a rule such as @font-face takes, CSS.supports does not know.
      const isOfRule = above.slice(Math.max(above.lastIndexOf(';'), above.lastIndexOf('}')) + 1).trim().startsWith('@')
      for (const [name, value] of declared) {
        // Beside another value of its property, one is for other browsers, as is what begins with a hyphen.
        const isPlain = value && value.length <= LONGEST_VALUE && !/[\\"']|--|(^|[ ,(])-[a-z]/.test(value)
        if (!isKnown(name)) unknown.add(name)
        else if (isPlain && !isOfRule && times.get(name) === 1 && !CSS.supports(name, value)) wrong.set(`${name}: ${value}`, [name, value])
      }
    }
    const names = [...unknown].slice(0, MOST_UNKNOWN).flatMap((name) => {
      const near = properties.find((each) => each.length > 4 && isNear(name, each))
      return near ? [`'${name}' is no property of CSS, so that browsers pass over it; did you mean '${near}'?`] : []
    })
    const meant = (name, value) => {
      const change = (at, length, by, text = value) => text.slice(0, at) + by + text.slice(at + length)
      const numbers = [...value.matchAll(/(?<![\w.#-])-?\d*\.?\d+(?![\w.%,]| [a-z]{1,4}$)/g)].filter(([number]) => Number(number))
      const time = Math.abs(Number(numbers[0]?.[0]))
      // Of 20 to 100, nobody knows which are meant.
      const times = numbers.length === 1 && !/\ds\b/.test(value) ? (time < 20 ? ['s'] : time >= 100 ? ['ms'] : []) : []
      const units = /^(?:animation|transition)/.test(name) ? times : ['px', 'deg']
      // The last number first, as in 'flex: 1 1 50'; of 'bold 16/1.5 Arial', not both.
      const others = units.flatMap((unit) => [
        ...(value.includes('/') ? [] : [numbers.reduceRight((text, { 0: number, index }) => change(index, number.length, number + unit, text), value)]),
        ...numbers.map(({ 0: number, index }) => change(index, number.length, number + unit)).reverse(),
      ])
      others.push(value.replace(/(\d),(\d)/, '$1.$2'), value.replace(/(\d) (%|[a-z]+)$/, '$1$2'))
      if (/^[0-9a-f]{6}$/i.test(value)) others.unshift(`#${value}`)
      for (const { index } of value.matchAll(/[a-z]/gi)) {
        others.push(change(index, 1, ''))
        if (/[a-z]/i.test(value[index + 1] ?? '')) others.push(change(index, 2, value[index + 1] + value[index]))
      }
      for (const { 0: word, index } of value.matchAll(/[a-z]{3,}/gi))
        for (let at = index; at <= index + word.length; at += 1) others.push(...Array.from(LETTERS, (letter) => change(at, 0, letter)))
      return others.find((near) => CSS.supports(name, near))
    }
    const values = [...wrong.values()].slice(0, MOST_UNKNOWN).flatMap(([name, value]) => {
      const near = meant(name, value)
      const isHex = /^#[0-9a-f]+$/i.test(value)
      if (!near && !isHex) return []
      const cure = isHex ? `write 3, 4, 6 or 8 figures behind '#'` : `did you mean '${near}'?`
      return [`'${name}: ${value}' is no value of this property, so that browsers pass over it; ${cure}`]
    })
    return [...names, ...values].map((message) => ({ slide: 1, rule: 'style-mistyped', line: 0, message }))
  }

  // What is on every slide, such as a footer, is told once.
  const told = new Set()
  const measured = [...document.querySelectorAll('svg[data-marpit-svg]')].flatMap((slide, number, slides) =>
    measure(slide, number, slides)
      .filter(({ once }) => !once || !(told.has(once) || !told.add(once)))
      .map(({ once, ...problem }) => ({ slide: number + 1, ...problem })),
  )
  return [...measured, ...mistyped()]
}
