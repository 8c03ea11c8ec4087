// What Marp made of a deck's source: its comments, directives, blocks and styles, for pipeline/lint.py to judge.
//
// Everything is read off Marp's own tokens, or asked of its own functions; pipeline/trace.py says what the parts mean.
import { createRequire } from 'node:module'

const requireMarpit = createRequire(createRequire(import.meta.url).resolve('@marp-team/marpit'))
const { yaml: readYaml } = requireMarpit('./markdown/directives/yaml.js')
const { globals, locals } = requireMarpit('./markdown/directives/directives.js')

/** What Marp reads in `text` as directives: a mapping, or false. */
export const readDirectives = (text, marp) =>
  readYaml(text, ['global', 'local'].flatMap((scope) => Object.keys(marp.customDirectives[scope])))

/** Whether what stands between the rulers of front matter was ended by one. */
export function isClosed({ map }, source) {
  const [opening, ...rest] = source.split('\n').slice(0, map[1])
  const closing = new RegExp(`^ {0,3}-{${/^-*/.exec(opening)[0].length},}\\s*$`)
  return rest.some((line) => closing.test(line) || line.trimStart() === '...')
}

/** The trace of one deck; `css` is what Marp made of its theme and styles. */
export function traceOf({ tokens, source, marp, css, references = {} }) {
  const named = Object.keys(references)
  const trace = { slides: [], front: null, blocks: [], tables: [], comments: [], marks: [], refused: [], unpaired: [], named }
  const found = { html: '', slide: 0, level: 0, line: 1, aside: false, around: new Map(), open: [], beside: { open: [] } }
  for (const token of tokens) {
    // Headers and footers come from a directive: the line that Marp gives them is not theirs.
    if (/^marpit_(header|footer)_/.test(token.type)) {
      found.aside = token.nesting > 0
      for (const { element } of found.beside.open.splice(0)) trace.unpaired.push([0, found.slide, element, false])
    }
    if (found.aside) {
      refusedIn(token, { trace, at: { line: 0, slide: found.slide }, marp })
      pairsIn(token, { trace, found: found.beside, at: { line: 0, slide: found.slide } })
      continue
    }
    if (token.map) found.line = token.map[0] + 1
    readToken(token, { trace, found, marp, source })
  }
  endSlide({ trace, found })
  return { ...trace, ...namesOf(marp), styles: stylesOf({ tokens, marp, css: css + found.html, html: found.html }) }
}

function readToken(token, { trace, found, marp, source }) {
  const at = { line: found.line, slide: found.slide }
  if (token.type === 'marpit_slide_open') {
    endSlide({ trace, found })
    Object.assign(found, { slide: found.slide + 1, level: token.level + 1, around: new Map() })
    trace.slides.push(found.line)
    return
  }
  if (token.type === 'front_matter') {
    const directives = directivesOf(token.meta, marp)
    trace.front = { end: token.map[1], closed: isClosed(token, source), directives }
    return
  }
  if (token.map && token.level === found.level && token.nesting >= 0)
    trace.blocks.push([token.type.replace(/_open$/, ''), at.line, token.map[1], at.slide, token.tag ?? '', token.tag ? token.markup : ''])
  if (token.type === 'table_open') trace.tables.push([at.line, token.map[1], at.slide])
  refusedIn(token, { trace, at, marp })
  const { maxNesting } = marp.markdown.options
  // There Marp gives up, and leaves out what is in it.
  const isDeep = /^(?:blockquote|list_item)_open$/.test(token.type) && token.level - found.level + 1 >= maxNesting
  if (isDeep) trace.refused.push([at.line, at.slide, 'depth', '', ''])
  pairsIn(token, { trace, found, at })
  if (token.type === 'marpit_comment') blockComment(token, { trace, at, marp })
  else if (token.type === 'html_block') htmlBlock(token.content, { trace, found, at, marp })
  else if (token.type === 'marpit_style') {
    const end = token.map?.[1] ?? at.line
    const tail = /<\/style>(.*)/i.exec(source.split('\n')[end - 1] ?? '')?.[1] ?? ''
    const rest = lostComments(tail, { trace, at: { ...at, line: end }, marp }).trim()
    if (rest) trace.marks.push(['tail', end, at.slide, rest.slice(0, 200), true])
  } else if (/^(inline|marpit_hidden_inline)$/.test(token.type)) inline(token, { trace, found, at, marp })
}

