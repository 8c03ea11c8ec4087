// The one Node process of a build: reads jobs as JSON lines on stdin, answers as JSON lines on stdout.
//
// A job is {id, argv, traced?, label?, lang?, deck?, root?, assets?, links?, generated?}: `argv` goes to Marp CLI as it is,
// `label` is for those who asked, the rest is the plugin's context (marp.config.mjs; without `deck` there is none).
// An answer is {id, code, problems, log, trace?, asked, linked}; before, as soon as the job is at work, comes
// {id, begins}.
import { createInterface } from 'node:readline'
import { AsyncLocalStorage } from 'node:async_hooks'
import Module, { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { format } from 'node:util'
import { setFlagsFromString } from 'node:v8'

// Node 20 makes code faster that has run for a moment, which most of Marp's code never repays: of a short build that took
// a tenth of the processor time. Here code has to run sixty times as long. Later Nodes do better by themselves.
if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=4000000')

// Marp reports on the console, which belongs to the answers: keep what it says, job by job.
const logs = new AsyncLocalStorage()
const keep = (...words) => void logs.getStore()?.push(format(...words))
for (const name of ['log', 'info', 'warn', 'error', 'debug']) console[name] = keep

// MathJax is a third of what Marp loads, and few decks have formulas: it is loaded by the first one.
const load = Module._load
Module._load = function (name, ...rest) {
  if (!name.startsWith('mathjax-full/')) return load.call(this, name, ...rest)
  return new Proxy({}, { get: (_, property) => load.call(this, name, ...rest)[property] })
}

const { marpCli } = await import('@marp-team/marp-cli')
const { context } = await import('../marp.config.mjs')

// Marp starts a browser for each conversion, which costs more than the conversion: let all have the same one. It ends
// with this process; where it was lost on the way, the next conversion starts another. One that is lost while it starts
// may be waited for without end, hence a limit of ours; after that nobody tries again.
const LAUNCH = 20_000
const require = createRequire(createRequire(import.meta.url).resolve('@marp-team/marp-cli'))
const puppeteer = require('puppeteer-core')
const marpit = createRequire(require.resolve('@marp-team/marpit'))
require('@marp-team/marp-core') // else the first job would wait for it
const { launch } = puppeteer

// Before Marp prints, it waits until the network has been quiet for half a second. Our decks hold all that they show: with
// its fonts and pictures ready, a page that asks for nothing in a tenth of that will not do so later.
function hasten(page) {
  const wait = page.waitForNetworkIdle.bind(page)
  const isWhole = async () => {
    await page.evaluate(async () => {
      if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('load', resolve))
      await document.fonts.ready
      // Then Marp fits headings and code, which takes a frame to lay out, one to measure and one to lay out anew.
      for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame)
    })
    await wait({ idleTime: 50 })
  }
  page.waitForNetworkIdle = (options) => Promise.race([isWhole(), wait(options)])
  return page
}

// What a deck shows lies in the project: nobody else is asked, neither by name nor by number, nor through a proxy.
const ALONE = ['--host-resolver-rules=MAP * ~NOTFOUND', '--no-proxy-server']

class LaunchTimeout extends Error {}
let shared
const start = async (options) => {
  const late = wait(LAUNCH, undefined, { ref: false }).then(() => {
    throw new LaunchTimeout(`the browser was not ready after ${LAUNCH / 1000} s`)
  })
  const browser = await Promise.race([launch({ ...options, args: [...(options.args ?? []), ...ALONE] }), late])
  browser.once('disconnected', () => (shared = undefined))
  const close = async () => {}
  const newPage = async () => hasten(await browser.newPage())
  return new Proxy(browser, {
    get(target, name) {
      if (name === 'close') return close
      if (name === 'newPage') return newPage
      const value = target[name]
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
puppeteer.launch = (options) => {
  shared ??= start(options).catch((error) => {
    if (!(error instanceof LaunchTimeout)) shared = undefined
    throw error
  })
  return shared
}

// Reading and packing the themes, each time the same, is half of what a rendering costs: do each once. What is packed
// hangs on the themes that are known, on the deck's own styles, which are among the options, and on Marp's settings,
// which for our decks are always the same.
const { default: Theme } = marpit('./theme.js')
const { default: ThemeSet } = marpit('./theme_set.js')
const { fromCSS } = Theme
const { pack } = ThemeSet.prototype
const themes = new Map()
const packed = new Map()
const MOST = 100 // as many as somebody who edits styles makes in an hour

function once(known, key, make) {
  if (!known.has(key)) {
    if (known.size >= MOST) known.clear()
    known.set(key, make())
  }
  return known.get(key)
}
Theme.fromCSS = (css, options = {}) => {
  const { metaType, ...rest } = options
  const key = JSON.stringify([css, Object.keys(metaType ?? {}), rest, Object.getOwnPropertySymbols(options).length])
  return once(themes, key, () => fromCSS.call(Theme, css, options))
}
ThemeSet.prototype.pack = function (name, options) {
  const make = () => pack.call(this, name, options)
  if (!context.getStore()) return make()
  const known = [this.default, ...this.themes()].map((theme) => [theme?.name, theme?.css])
  return once(packed, JSON.stringify([name, options, known]), make)
}

async function run({ id, argv, traced, ...deck }) {
  process.stdout.write(`${JSON.stringify({ id, begins: true })}\n`)
  const log = []
  const problems = []
  const asked = new Set()
  const linked = new Set()
  let trace
  const keepTrace = traced ? (made) => void (trace = made) : undefined
  const known = { ...deck, problems, asked, linked, keepTrace }
  const convert = () => (deck.deck ? context.run(known, () => marpCli(argv)) : marpCli(argv))
  const code = await logs.run(log, async () => {
    try {
      return await convert()
    } catch (error) {
      log.push(error?.message ?? String(error))
      return error?.errorCode ?? 1
    }
  })
  process.stdout.write(`${JSON.stringify({ id, code, problems, log, trace, asked: [...asked], linked: [...linked] })}\n`)
}

// A conversion mostly waits for the browser: two for each core, and not too many for the memory.
const waiting = []
let free = Math.min(2 * availableParallelism(), 6)
async function next() {
  if (!free || !waiting.length) return
  free -= 1
  await run(waiting.shift())
  free += 1
  next()
}
for await (const line of createInterface({ input: process.stdin })) {
  waiting.push(JSON.parse(line))
  next()
}
// The build ends us when it has its answers: if its end of the pipe closes before, it was killed.
process.exit(1)
