/** What an assertion found: pgTAP's `ok`/`not ok`, its description, and the lines below a failure. */
export interface Verdict {
  readonly ok: boolean
  /** What was claimed. Empty where pgTAP would print a test without a description. */
  readonly description: string
  /** Why it is not so, in pgTAP's words, without the leading `# ` of TAP. Empty when ok. */
  readonly diagnostics: string
  /** What the diagnostics say, for a report to show in its own way. Absent when ok, and where words are all there is. */
  readonly evidence?: Evidence
}

/** What is there and what should be, or of two lists what is too much and what is lacking. */
export type Evidence =
  | { readonly have: string; readonly want: string }
  | { readonly extra?: readonly string[]; readonly missing?: readonly string[] }

/** A verdict. `held` is null where SQL's answer was: that is no success, and says so, as in pgTAP. */
export function verdict(
  held: boolean | null,
  description: string,
  diagnostics = '',
  evidence?: Evidence,
): Verdict {
  if (held) return { ok: true, description, diagnostics: '' }
  const lines = [
    ...(held === null ? ['    (test result was NULL)'] : []),
    ...(diagnostics ? [diagnostics] : []),
  ]
  return { ok: false, description, diagnostics: lines.join('\n'), ...(evidence ? { evidence } : {}) }
}

/** pgTAP's `is` of two texts: they should be the same. NULL is the same as NULL. */
export function sameText(description: string, have: string | null, want: string | null): Verdict {
  return verdict(have === want, description, haveWant(have, want), asEvidence(have, want))
}

/** pgTAP's `isnt` of two texts: they should differ. */
export function otherText(description: string, have: string | null, want: string | null): Verdict {
  return verdict(have !== want, description, anythingElse(have))
}

/** The two lines under a value that should be another, whichever. */
export function anythingElse(have: string | null): string {
  return `        have: ${have ?? 'NULL'}\n        want: anything else`
}

/** The same two for a report. */
export function asEvidence(have: string | null, want: string | null): Evidence {
  return { have: have ?? 'NULL', want: want ?? 'NULL' }
}

/** The two lines under a difference. */
export function haveWant(have: string | null, want: string | null): string {
  return `        have: ${have ?? 'NULL'}\n        want: ${want ?? 'NULL'}`
}

/**
 * pgTAP's `…_are`: the things that are there should be those that are wanted, in any order and however often they are named.
 * `what` is what they are, in the plural, as in "Extra tables:". The names arrive as they are to be printed.
 */
export function sameThings(
  what: string,
  have: readonly string[],
  want: readonly string[],
  description: string,
): Verdict {
  const extra = [...new Set(have)].filter((name) => !want.includes(name)).sort(byName)
  const missing = [...new Set(want)].filter((name) => !have.includes(name)).sort(byName)
  return verdict(
    extra.length + missing.length === 0,
    description,
    [...listed(`Extra ${what}`, extra), ...listed(`Missing ${what}`, missing)].join('\n'),
    extraMissing(extra, missing),
  )
}

/** By the names themselves, not by the quotes around some of them. */
function byName(one: string, other: string): number {
  const bare = (name: string) => name.replace(/^"(.*)"$/, '$1')
  return bare(one) < bare(other) ? -1 : bare(one) > bare(other) ? 1 : 0
}

/** What is too much and what is lacking, for a report. */
export function extraMissing(extra: readonly string[], missing: readonly string[]): Evidence {
  return { ...(extra.length > 0 ? { extra } : {}), ...(missing.length > 0 ? { missing } : {}) }
}

/** A heading with the items below it; nothing when there is none. */
export function listed(heading: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [[`    ${heading}:`, ...items.map((item) => `        ${item}`)].join('\n')]
}