const CLOSING = '-->'

function blockComment(token, { trace, at, marp }) {
  const end = token.markup.indexOf(CLOSING)
  const tail = end < 0 ? '' : token.markup.slice(end + CLOSING.length)
  const last = token.map[1]
  const lost = lostComments(tail, { trace: { comments: [] }, at, marp })
  trace.comments.push({
    ...commentOf(token, marp), ...at, end: last, place: 'block', closed: end >= 0, tail: lost.trim(),
  })
  lostComments(tail, { trace, at: { ...at, line: last }, marp })
}

// Notes the comments in a piece of a line that Marp drops; returns what else is in it.
function lostComments(text, { trace, at, marp }) {
  return text.replace(/<!--+\s*([^]*?)\s*--+>/g, (_, content) => {
    trace.comments.push({ ...at, end: at.line, place: 'tail', text: content, fate: 'lost', directives: directivesOf(content, marp) })
    return ' '
  })
}

const commentOf = (token, marp) => ({
  text: token.content,
  fate: token.meta?.marpitCommentParsed ?? 'note',
  directives: rowsOf(token.meta?.marpitParsedDirectives ?? {}, marp),
})

// Elements whose comments say something about a drawing, a program or code, and whose dashes are no rulers.
const AROUND = 'svg|pre|script|style|textarea|code|math'

function htmlBlock(content, { trace, found, at, marp }) {
  const lineOf = (index) => at.line + (content.slice(0, index).match(/\n/g) ?? []).length
  const { around } = found
  const isInside = () => [...around.values()].some((depth) => depth > 0)
  let bare = content
  const hide = (text, index) => {
    bare = bare.slice(0, index) + text.replace(/[^\n]/g, ' ') + bare.slice(index + text.length)
  }
  for (const style of content.matchAll(/<style\b[^>]*>([^]*?)<\/style>|<(?:script|link)\b/gi)) found.html += `\n${style[1] ?? style[0]}`
  const pieces = new RegExp(`<!--+\\s*([^]*?)\\s*--+>|<!--[^]*$|<(/?)(${AROUND})\\b[^>]*>|[^<]+|<`, 'gi')
  for (const { 0: piece, 1: text, 2: close, 3: name, index } of content.matchAll(pieces)) {
    const place = { ...at, line: lineOf(index) }
    if (isInside() || piece.startsWith('<!--')) hide(piece, index)
    if (name) around.set(name.toLowerCase(), Math.max(0, (around.get(name.toLowerCase()) ?? 0) + (close ? -1 : 1)))
    else if (isInside()) continue
    else if (text !== undefined)
      trace.comments.push({
        ...place, end: lineOf(index + piece.length), place: 'html', text, fate: 'lost', directives: directivesOf(text, marp),
      })
    else if (piece.startsWith('<!--')) trace.marks.push(['html', place.line, at.slide, piece.slice(4, 204), false])
  }
  for (const [number, line] of bare.split('\n').entries()) {
    if (/^ {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,})$/.test(line.trimEnd())) trace.marks.push(['ruler', at.line + number, at.slide, line.trim(), true])
    if (line.includes(CLOSING)) trace.marks.push(['close', at.line + number, at.slide, '', line.trimEnd().endsWith(CLOSING)])
  }
}

// The comments of a paragraph, a heading or a cell, and what looks like one and is shown instead.
function inline(token, { trace, found, at, marp }) {
  const { content } = token
  if (!token.children?.length || !/<!|-->/.test(content)) return
  const lineOf = (index) => at.line + (content.slice(0, index).match(/\n/g) ?? []).length
  let position = 0
  const next = (text) => {
    const index = content.indexOf(text, position)
    if (index >= 0) position = index + text.length
    return index
  }
  for (const child of token.children) {
    if (child.type === 'marpit_comment') {
      const line = lineOf(Math.max(0, next(child.markup)))
      const end = line + (child.markup.match(/\n/g) ?? []).length
      const place = token.type === 'inline' ? 'inline' : 'hidden'
      const odd = !child.markup.startsWith('<!--')
      trace.comments.push({ ...commentOf(child, marp), line, end, slide: at.slide, place, closed: !odd })
    } else if (child.type === 'code_inline') {
      if (next(child.markup) >= 0) next(child.markup)
    } else if (child.type === 'text') {
      for (const [mark] of child.content.matchAll(/<!--|-->/g)) {
        const index = next(mark)
        if (index < 0 || content[index - 1] === '\\') continue
        const rest = content.slice(index + mark.length, index + mark.length + 200)
        const kind = mark === CLOSING ? 'close' : 'open'
        trace.marks.push([kind, lineOf(index), at.slide, rest, /^[^\S\n]*(\n|$)/.test(rest)])
      }
    }
  }
}

