/** The scores of former runs: what a later one compares with. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'

const Past = z.object({
  at: z.string(),
  key: z.string(),
  of: z.string(),
  noticed: z.number(),
  survived: z.number(),
  explained: z.number(),
})

/** A run as it is remembered; `of` says what was planted. */
export type Past = Readonly<z.infer<typeof Past>>

/** The last run that planted the same, if there was one. */
export function lastRun(file: string, of: string): Past | undefined {
  if (!existsSync(file)) return undefined
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
  return lines
    .map((line) => Past.parse(JSON.parse(line)))
    .filter((past) => past.of === of)
    .at(-1)
}

/** Remembers a run. */
export function remember(file: string, past: Past): void {
  mkdirSync(dirname(file), { recursive: true })
  appendFileSync(file, `${JSON.stringify(past)}\n`)
}
