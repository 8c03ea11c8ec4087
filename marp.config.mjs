// Marp's settings, and the plugin that makes its output traceable to the source.
//
// Marp tells the truth about slides and notes, so nothing here changes how a deck is split or read. The plugin
// adds what Marp knows and does not say: source lines (`data-line`), a stable key and the minutes of a slide
// (`data-key`, `data-minutes`), and it puts local images into the file, so that a deck is one file.
//
// `npx marp` and editors can use this file as it is; `pipeline/marp.mjs` runs it with a context for each deck.
import { AsyncLocalStorage } from 'node:async_hooks'
import { lstatSync, readFileSync, readdirSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { isClosed, readDirectives, traceOf } from './pipeline/trace.mjs'

const require = createRequire(import.meta.url)
const requireMarpit = createRequire(require.resolve('@marp-team/marpit'))
const yaml = requireMarpit('js-yaml')
const postcss = requireMarpit('postcss')

// MathJax writes an address or a style of a formula as it is, so that a quotation mark in it would end the attribute.
const { LiteParser } = createRequire(require.resolve('@marp-team/marp-core'))('mathjax-full/js/adaptors/lite/Parser.js')
LiteParser.CDATA_ATTR = {}

/**
 * What the plugin may know of the deck that is being rendered.
 * `deck` is the absolute path of the source, `root` the folder that no image may leave, `assets` more folders in
 * which a theme's own files may be found, `links` maps paths below `root` to addresses as seen from the deck,
 * `generated` maps names of SVG files to the text that the build puts in their place,
 * `asked`, if it is there, collects the path of every file that was looked for, and `linked` those looked up in `links`,
 * `problems` collects `{line, rule, message}`, with `yaml` where that is what is wrong. `keepTrace`, if it is there, is
 * called with what Marp made of the source. Without a context (plain `npx marp`) images and links stay as they are.
 */
export const context = new AsyncLocalStorage()

const MEDIA_TYPES = {
  '.avif': 'image/avif', '.gif': 'image/gif', '.ico': 'image/x-icon', '.jpeg': 'image/jpeg', '.jpg': 'image/jpeg',
  '.mp4': 'video/mp4', '.png': 'image/png', '.svg': 'image/svg+xml', '.webm': 'video/webm', '.webp': 'image/webp',
  '.bmp': 'image/bmp', '.woff': 'font/woff', '.woff2': 'font/woff2', '.ttf': 'font/ttf', '.otf': 'font/otf',
  '.mp3': 'audio/mpeg', '.ogg': 'audio/ogg', '.wav': 'audio/wav', '.apng': 'image/apng', '.jfif': 'image/jpeg',
  '.aac': 'audio/aac', '.flac': 'audio/flac', '.m4a': 'audio/mp4', '.oga': 'audio/ogg', '.opus': 'audio/ogg', '.m4v': 'video/mp4',
  '.ogv': 'video/ogg', '.eot': 'application/vnd.ms-fontobject',
}
const UNPLAYED = /^\.(?:3gp|aiff?|amr|avi|flv|mkv|mov|mpe?g|wma|wmv)$/

const hasScheme = (address) => /^[a-z][a-z\d+.-]*:/i.test(address) || address.startsWith('//')
const isFileAddress = (address) => /^file:/i.test(address)
// What Marp refuses as a link, and the formulas that it sets do not; browsers pass over white space in an address.
const isRefusedLink = (address) => /^[\0- ]*(?:javascript|vbscript|file|data(?!:image\/(?:gif|png|jpeg|webp);)):/i.test(address.replace(/[\t\n\r]/g, ''))
const escapeAttribute = (text) =>
  text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
const unescapeAttribute = (text) =>
  text.replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&')

// A relative address as a path: no query, no fragment, percent-encoding undone.
function pathOf(address) {
  const bare = address.replace(/[?#].*$/s, '')
  try {
    return decodeURIComponent(bare)
  } catch {
    return bare
  }
}

const inside = (root, file) => file === root || file.startsWith(root.endsWith(path.sep) ? root : root + path.sep)

const composed = (name) => name.normalize('NFC')

// The name differs only in case, or in how accents are written, from one that is there: true on a Mac, missing on the web server.
function otherCase(file) {
  const folder = path.dirname(file)
  const alike = (name) => composed(name).toLowerCase()
  try {
    return readdirSync(folder).find((n) => n !== path.basename(file) && alike(n) === alike(path.basename(file)))
  } catch {
    return undefined
  }
}

const ACCENTS = 'is written on disk with other signs for its accents; rename the file to what stands here'

// Read a local file for the deck, or say why not. Returns {data, svg?}, `svg` being its text, or {rule, reason}.
function readLocal(address, { deck, root, assets = [], generated = {}, asked }) {
  if (isFileAddress(address)) return { data: 'data:,', rule: 'file-outside', reason: 'is an address on one machine; put the file into the project, and write its path from the deck' }
  const name = pathOf(address)
  const file = path.basename(name)
  if (Object.hasOwn(generated, file)) return svgFile(Buffer.from(generated[file]))
  if (name.includes('\0')) return { rule: 'image-missing', reason: 'is not a file name; correct the path' }
  let outside = false
  let reason
  for (const folder of [path.dirname(deck), ...assets]) {
    const file = path.resolve(folder, name)
    if (!inside(root, file) && !assets.some((a) => inside(a, file))) {
      outside = true
      continue
    }
    asked?.add(file)
    try {
      // The real place counts: a symbolic link must not lead outside either.
      const real = realpathSync(file)
      if (!inside(realpathSync(root), real) && !assets.some((a) => inside(realpathSync(a), real))) {
        outside = true
        continue
      }
      const found = lstatSync(real)
      if (!found.isFile()) {
        // A pipe or a device may have no end, so it must not even be opened.
        reason ??= found.isDirectory() ? 'is a folder; name a file in it' : 'is a named pipe, a socket or a device; put a file in its place'
        continue
      }
      if (!readdirSync(path.dirname(file)).includes(path.basename(file))) {
        reason ??= composed(otherCase(file) ?? '') === composed(path.basename(file)) ? ACCENTS : `is spelt '${otherCase(file)}' on disk; use the same case`
        continue
      }
      const ending = path.extname(real).toLowerCase()
      const type = MEDIA_TYPES[ending]
      if (UNPLAYED.test(ending)) return { rule: 'image-broken', reason: `has an ending that not every browser plays (${ending}); use MP4, WebM or MP3` }
      if (!type) return { rule: 'image-broken', reason: `has an ending that is no picture's (${path.extname(real) || 'none'}); use SVG, PNG or JPEG` }
      const content = readFileSync(real)
      return type === 'image/svg+xml' ? svgFile(content, address) : { data: `data:${type};base64,${content.toString('base64')}` }
    } catch (error) {
      if (error.code === 'EACCES' || error.code === 'EPERM') reason ??= 'cannot be read; check its permissions'
      else if (error.code === 'ELOOP') reason ??= 'is a symbolic link that leads to itself'
      else if (composed(otherCase(file) ?? '') === composed(path.basename(file))) reason ??= ACCENTS
      else if (otherCase(file)) reason ??= `is not there, but '${otherCase(file)}' is; use the same case`
    }
  }
  if (reason) return { rule: 'image-missing', reason }
  if (outside) return { rule: 'file-outside', reason: `is outside the deck's project; move it below '${path.basename(root)}'` }
  return { rule: 'image-missing', reason: 'does not exist; add the file or correct the path' }
}

// What follows a '#' says which part of the drawing is shown.
const svgFile = (content, address = '') => {
  const part = /#[^\s"'&<>\\]+$/.exec(address)?.[0] ?? ''
  return { data: `data:image/svg+xml;base64,${content.toString('base64')}${part}`, svg: content.toString() }
}

// What a figure may consist of: shapes and words. Whatever could run, load, animate or reach beyond it is not here.
const FIGURE_TAGS = new Set(
  'svg g path rect circle ellipse line polyline polygon text tspan defs marker use title desc'.split(' '),
)
const FIGURE_ATTRIBUTES = new Set(
  `xmlns viewBox width height preserveAspectRatio class id d x y x1 y1 x2 y2 cx cy r rx ry dx dy points transform
  pathLength href fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin
  stroke-dasharray stroke-dashoffset opacity font-family font-size font-weight font-style letter-spacing text-anchor
  dominant-baseline marker-start marker-mid marker-end markerWidth markerHeight markerUnits refX refY orient`.split(/\s+/),
)

/**
 * The picture as part of the slide, so that the theme colours it and its words are words: for an SVG file that asks
 * for it with `class="figure"` on its root. undefined for any other, and for one that holds more than a drawing.
 * `attributes` and `classes` are what HTML says of it, `isSized` whether that gives a size; `prefix` keeps the ids of
 * several figures apart.
 */
function drawnIn(svg, { attributes, alt, classes, isSized, prefix }) {
  const body = svg.replace(/^\uFEFF?\s*(<\?xml[^>]*\?>\s*)?(<!--(?:(?!-->)[^])*-->\s*)*/, '').trimEnd()
  if (!/^<svg\s[^>]*class="figure[" ]/.test(body) || !body.endsWith('</svg>') || /<[!?]/.test(body)) return undefined
  const open = []
  for (const [, close, tag, rest] of body.matchAll(/<(\/?)([^\s>/]*)([^>]*)>/g)) {
    if (!FIGURE_TAGS.has(tag)) return undefined
    if (close ? open.pop() !== tag : !onlyDraws(rest)) return undefined
    if (!close && !rest.endsWith('/')) open.push(tag)
  }
  if (open.length || /<(?![\w/])/.test(body)) return undefined
  const named = alt ? `role="img" aria-label="${alt}"` : 'aria-hidden="true"'
  // Defined and then used, so that it is one picture to whoever reads the page by its elements: a screen reader has the
  // text alternative, and a scan for contrast does not stumble over words that lie on shapes.
  const whole = `${prefix}-whole`
  const fitted = (own) =>
    (isSized ? own.replace(/\s(?:width|height)="[^"]*"/g, '') : own) // of a size that is given, the other side follows
      .replace('class="figure', (start) => (classes ? `${start} ${classes}` : start))
  return body
    .replace(/\s(id="|href="#|[\w-]+="url\(#)/g, ` $1${prefix}-`)
    .replace(/^<svg([^>]*)>/, (_, own) => `<svg ${named}${attributes}${fitted(own)}><defs><g id="${whole}">`)
    .replace(/<\/svg>$/, `</g></defs><use href="#${whole}"/></svg>`)
}

// Whether each attribute of a figure's element is known, and names nothing outside of the figure.
function onlyDraws(attributes) {
  const rest = attributes.replace(/\s+([\w:-]+)="([^"]*)"/g, (whole, name, value) => {
    const safe = /url\(|[&\\]/i.test(value) ? /^url\(#[\w-]+\)$/.test(value) : name !== 'href' || value.startsWith('#')
    return FIGURE_ATTRIBUTES.has(name) && safe ? '' : whole
  })
  return /^\s*\/?$/.test(rest)
}

// A string, and what may stand in parentheses up to two deep.
const STRING = String.raw`"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'`
const INNER = String.raw`(?:[^()"']|${STRING}|\((?:[^()"']|${STRING})*\))*`
const IMAGE_SET = new RegExp(String.raw`image-set\(${INNER}\)`, 'gi')

// In image-set(), an address may stand as a string alone; that of a type is none.
const withUrls = (css) =>
  css.replace(IMAGE_SET, (set) =>
    set.replace(new RegExp(String.raw`(?:url|type)\(${INNER}\)|${STRING}`, 'gi'), (part) => (/^["']/.test(part) ? `url(${part})` : part)))

// The character that each escape stands for (https://drafts.csswg.org/css-syntax/#consume-escaped-code-point).
const unescapedCss = (text) =>
  text.replace(/\\(?:([\da-f]{1,6})(?:\r\n|\s)?|([^]))/gi, (_, number, sign) => (number ? String.fromCodePoint(Math.min(parseInt(number, 16), 0x10ffff)) : sign))

// Letters may be written by their numbers: where 'u\72l(' and its like are, they are put in their place.
function withLetters(css) {
  const plain = css.replace(/(\\[\da-f]{1,6})?\\(?:([\da-f]{1,6})(?:\r\n|\s)?|[^])/gi, (escaped, before, number) => {
    const sign = !before && number && parseInt(number, 16) < 0x80 ? String.fromCharCode(parseInt(number, 16)) : ''
    return /[a-z]/i.test(sign) ? sign : escaped
  })
  const count = (text) => (text.match(/url\(|image-set\(|@import/gi) ?? []).length
  return count(plain) > count(css) ? plain : css
}

// Every url(...) of a piece of CSS that names a local file, replaced by `replace(address)`.
const replaceUrls = (css, replace) =>
  withUrls(withLetters(css)).replace(/url\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^)"'\s]*))\s*\)/gi, (whole, double, single, plain) => {
    const address = unescapedCss(double ?? single ?? plain)
    const replaced = address && !address.startsWith('#') && (!hasScheme(address) || isFileAddress(address)) ? replace(address) : undefined
    return replaced === undefined ? whole : `url("${replaced}")`
  })

// The line of the source that names an address: in the block that begins at `line`, or in a header or style elsewhere.
function lineOf(address, source, line = 1) {
  const lines = source.split('\n')
  const end = lines.findIndex((text, number) => number >= line && !text.trim())
  const within = lines.slice(line - 1, end < 0 ? undefined : end).findIndex((text) => text.includes(address))
  if (within >= 0) return line + within
  return lines.findIndex((text) => text.includes(address)) + 1 || line
}

// What a style sheet still imports once Marp has put themes in the place of their names: the deck would ask for it.
function checkImports(css, deck) {
  const plain = css.replace(/\/\*[^]*?\*\//g, '')
  for (const [whole, quoted, bare] of plain.matchAll(/@import\s+(?:url\(\s*)?(?:["']([^"']*)["']|([^"')\s;]+))/gi)) {
    const address = quoted ?? bare
    if (hasScheme(address) && !isFileAddress(address)) continue
    const { rule = 'image-missing', reason } = readLocal(address, deck)
    const why = rule === 'file-outside' ? reason : 'is no theme, and no file may stay beside the deck; copy its styles'
    deck.problems.push({ line: 1, asked: [whole, address], rule, message: `style sheet '${pathOf(address)}', which the theme or a style imports, ${why}` })
  }
}

// Marp's HTML with local images inlined and relative links as published; what is amiss goes to `problems`.
function settle(html, markdown, deck) {
  let line = 1
  let figures = 0
  const local = (address, kind) => {
    const found = readLocal(address, deck)
    if (found.reason) deck.problems.push({ line: lineOf(address, markdown, line), rule: found.rule, message: `${kind} '${pathOf(address)}' ${found.reason}` })
    return found
  }
  const inlined = (address, kind) => local(address, kind).data
  const slides = slidesByKey(html)
  return html.replace(/<([a-z][\w-]*)((?:[^"'>]|"[^"]*"|'[^']*')*)>/gi, (whole, tag, attributes) => {
    line = Number(/\sdata-line="(\d+)"/.exec(attributes)?.[1] ?? line)
    let source
    let figure
    let settled = attributes.replace(/(\s)(src|srcset|poster|(?:xlink:)?href|style)="([^"]*)"/gi, (attribute, space, name, value) => {
      const address = unescapeAttribute(value)
      if (name === 'style') {
        const style = replaceUrls(address, (url) => {
          const data = inlined(url, 'image')
          if (data) source ??= pathOf(url)
          return data
        })
        return `${space}style="${escapeAttribute(style)}"`
      }
      if (name === 'srcset') {
        const set = address.split(/,\s+|(?<=\s[\d.]+[wx]),/).map((candidate) => {
          const [url, ...size] = candidate.trim().split(/\s+/)
          const data = hasScheme(url) ? undefined : inlined(url, 'image')
          return [data ?? url, ...size].join(' ')
        })
        return `${space}srcset="${escapeAttribute(set.join(', '))}"`
      }
      if (/href$/i.test(name) && isRefusedLink(address)) {
        deck.problems.push({ line: lineOf(address, markdown, line), rule: 'html-refused', message: `the address '${address}' of a link in a formula is none of the web; write one that begins with https://` })
        return ''
      }
      // Paper and PowerPoint know a slide by its number only.
      const number = name === 'href' && address.startsWith('#') && slides.get(pathOf(address.slice(1)))
      if (number) return `${space}href="#${number}" data-href="${value}"`
      if (!address || address.startsWith('#') || hasScheme(address)) return attribute
      if (name === 'href') {
        const published = deck.links && publishedAddress(address, deck)
        return published ? `${space}href="${escapeAttribute(published)}" data-href="${value}"` : attribute
      }
      const { data, svg } = local(address, tag === 'img' || name === 'poster' ? 'image' : 'file')
      if (data) source ??= pathOf(address)
      if (tag === 'img' && name === 'src') figure = svg
      return data ? `${space}${name}="${data}"` : attribute
    })
    if (source !== undefined) settled = ` data-src="${escapeAttribute(source)}"${settled}`
    if (figure !== undefined) {
      const alt = /\salt="([^"]*)"/.exec(attributes)?.[1] ?? ''
      const kept = [...settled.matchAll(/\s(?:data-src|data-line|style|title|width|height|lang|dir)="[^"]*"/g)].join('')
      const isSized = /\s(?:width|height)="/.test(kept)
      const classes = /\sclass="([^"]*)"/.exec(settled)?.[1] ?? ''
      const drawn = drawnIn(figure, { attributes: kept, alt, classes, isSized, prefix: `figure-${figures + 1}` })
      if (drawn !== undefined) {
        figures += 1
        return drawn
      }
    }
    return `<${tag}${settled}>`
  })
}

// The number of each slide by the keys that were given to it, former ones too; one of digits hides no other's number.
const slidesByKey = (html) => new Map([...html.matchAll(/<section (?=[^>]*\sdata-key="([^"]*)")(?:[^>]*\s)?id="(\d+)"/g)]
  .flatMap(([, keys, number]) => unescapeAttribute(keys).split(/\s+/).filter((key) => /\D/.test(key)).map((key) => [key, number])))

// A link to a source file becomes the address under which that file is published.
function publishedAddress(address, { deck, root, links, linked }) {
  const file = path.relative(root, path.resolve(path.dirname(deck), pathOf(address))).split(path.sep).join('/')
  linked?.add(file)
  const rest = /[?#].*$/s.exec(address)?.[0] ?? ''
  return Object.hasOwn(links, file) ? links[file] + rest : undefined
}

// Front matter that Marp silently ignores, and themes that are not there.
function checkDirectives({ tokens, source }, marp, problems) {
  checkStyles(tokens, source, marp.lastGlobalDirectives.style, problems)
  const themes = []
  for (const token of tokens.flatMap((t) => [t, ...(t.children ?? []).map((c) => ({ ...c, map: t.map }))])) {
    const line = (token.map?.[0] ?? 0) + 1
    if (token.type === 'marpit_comment' && token.meta?.marpitParsedDirectives?.theme !== undefined)
      if (!/overridden/.test(token.meta.marpitCommentParsed)) {
        // Three words are a note that was swallowed, which is said elsewhere.
        const { theme } = token.meta.marpitParsedDirectives
        if (String(theme).trim().split(/\s+/).length < 3) themes.push([theme, line])
      }
    if (token.type !== 'front_matter') continue
    const text = token.meta
    const directives = readDirectives(text, marp)
    if (!isClosed(token, source)) problems.push({ line: 1, rule: 'front-matter', message: UNCLOSED })
    else if ((directives === false && text.trim()) || Array.isArray(directives)) problems.push(frontMatterProblem(text, token.map[0] + 2))
    else if (directives.theme !== undefined)
      themes.push([directives.theme, line + 1 + Math.max(0, text.split(/\n/).findIndex((l) => /^["']?theme/.test(l)))])
  }
  checkAlternatives(tokens, source, problems)
  const known = [...marp.themeSet.themes()].map((theme) => theme.name)
  for (const [theme, line] of themes)
    if (!known.includes(String(theme)))
      problems.push({ line, rule: 'theme-unknown', message: `theme '${theme}' does not exist; known themes are ${known.sort().join(', ')}` })
}

// Styles with a mistake: Marp leaves out one that is scoped, and for any other all of the deck's.
function checkStyles(tokens, source, directive, problems) {
  const ALL = 'all styles of the deck'
  const check = (css, firstLine, dropped) => {
    try {
      postcss.parse(css)
    } catch (error) {
      const message = `a style is not valid CSS, so Marp drops ${dropped}: ${error.reason}; correct it`
      problems.push({ line: firstLine + (error.line ?? 1) - 1, rule: 'marp', message })
    }
  }
  for (const { type, map, content, markup, meta } of tokens)
    if (type === 'marpit_style')
      check(content, map[0] + markup.slice(0, markup.indexOf(content)).split('\n').length, meta.marpitStyleScoped ? 'it' : ALL)
  if (typeof directive !== 'string' || !/[{}]/.test(directive)) return // which is a note, or no style at all
  const lines = source.split('\n')
  const named = /^\s*(?:<!--\s*)?["']?style["']?\s*:\s*([|>][\d+-]*\s*(?:#.*)?$)?/
  const sets = ({ type, meta }) => type === 'front_matter' || meta?.marpitParsedDirectives?.style !== undefined
  const found = tokens.filter((token) => token.map && [token, ...(token.children ?? [])].some(sets)).flatMap(({ map }) =>
    lines.slice(map[0], map[1]).flatMap((text, i) => (named.test(text) ? [map[0] + i] : [])))
  const at = found.at(-1) ?? 0
  check(directive, at + (named.exec(lines[at])?.[1] ? 2 : 1), ALL)
}

// Words of a text alternative that Marp takes for options: they change the picture, and nobody hears them.
function checkAlternatives(tokens, source, problems) {
  for (const { map, children } of tokens)
    for (const { type, meta } of (map && children) || []) {
      const { options = [], url = '' } = (type === 'image' && meta?.marpitImage) || {}
      const isWord = ({ consumed, content }) => !consumed && content !== 'bg'
      const [first, last] = [options.findIndex(isWord), options.findLastIndex(isWord)]
      const tell = (message) => problems.push({ line: lineOf(url, source, map[0] + 1), rule: 'alt-missing', message })
      for (const { consumed, content } of first < 0 ? [] : options.slice(first, last))
        if (consumed && /^[a-z-]+$/.test(content) && content !== 'bg')
          tell(`'${content}' in the words of a picture is an option of Marp's, which changes the picture and is not said; write it first, or in other words`)
      const isBehind = options.some(({ content }) => content === 'bg')
      for (const [i, { consumed, content }] of options.entries())
        if (!consumed && isMeantAsOption(content, { isBehind, isFirst: i === 0, isEarly: i <= first, isLast: i === options.length - 1, next: options[i + 1]?.content ?? '' }))
          tell(`'${content}' is none of Marp's options as it is written, and becomes a word of the picture; see https://marpit.marp.app/image-syntax, e.g. 'w:300px' and 'bg right:40%'`)
    }
}

const KEYWORDS = ['auto', 'contain', 'cover', 'fit', 'horizontal', 'left', 'right', 'vertical']
const SIZED = ['blur', 'brightness', 'contrast', 'drop-shadow', 'grayscale', 'h', 'height', 'hue-rotate', 'invert', 'left', 'opacity', 'right', 'saturate', 'sepia', 'w', 'width']

// What is a word to Marp, and would be none to anybody else.
function isMeantAsOption(word, { isBehind, isFirst, isEarly, isLast, next }) {
  const [, key, value] = /^([a-z-]+):(.*)$/i.exec(word) ?? []
  if (key) {
    const isKnown = SIZED.includes(key.toLowerCase()) && (isBehind || !/^(?:left|right)$/i.test(key))
    const isNear = SIZED.some((name) => name.length > 3 && isMistyped(key.toLowerCase(), name))
    // Further on, 'opacity: 50 percent' is what a picture shows.
    return value ? (isKnown || isNear) && /^[\d.]+[a-z%]*$/i.test(value) : isKnown && isEarly && /^[\d.]+(?:px|%)$/i.test(next)
  }
  if (isFirst && /^bg$/i.test(word)) return word !== 'bg' && (/^(?:(?:left|right):)?[\d.]+%$/i.test(next) || KEYWORDS.includes(next.toLowerCase()))
  return (isLast && /\|\d{2,}(?:x\d+)?$/.test(word)) || (isBehind && KEYWORDS.some((name) => isSwapped(word.toLowerCase(), name)))
}

// Whether two signs that stand side by side have changed places.
const isSwapped = (word, name) =>
  word !== name && [...name].some((_, i) => i > 0 && word === name.slice(0, i - 1) + name[i] + name[i - 1] + name.slice(i + 1))

// Whether a sign within a word is doubled or missing, or two have changed places; another sign makes another word, as in 'weight'.
const isMistyped = (word, name) => {
  const without = (text, i) => text.slice(0, i) + text.slice(i + 1)
  const isDoubled = [...word].some((sign, i) => i > 0 && sign === word[i - 1] && without(word, i) === name)
  const isMissing = name.length > 4 && [...name].some((_, i) => i > 0 && i < name.length - 1 && without(name, i) === word)
  return isSwapped(word, name) || isDoubled || isMissing
}

const UNCLOSED = "front matter has no end, so Marp takes the whole deck for it; write '---' on a line of its own below the settings"

function frontMatterProblem(text, firstLine) {
  const dropped = 'Marp drops all of it'
  try {
    if (text.split('\n').some((l) => l.trim() && !l.trim().startsWith('#'))) yaml.load(text, { schema: yaml.FAILSAFE_SCHEMA })
  } catch (error) {
    const { line = 0, column = 0 } = error.mark ?? {}
    const reason = `${error.reason} (column ${column + 1})`
    const message = `front matter is not valid YAML, so ${dropped}: ${reason}; correct it, or put the value in quotes`
    return { line: firstLine + line, rule: 'front-matter', message, yaml: text }
  }
  return { line: firstLine, rule: 'front-matter', message: `front matter has no 'key: value' lines, so ${dropped}; write directives, or begin the deck without '---'` }
}

// Whether a formula is an amount of dollars with words behind it, up to the next dollar.
const isPrice = (text) =>
  /^\d[\d.,]*[a-z]{0,2}[\s,;]/i.test(text) && !/[\\^_=+*/<>{}|]/.test(text) && (text.match(/\s[a-z]{2,}(?=[\s,;.])/gi) ?? []).length > 1

/** The Marpit plugin: stamps lines, keys and minutes. It sets attributes only, and shows formulas that fail as words. */
export function traceable(md) {
  const { local } = md.marpit.customDirectives
  // Returned under names that Marpit does not know, so that it does not copy them into a style attribute.
  local.slideKey = (value) => ({ key: String(value) })
  local.slideMinutes = (value) => ({ minutes: String(value) })
  local.slideAllows = (value) => ({ allows: JSON.stringify(flatRules(value)) })

  md.core.ruler.push('trace_lines', (state) => {
    if (state.inlineMode) return
    // Marp makes the figures of a slide's background from images that stand elsewhere, in the same order.
    const backgroundLines = []
    let slide
    let aside = false
    const source = state.src.split('\n')
    const lineOf = (name, { map: [from, to] }) => {
      const at = source.slice(from, to).findIndex((text) => new RegExp(`(?<![\\w$*])_?${name}["']?\\s*:`).test(text))
      return String(from + Math.max(at, 0) + 1)
    }
    const front = state.tokens.find(({ type }) => type === 'front_matter')
    const held = new Map() // directives of ours that hold on, and their lines
    if (front) for (const name of Object.keys(OWN)) held.set(name, lineOf(name, front))
    const figures = []
    for (const token of state.tokens) {
      // Headers and footers come from a directive: the line that Marp gives them is not theirs.
      if (/^marpit_(header|footer)_/.test(token.type)) aside = token.nesting > 0
      if (aside) continue
      if (token.type === 'marpit_advanced_background_image_open') figures.push(token)
      if (token.type === 'marpit_slide_open') {
        slide = token
        for (const [name, attribute] of Object.entries(OWN)) {
          const value = token.meta.marpitDirectives?.[attribute]
          if (value === undefined) continue
          token.attrSet(`data-${attribute}`, value)
          if (held.has(name)) token.attrSet(`data-${attribute}-line`, held.get(name))
        }
        // Where the slide begins: its ruler, or the heading that is one.
        token.attrSet('data-start', String((token.map?.[0] ?? 0) + 1))
        // Without content the slide stands where its ruler, or its first comment, stands.
        token.attrSet('data-line', String((token.map?.[0] ?? 0) + 1))
        continue
      }
      if (token.type === 'marpit_slide_close') slide = undefined
      if (!token.map) continue
      const line = String(token.map[0] + 1)
      for (const { type, meta } of [token, ...(token.children ?? [])]) {
        if (type !== 'marpit_comment') continue
        for (const [name, attribute] of Object.entries(OWN)) {
          const [isSpot, isHeld] = [`_${name}`, name].map((key) => Object.hasOwn(meta?.marpitParsedDirectives ?? {}, key))
          if (!isSpot && !isHeld) continue
          const place = lineOf(name, token)
          if (isHeld) held.set(name, place)
          if (!slide) continue
          if (isSpot && name === 'slideAllows') {
            if (slide.meta.allows) context.getStore()?.problems.push({ line: Number(place), rule: 'exception-wrong', message: TWICE })
            slide.meta.allows = true
          }
          slide.attrSet(`data-${attribute}-line`, place)
        }
      }
      const content = !['marpit_comment', 'marpit_style', 'hr', 'front_matter'].includes(token.type)
      if (slide && content && !token.type.endsWith('_close') && !slide.meta.hasContent && !isOnlyComments(token, state)) {
        slide.meta.hasContent = true
        slide.attrSet('data-line', line)
      }
      if (token.block && token.nesting >= 0 && !token.hidden) token.attrSet('data-line', line)
      let childLine = token.map[0] + 1
      for (const child of token.children ?? []) {
        if (child.type === 'marp_math_inline') {
          child.meta = { ...child.meta, line: childLine }
          if (isPrice(child.content)) {
            const message = `'$${child.content.slice(0, 40)}$' is set as a formula, in which words run together; write '\\$' for a dollar, or '\\text{…}' around words`
            context.getStore()?.problems.push({ line: childLine, rule: 'formula-wrong', message })
          }
        }
        childLine += /break$/.test(child.type) ? 1 : (child.content.match(/\n/g) ?? []).length
      }
      for (const child of token.children ?? [])
        if (child.meta?.marpitImage?.background && !child.meta.marpitImage.color && child.meta.marpitImage.url.trim())
          backgroundLines.push(line)
    }
    figures.forEach((figure, i) => backgroundLines[i] && figure.attrSet('data-line', backgroundLines[i]))
  })

  // What MathJax or KaTeX gives up on, Marp puts into the slide as HTML.
  for (const [rule, asMarpDoes] of [['marp_math_inline', (text) => text], ['marp_math_block', (text) => `<p>${text}</p>`]]) {
    const original = md.renderer.rules[rule]
    if (!original) continue
    md.renderer.rules[rule] = (tokens, i, ...rest) => {
      const { content, map, meta } = tokens[i]
      const html = original(tokens, i, ...rest)
      // MathJax escapes nothing of a tooltip, nor of what it says of a mistake.
      const isBare = html.includes('<title>') && (content.includes('<') || !html.includes('data-mjx-error'))
      if (html !== asMarpDoes(content) && !isBare) return html
      const message = `the formula '${content.trim().slice(0, 40)}' cannot be set; write it without what a reader would press or point at, such as \\toggle and \\mathtip`
      context.getStore()?.problems.push({ line: meta?.line ?? (map?.[0] ?? 0) + 1, rule: 'formula-wrong', message })
      return asMarpDoes(escapeAttribute(content))
    }
  }

  // Raw HTML and display maths are rendered without a token's attributes: stamp what comes out.
  for (const [rule, tags] of [['html_block', /<([a-z][\w-]*)(?=[\s>/])/gi], ['marp_math_block', /<(p)(?=[\s>])/]]) {
    const original = md.renderer.rules[rule]
    if (!original) continue
    md.renderer.rules[rule] = (tokens, i, ...rest) => {
      const html = original(tokens, i, ...rest)
      const line = (tokens[i].map?.[0] ?? -1) + 1
      return line ? html.replace(tags, `<$1 data-line="${line}"`) : html
    }
  }
}

// Rules with their reasons, each a text: of anything else it is enough to know that it is wrong, and it may have no end.
const flatRules = (value) =>
  value === null || typeof value !== 'object' ? value : Array.isArray(value) ? []
    : Object.fromEntries(Object.entries(value).map(([rule, reason]) => [rule, typeof reason === 'string' ? reason : null]))

const TWICE = 'a slide has _slideAllows twice, and Marp reads the last one only; write one, with a line for each rule'

// Directives of ours, and what they are called on a slide.
const OWN = { slideKey: 'key', slideMinutes: 'minutes', slideAllows: 'allows' }

// A paragraph that holds nothing but comments is not content, though Marp keeps it as a hidden block.
function isOnlyComments(token, state) {
  const inline = token.type === 'paragraph_open' ? state.tokens[state.tokens.indexOf(token) + 1] : token
  if (!inline?.children) return token.hidden && token.type !== 'paragraph_open'
  return inline.children.every((c) => c.type === 'marpit_comment' || c.type === 'softbreak' || (c.type === 'text' && !c.content.trim()))
}

// Marp names the scope of a `<style scoped>` by chance; numbers make the same deck the same bytes.
function withoutChance({ html, css, ...rest }) {
  const names = new Map()
  const numbered = (text) =>
    text.replace(/data-marpit-scope-[\w-]+/g, (name) => {
      if (!names.has(name)) names.set(name, `data-marpit-scope-${names.size + 1}`)
      return names.get(name)
    })
  return { ...rest, html: numbered(html), css: numbered(css) }
}

// Without a title of its own, Marp CLI calls a deck by the source of a heading: that is, by the heading's signs, too.
function nameByWords(tokens, { lastGlobalDirectives: directives, markdown }) {
  const titled = ({ type, meta, children }) =>
    type === 'front_matter' ? /^["']?title["']?\s*:/m.test(meta) : meta?.marpitParsedDirectives?.title !== undefined || children?.some(titled)
  if (!directives?.marpCLITitle || tokens.some(titled)) return
  // What Marp does not let through it shows as words.
  const isLet = (html) => !/^<\/?[a-z]/i.test(html) || Object.hasOwn(markdown.options.html, /\w+/.exec(html)[0].toLowerCase())
  const wordsOf = ({ children }) => children.map(({ type, content }) =>
    /break$/.test(type) ? ' ' : /^(?:image|marpit_.*)$/.test(type) || (type === 'html_inline' && isLet(content)) ? '' : content,
  ).join('').replace(/\s+/g, ' ').trim()
  const headings = tokens.filter(({ type }, i) => type === 'inline' && tokens[i - 1]?.type === 'heading_open')
  const named = headings.filter(({ content }) => content.trim() === directives.marpCLITitle)
  directives.marpCLITitle = [...named, ...headings].map(wordsOf).find(Boolean) ?? directives.marpCLITitle
}

// An arrow function: Marp CLI would take anything with a prototype for a class.
const engine = ({ marp }) => {
  marp.use(traceable)
  const deck = context.getStore()
  if (!deck) return marp

  let parsed = { tokens: [], source: '' }
  const keep = ({ inlineMode, tokens, src: source, env }) => {
    if (inlineMode) return
    parsed = { tokens, source, references: env?.references }
    nameByWords(tokens, marp)
  }
  marp.use((md) => md.core.ruler.push('keep_tokens', keep))
  const render = marp.render.bind(marp)
  marp.render = (markdown, env) => {
    const result = render(markdown, env)
    checkDirectives(parsed, marp, deck.problems)
    deck.keepTrace?.(traceOf({ ...parsed, marp, css: result.css }))
    const css = replaceUrls(result.css, (url) => {
      const { data, rule, reason } = readLocal(url, deck)
      if (reason) deck.problems.push({ line: 1, asked: [url], rule, message: `file '${pathOf(url)}', which a style asks for, ${reason}` })
      return data
    })
    checkImports(css, deck)
    return withoutChance({ ...result, html: settle(result.html, parsed.source, deck), css })
  }
  return marp
}

export default {
  engine,
  // Never the machine's locale, which in a container is "C" and makes <html lang="C">.
  get lang() {
    return context.getStore()?.lang ?? 'en'
  },
  themeSet: ['slides/theme'],
  options: {
    // Real characters: Marp would load a picture of each emoji from another host.
    emoji: { shortcode: true, unicode: true },
    math: 'mathjax',
  },
}
