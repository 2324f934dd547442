import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { REPORTERS, type Report, type ReporterName, render, withTexts } from '../report/index.ts'

/**
 * Writes a report into a folder, in each of the forms that are asked for. `clean` takes the secrets out of a text. A reader
 * never meets half a file, also when another run is writing.
 */
export async function writeReports(
  report: Report,
  folder: string,
  names: readonly ReporterName[],
  clean: (text: string) => string,
): Promise<void> {
  // Before anything is escaped or cut: afterwards a secret could look otherwise.
  const safe = withTexts(report, clean)
  await mkdir(folder, { recursive: true })
  for (const name of names) {
    const draft = join(folder, `.${process.pid}-${REPORTERS[name]}`)
    await writeFile(draft, await render(safe, name))
    await rename(draft, join(folder, REPORTERS[name]))
  }
}