// --- HTML that Marp does not let through ----------------------------------------------------------------------

// HTML's elements, apart from those that Marp's list has: any other name between angle brackets may be meant as text.
const ELEMENTS = new Set(
  `acronym applet area base basefont bgsound blink body button canvas data datalist dfn dialog embed fencedframe fieldset
  font footer form frame frameset head header hgroup html iframe input label legend link listing main map marquee math menu
  meta meter nobr noembed noframes noscript object optgroup option output param plaintext portal progress rb rtc samp script
  search select slot style svg template textarea title track tt var xmp`.split(/\s+/),
)
// What a browser reads as text up to the end of the element.
const TEXTS = new Set(['iframe', 'noembed', 'noframes', 'script', 'style', 'textarea', 'title', 'xmp'])

// What changes how an element looks, or leads to it.
const LOOKS = /^(?:style|id|hidden|v?align|width|height|bgcolor|color)$/i

// What Marpit leaves as text, since it runs, or shows files of one machine.
const REFUSED_LINK = /\]\(\s*<?\s*((?:javascript|vbscript|file|data):\S*?)(?=>|\)(?:\s|$)|\s|$)|^\s*\[[^\]]+\]:\s*<?((?:javascript|vbscript|file|data):\S*)|<((?:javascript|vbscript|file):[^\s>]+)>/gim

// Notes [line, slide, kind, element, what] of everything that Marp takes out of raw HTML, or shows as text instead.
function refusedIn(token, { trace, at, marp }) {
  if (token.type === 'html_block') return refusedHtml(token.content, { trace, at, marp, isBlock: true })
  if (!token.children) return
  let { line } = at
  const next = reader(token.content)
  const words = token.children.map(({ type, content }) => (type === 'html_inline' ? content : '')).join('')
  let within
  for (const child of token.children) {
    const row = next(child)
    if (at.line && row >= 0) line = at.line + row
    if (within) within = child.type === 'html_inline' && child.content.toLowerCase().startsWith(`</${within}`) ? undefined : within
    else if (child.type === 'html_inline') within = refusedHtml(child.content, { trace, at: { ...at, line }, marp, around: words })
    else if (child.type === 'text')
      for (const { index, 0: whole, ...parts } of child.content.matchAll(REFUSED_LINK)) {
        const isEscaped = token.content.includes(`\\${child.content.slice(index, index + 1)}`)
        if (!isEscaped) trace.refused.push([line, at.slide, 'text', '', whole && (parts[1] ?? parts[2] ?? parts[3])])
      }
  }
}

