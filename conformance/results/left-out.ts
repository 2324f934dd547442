import { readdirSync } from 'node:fs'
import { type Finding, finding } from '../report/index.ts'

/** Folders of specs of this checkout and of reports: they are the same whatever the database. */
export const WITHOUT_ENGINE = ['house', 'pricing', 'report'] as const

/** How the name of a spec's file ends that takes long. */
export const LONG = '.long.spec.ts'

const specs = new URL('../specs/', import.meta.url)
const REASON = 'it takes long; npm run test:all has the time'

/** What a short run leaves out: a finding for each file that takes long, on each of these engines that it is for. */
export function leftOut(engines: readonly string[]): Finding[] {
  const files = readdirSync(specs, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith(LONG),
  )
  return files.sort().flatMap((group) => {
    const about = { id: group, group, title: 'its claims' }
    const judgement = { outcome: 'not run', reason: REASON } as const
    return WITHOUT_ENGINE.some((folder) => group.startsWith(`${folder}/`))
      ? [finding(about, judgement)]
      : engines.map((engine) => finding({ ...about, engine }, judgement))
  })
}
