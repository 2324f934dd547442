/** Claims on how a statement ends: `throws_ok`, `lives_ok`. */
import type { SqlError } from '../engines/index.ts'
import type { Verdict } from './verdict.ts'

/** What a refusal must say besides its SQLSTATE. */
export interface Refusal {
  readonly message?: RegExp
  readonly detail?: RegExp
  readonly hint?: RegExp
}

/** Refused with this SQLSTATE, and in these words where they are given. */
export function throwsOk(error: SqlError | undefined, code: string, words: Refusal = {}): Verdict {
  const description = `it is refused with ${code}`
  if (!error) return broken(description, 'no error', code)
  if (error.code !== code) return broken(description, `${error.code}: ${error.message}`, code)
  for (const part of ['message', 'detail', 'hint'] as const) {
    const want = words[part]
    const have = error[part]
    if (want && !want.test(have ?? ''))
      return broken(description, `${part} ${have ?? '(none)'}`, `${part} ${want}`)
  }
  return { ok: true, description, diagnostics: '' }
}

/** Not refused. */
export function livesOk(error: SqlError | undefined): Verdict {
  const description = 'it is not refused'
  return error
    ? broken(description, `${error.code}: ${error.message}`, 'no error')
    : { ok: true, description, diagnostics: '' }
}

function broken(description: string, have: string, want: string): Verdict {
  return {
    ok: false,
    description,
    diagnostics: `        have: ${have}\n        want: ${want}`,
    evidence: { have, want },
  }
}