// Of an element that is refused with all that is in it, the name is returned if it goes on after `content`.
function refusedHtml(content, { trace, at, marp, isBlock = false, around = content }) {
  const allowed = marp.markdown.options.html
  if (typeof allowed !== 'object') return
  const say = (index, kind, ...rest) => {
    const line = at.line && at.line + (content.slice(0, index).match(/\n/g) ?? []).length
    trace.refused.push([line, at.slide, kind, ...rest])
  }
  let skipped = 0
  let within
  const pieces = /<!--[^]*?-->|<([a-z][\w:-]*)((?:[^"'>]|"[^"]*"|'[^']*')*)>/gi
  for (const { 0: piece, 1: tag, 2: attributes, index } of content.matchAll(pieces)) {
    if (!tag || index < skipped) continue
    const name = tag.toLowerCase()
    const end = content.toLowerCase().indexOf(`</${name}`, index)
    if (TEXTS.has(name)) skipped = end
    if (!Object.hasOwn(allowed, name)) {
      // In a sentence, `<button>` alone is shown as it was meant.
      const isMeant = isBlock || /\S/.test(attributes.replace('/', '')) || around.toLowerCase().includes(`</${name}`)
      if ((ELEMENTS.has(name) && isMeant) || /\son\w+\s*=/i.test(attributes)) {
        say(index, 'element', name, '')
        skipped = end
        if (end < 0 && around.toLowerCase().includes(`</${name}`)) within = name
      }
      continue
    }
    for (const [, key, double, single, plain] of attributes.matchAll(/([^\s"'=/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+)))?/g)) {
      const value = double ?? single ?? plain ?? ''
      const judge = Array.isArray(allowed[name]) ? undefined : allowed[name][key.toLowerCase()]
      const isKept = Array.isArray(allowed[name]) ? allowed[name].includes(key.toLowerCase()) : judge
      if (/^on\w/i.test(key)) say(index, 'handler', name, key)
      else if (LOOKS.test(key) && !isKept && (value.trim() || /^hidden$/i.test(key))) say(index, 'attribute', name, key.toLowerCase())
      else if (typeof judge === 'function' && /^(?:href|src|srcset|poster|cite)$/i.test(key) && value.trim() && !judge(unescaped(value))) say(index, 'address', name, value)
    }
  }
  return within
}

// Says in which line of a text, from 0, each of its children begins, called with one after the other; -1 for nobody knows.
function reader(content) {
  let position = 0
  let row = 0
  let counted = 0 // up to where the ends of lines are
  const find = (text, within = content.length) => {
    const index = text ? content.slice(position, within + text.length).indexOf(text) : -1
    if (index >= 0) position += index + text.length
    return index < 0 ? -1 : position - text.length
  }
  return ({ type, content: text, markup }) => {
    const end = content.indexOf('\n', position)
    const line = end < 0 ? content.length : end // which is as far as it can be: nothing is looked for in all that follows
    // The ends of lines within code have become spaces.
    const index = type === 'code_inline' ? find(markup, line) : find(/break$/.test(type) ? '\n' : text, line)
    for (let next; index >= 0 && (next = content.indexOf('\n', counted)) >= 0 && next < index; counted = next + 1) row++
    if (type === 'code_inline' && index >= 0) find(markup)
    return index < 0 ? -1 : row
  }
}

// --- elements without an end -----------------------------------------------------------------------------------

// Of those that Marp lets through, these take in what follows: it is hidden, or the next slide is in the one before.
// Browsers begin what https://html.spec.whatwg.org/#formatting calls so anew in every block, on later slides, too.
const HOLDS = /<!--[^]*?-->|<(\/?)(audio|details|section|table|video|a|b|big|code|em|i|s|small|strike|strong|u)(?=[\s/>])/gi
const VALUES = /=\s*(?:"[^"]*"|'[^']*')/g

function pairsIn(token, { trace, found, at }) {
  const isBlock = token.type === 'html_block'
  if (!isBlock && !token.children?.some(({ type }) => type === 'html_inline')) return
  const next = reader(token.content)
  for (const child of isBlock ? [token] : token.children) {
    const row = isBlock ? 0 : next(child)
    if (!/^html_/.test(child.type)) continue
    for (const { 0: piece, 1: close, 2: name, index } of child.content.replace(VALUES, (value) => value.replace(/[<>]/g, ' ')).matchAll(HOLDS)) {
      if (!name) continue
      const element = name.toLowerCase()
      const line = at.line + Math.max(0, row) + child.content.slice(0, index).split('\n').length - 1
      const last = found.open.findLastIndex((each) => each.element === element)
      if (!close) found.open.push({ line, element })
      else if (last >= 0) found.open.splice(last, 1)
      else if (element === 'section') trace.unpaired.push([line, at.slide, element, true])
    }
  }
}

function endSlide({ trace, found }) {
  for (const { line, element } of found.open.splice(0)) trace.unpaired.push([line, found.slide, element, false])
}

// --------------------------------------------------------------------------------------------------------------

const unescaped = (text) =>
  text.replace(/&#x([\da-f]+);?|&#(\d+);?/gi, (_, hex, decimal) => String.fromCodePoint(Math.min(hex ? parseInt(hex, 16) : Number(decimal), 0x10ffff)))
    .replace(/&colon;/gi, ':').replace(/&(?:tab|newline);/gi, '')

// --------------------------------------------------------------------------------------------------------------

const directivesOf = (text, marp) => rowsOf(readDirectives(text, marp) || {}, marp)

// [key, value, scope, dead] of each entry; a scope of '' is one that Marp does not know, dead one that has no effect.
const rowsOf = (entries, marp) =>
  Array.isArray(entries) ? [] : Object.entries(entries).map(([key, value]) => {
    const [scope, apply] = directiveOf(key, marp)
    return [key, flat(value, key), scope, PROBED.has(key.replace(/^_/, '')) && isDead(apply, value, marp)]
  })

// Directives of which Marp ignores some values, and whose functions do nothing else than to say so.
const PROBED = new Set(['headingDivider', 'math', 'header', 'footer', 'transition', 'theme'])

function isDead(apply, value, marp) {
  try {
    return apply !== undefined && Object.keys(apply(value, marp)).length === 0
  } catch {
    return false
  }
}

function directiveOf(key, { customDirectives: custom }) {
  const spot = key.replace(/^_/, '')
  for (const [scope, name, known] of [
    ['global', key, globals], ['global', key, custom.global], ['local', key, locals], ['local', key, custom.local],
    ['spot', spot, locals], ['spot', spot, custom.local],
  ])
    if (Object.hasOwn(known, name)) return [scope, known[name]]
  return ['', undefined]
}

// Text, a list of text, or null: what else YAML can say (and it can say endless things) means nothing to Marp.
// Where Marp takes one text, also the names of fields.
const flat = (value, key) => {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.filter((v) => typeof v === 'string')
  return value && ['lang', 'title'].includes(key) ? Object.keys(value) : null
}

const namesOf = (marp) => ({
  // Some of Marp's own are not enumerable.
  globals: [...Object.keys(globals), ...Object.getOwnPropertyNames(marp.customDirectives.global)],
  locals: [...Object.keys(locals), ...Object.getOwnPropertyNames(marp.customDirectives.local)],
  themes: [...marp.themeSet.themes()].map((theme) => theme.name),
})

// Hosts that serve letters and nothing else.
const FONT_HOST = /^(?:fonts\.[\w.-]+|[\w.-]*\bfonts?[\w-]*\.[\w.-]+|use\.typekit\.net)$/i

function stylesOf({ tokens, marp, css, html }) {
  const plain = css.replace(/\/\*[^]*?\*\//g, '').replace(/url\(\s*(?:"[^"]*"|'[^']*'|[^)]*)\s*\)/gi, (url) => (url.length > 300 ? '' : url))
  const imports = [...plain.matchAll(/@import\s+(?:url\(\s*)?["']?([^"')\s;]+)/gi)].map(([, address]) => address)
  const isForeign = (address) => !FONT_HOST.test(/^(?:https?:)?\/\/([^/:]+)/i.exec(address)?.[1] ?? '')
  const theme = marp.lastGlobalDirectives.theme ?? marp.themeSet.default?.name
  const sizes = (theme && marp.themeSet.getThemeMeta(theme, 'size')) || []
  const shown = tokens.map((token) => token.attrGet?.('data-transition')).filter(Boolean).map((text) => JSON.parse(text))
  const selectors = plain.replace(/url\([^)]*\)/gi, '')
  const unique = (names) => [...new Set(names)]
  return {
    complete: !imports.some(isForeign) && !/<(?:script|link)\b/i.test(html),
    classes: unique([...selectors.matchAll(/\.((?:[\w-]|[^\x00-\x7F]|\\.)+)/g)].map(([, name]) => name.replace(/\\(.)/g, '$1')).filter((name) => !/^\d/.test(name))),
    patterns: unique([...selectors.matchAll(/\[\s*(?:data-)?class\s*([~^$*|]?)=\s*["']?([^\]"']+)/gi)].map(([, sign, value]) => `${sign}=${value.trim()}`)),
    animations: unique([...plain.matchAll(/@keyframes\s+["']?marp-([\w-]+)/gi)].map(([, name]) => name)),
    strange: unique(shown.filter(({ builtinFallback, name }) => !builtinFallback && name !== 'none').map(({ name }) => name)),
    sizes: sizes.map((size) => size.split(/\s+/)).filter((parts) => parts.length === 3).map(([name]) => name),
  }
}
