/** The one place that keeps secrets out of what is printed, in whatever way they got there. */
import type { Variables } from './connection.ts'
import { FORM, parseDatabaseUrl } from './database-url.ts'

const HIDDEN = '***'
/** Shorter ones would be found in every second word; they are hidden within a URL all the same. */
const SHORTEST = 4
/** Shorter ones are hidden as words of their own only: "2026" is in half of all file names. */
const LONG = 8
/** What holds a secret whole, by its name. */
const SECRET_VARIABLES = ['PGPASSWORD', 'SUPABASE_DB_PASSWORD'] as const
/** What is meant as a URL, whatever it holds. */
const URL_VARIABLES = ['DATABASE_URL', 'CONFORMANCE_REMOTE_URL'] as const
const URL_OPTION = '--db-url'
const URL_START = /\bpostgres(?:ql)?:\/\//i
/** What says by itself that it is a URL with a user in it, of Postgres or not. */
const URL_WITH_USER = /^[a-z][\w+.-]*:\/{1,2}\S*@/i
/** Dates, and the numbers of a JSON object: this suite writes them, and no short password is told by them. */
const OWN = String.raw`(?<![\p{L}\p{N}_])\d{4}-\d\d-\d\d(?!\d)|"\w+": ?\d+(?:\.\d+)?(?=\s*[,}])`
const NEVER = '(?!)'
/** Words of reports and of the platform. Hiding one would tell it by its absence, and keep others from reading a report. */
const OWN_WORDS: ReadonlySet<string> = new Set(
  `access added agreement agrees asOf bars base caption cells change changed changes chart closed columns command durationMs
  engine engines error extra failed findings function group have header hint host isNumber kind lines list migrations missing
  mutant mutation name node notStarted note notes noticed object objects open outcome passed points prices privileges probe
  reason reference regime removed role rows schemaVersion sections sequence series server servers sha256 since skipped sources
  startedAt state steps survivors table text title total trial unit value verb verdict verifiedOn version view want warning
  what postgres postgresql public`.split(/\s+/),
)

/** Knows secrets, and takes them out of texts. */
export class Redaction {
  readonly #secrets = new Set<string>()
  readonly #disclosed = [FORM]
  #patterns: { readonly long: RegExp; readonly short: RegExp } | undefined

  /**
   * Learns a password, in all ways in which it may be written. One that is also among the names that are said `openly`
   * (postgres:postgres of a local project), or a word of reports, is no secret that hiding could keep: it is hidden in URLs only.
   */
  learn(password: string | undefined, openly: readonly string[] = []): void {
    if (!password || openly.includes(password) || OWN_WORDS.has(password)) return
    for (const form of formsOf(password)) if (form.length >= SHORTEST) this.#secrets.add(form)
    this.#patterns = undefined
  }

  /** Learns what a URL holds. One that cannot be read may hold a password anywhere, and is a secret as a whole. */
  learnUrl(text: string): void {
    const url = text.trim()
    if (URL_START.test(url)) {
      for (const password of passwordsIn(url)) this.learn(password, namesIn(url))
      if (!isRead(url)) this.learn(url.replace(URL_START, ''))
    } else if (URL_WITH_USER.test(url)) this.learn(url)
  }

  /** Learns what somebody gave as a URL, and which may be anything. */
  learnGivenUrl(text: string): void {
    this.learnUrl(text)
    if (!isRead(text)) this.learn(text.trim())
  }

  /** Lets a URL pass as it is: one that a verb was asked to print, of a database that goes with it. */
  disclose(url: string): void {
    this.#disclosed.push(url)
  }

