/** The one place that keeps secrets out of what is printed, in whatever way they got there. */
import type { Variables } from './connection.ts'

const HIDDEN = '***'
/** Shorter ones would be found in every second word; they are hidden within a URL all the same. */
const SHORTEST = 4
/** What holds a secret whole, by its name. */
const SECRET_VARIABLES = ['PGPASSWORD', 'SUPABASE_DB_PASSWORD'] as const
const URL_START = /\bpostgres(?:ql)?:\/\//i

/** Knows secrets, and takes them out of texts. */
export class Redaction {
  readonly #secrets = new Set<string>()
  readonly #disclosed: string[] = []
  #pattern: RegExp | undefined

  /**
   * Learns a password, in all ways in which it may be written. One that is also among the names that are said `openly`
   * (postgres:postgres of a local project) is no secret that hiding could keep.
   */
  learn(password: string | undefined, openly: readonly string[] = []): void {
    if (!password || openly.includes(password)) return
    for (const form of formsOf(password)) if (form.length >= SHORTEST) this.#secrets.add(form)
    this.#pattern = undefined
  }

  /** Learns what a URL holds. One that cannot be read may hold a password anywhere, and is a secret as a whole. */
  learnUrl(text: string): void {
    if (!URL_START.test(text)) return
    for (const password of passwordsIn(text)) this.learn(password, namesIn(text))
    if (!URL.canParse(text)) this.learn(text.replace(URL_START, ''))
  }

  /** Lets a URL pass as it is: one that a verb was asked to print, of a database that goes with it. */
  disclose(url: string): void {
    this.#disclosed.push(url)
  }

  /** `text` without any secret: what was learned, and the password of every URL of Postgres. */
  clean(text: string): string {
    // The longest first: one may be the beginning of another.
    this.#pattern ??= new RegExp(
      [...this.#secrets]
        .sort((a, b) => b.length - a.length)
        .map(escaped)
        .join('|') || '(?!)',
      'g',
    )
    return text
      .replace(/\b(postgres(?:ql)?:\/\/[^\s:@/]*):[^\s/]*@/gi, (whole, start) =>
        this.#disclosed.some((url) => url.startsWith(whole)) ? whole : `${start}:${HIDDEN}@`,
      )
      .replace(/([?&]password=)[^\s&#]*/gi, `$1${HIDDEN}`)
      .replace(this.#pattern, HIDDEN)
  }
}

/** A redaction that knows what a process was started with. */
export function redactionOf(args: readonly string[], variables: Variables): Redaction {
  const redaction = new Redaction()
  for (const text of [...args, ...Object.values(variables)])
    if (text) redaction.learnUrl(text.replace(/^--?[\w-]+=/, ''))
  for (const name of SECRET_VARIABLES) redaction.learn(variables[name])
  return redaction
}

/** The passwords of a URL as they are written; of one that cannot be read, what stands where they would. */
function passwordsIn(text: string): string[] {
  const [, between = ''] = /^\w+:\/\/[^:]*:(.*)@/s.exec(text) ?? []
  const parameters = [...text.matchAll(/[?&]password=([^&#]*)/gi)].map(([, value = '']) => value)
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
