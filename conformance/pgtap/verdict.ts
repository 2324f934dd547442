/** What an assertion found: pgTAP's `ok`/`not ok`, its description, and the lines below a failure. */
export interface Verdict {
  readonly ok: boolean
  readonly description: string
  /** Empty when ok. */
  readonly diagnostics: string
  /** What the diagnostics say, for a report to show in its own way. Absent when ok. */
  readonly evidence?: Evidence
}

/** What is there and what should be, or of two lists what is too much and what is lacking. */
export type Evidence =
  | { readonly have: string; readonly want: string }
  | { readonly extra?: readonly string[]; readonly missing?: readonly string[] }

/** A verdict of two texts that should be the same. */
export function same(description: string, have: string, want: string): Verdict {
  if (have === want) return { ok: true, description, diagnostics: '' }
  return {
    ok: false,
    description,
    diagnostics: `        have: ${indent(have)}\n        want: ${indent(want)}`,
    evidence: { have, want },
  }
}

/** A verdict of two lists that should hold the same items, in any order. */
export function sameItems(description: string, have: readonly string[], want: readonly string[]): Verdict {
  const extra = without(have, want)
  const missing = without(want, have)
  if (extra.length === 0 && missing.length === 0) return { ok: true, description, diagnostics: '' }
  const parts = [
    ...(extra.length > 0 ? [`    Extra:\n${list(extra)}`] : []),
    ...(missing.length > 0 ? [`    Missing:\n${list(missing)}`] : []),
  ]
  const evidence = { ...(extra.length > 0 ? { extra } : {}), ...(missing.length > 0 ? { missing } : {}) }
  return { ok: false, description, diagnostics: parts.join('\n'), evidence }
}

/** What is in `items` and not in `others`, each occurrence counted. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = [...others]
  return items.filter((item) => {
    const at = left.indexOf(item)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

function list(items: readonly string[]): string {
  return items.map((item) => `        ${indent(item)}`).join('\n')
}

function indent(text: string): string {
  return text === '' ? '(nothing)' : text.replaceAll('\n', '\n              ')
}