  /** `text` without any secret: what was learned, and the password of every URL. */
  clean(text: string): string {
    this.#patterns ??= patternsOf([...this.#secrets])
    return text
      .replace(/\b([a-z][\w+.-]{0,30}:\/\/[^\s:@/]*):[^\s/]*@/gi, (whole, start) =>
        this.#disclosed.some((url) => url.startsWith(whole)) ? whole : `${start}:${HIDDEN}@`,
      )
      .replace(/([?&](?:ssl)?password=)[^\s&#]*/gi, `$1${HIDDEN}`)
      .replace(this.#patterns.long, HIDDEN)
      .replace(this.#patterns.short, (whole, own) => (own === undefined ? HIDDEN : whole))
  }
}

/** A redaction that knows what a process was started with. */
export function redactionOf(args: readonly string[], variables: Variables): Redaction {
  const redaction = new Redaction()
  for (const text of [...args, ...Object.values(variables)])
    if (text) redaction.learnUrl(text.replace(/^--?[\w-]+=/, ''))
  for (const { url } of urlsGiven(args)) redaction.learnGivenUrl(url)
  for (const name of URL_VARIABLES) redaction.learnGivenUrl(variables[name] ?? '')
  for (const name of SECRET_VARIABLES) redaction.learn(variables[name])
  return redaction
}

/** Arguments as they may be shown: what is given as a URL is without its password, or not there when it cannot be read. */
export function shownArguments(args: readonly string[]): string[] {
  const shown = [...args]
  for (const { at, before, url } of urlsGiven(args)) shown[at] = before + shownUrl(url)
  return shown
}

function shownUrl(text: string): string {
  if (!isRead(text)) return HIDDEN
  const url = new URL(text)
  if (url.password) url.password = HIDDEN
  if (url.searchParams.has('password')) url.searchParams.set('password', HIDDEN)
  return url.href
}

/** Where among arguments something is given as a URL. */
function urlsGiven(args: readonly string[]) {
  return args.flatMap((arg, at) => {
    if (arg.startsWith(`${URL_OPTION}=`))
      return [{ at, before: `${URL_OPTION}=`, url: arg.slice(URL_OPTION.length + 1) }]
    return args[at - 1] === URL_OPTION ? [{ at, before: '', url: arg }] : []
  })
}

/** Whether it is known which part of a URL is the password. */
function isRead(url: string): boolean {
  try {
    parseDatabaseUrl(url, '')
    return true
  } catch {
    return false
  }
}

function patternsOf(secrets: readonly string[]) {
  // The longest first: one may be the beginning of another.
  const sorted = [...secrets].sort((a, b) => b.length - a.length)
  const long = sorted.filter(({ length }) => length >= LONG).map(escaped)
  const short = sorted.filter(({ length }) => length < LONG).map(asWord)
  return {
    long: new RegExp(long.join('|') || NEVER, 'g'),
    short: new RegExp(short.length > 0 ? `(${OWN})|${short.join('|')}` : NEVER, 'gu'),
  }
}

/** The pattern of a text that is no part of a longer word. */
function asWord(text: string): string {
  const before = /^[\p{L}\p{N}_]/u.test(text) ? String.raw`(?<![\p{L}\p{N}_])` : ''
  const after = /[\p{L}\p{N}_]$/u.test(text) ? String.raw`(?![\p{L}\p{N}_])` : ''
  return `${before}${escaped(text)}${after}`
}

/** The passwords of a URL as they are written; of one that cannot be read, what stands where they would. */
function passwordsIn(text: string): string[] {
  const [, between = ''] = /^\w+:\/\/[^:]*:(.*)@/s.exec(text) ?? []
  const parameters = [...text.matchAll(/[?&](?:ssl)?password=([^&#]*)/gi)].map(([, value = '']) => value)
  const [, beforeAt = ''] = /^\w+:\/\/([^/@]*)@/.exec(text) ?? []
  // A colon that was encoded puts the password into the user name.
  const [, inName = ''] = /%3a(.*)$/i.exec(beforeAt) ?? []
  return [between, inName, ...parameters].filter(Boolean)
}

/** What a URL says openly. */
function namesIn(text: string): string[] {
  if (!URL.canParse(text)) return []
  const { username, hostname, pathname } = new URL(text)
  return [username, hostname, pathname.slice(1)]
}

/** A password as it is, as it may be in a URL, in JSON, in XML or HTML. */
function formsOf(password: string): string[] {
  const plain = decoded(password)
  return [password, plain].flatMap((form) => [
    form,
    encodeURIComponent(form),
    encodeURI(form),
    JSON.stringify(form).slice(1, -1),
    form.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  ])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
