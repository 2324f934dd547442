/** `npm run mutate`: would the specs notice if the migrations were wrong? Faults are planted, and the specs asked. */
import { availableParallelism } from 'node:os'
import { relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { migrations } from '../conformance/engines/index.ts'
import { migrationsOnTrial } from '../conformance/evidence/index.ts'
import { commitOf, git } from '../conformance/git/index.ts'
import {
  EXPLAINED_FILE,
  explainedIn,
  isWanted,
  lastRun,
  locatedStatements,
  mutationReport,
  type Outcome,
  remember,
  runForeign,
  runMutation,
  scoreOf,
  type Wanted,
} from '../conformance/mutate/index.ts'
import type { Report } from '../conformance/report/index.ts'
import { headerOf } from '../conformance/results/index.ts'
import { mustBeReadable } from './named-path.ts'
import { addReportOptions, commandLine, presentReport, type ReportOptions } from './reports.ts'
import { runVerb, say } from './verb.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = resolve(root, 'reports/mutation')
const CLEAR_LINE = '\r\u001b[2K'

const command = new Command('mutate')
  .description('Plant faults in the migrations, one at a time, and see whether the specs notice each.')
  .option('--sample <percent>', 'only a part of all faults, such as 5%', asPart, 1)
  .option('--seed <text>', 'which part: the same seed takes the same faults', '1')
  .option('--only <what>', 'only faults of a file, a kind, an object, or by id; may be repeated', append)
  .option(
    '--since <ref>',
    'the faults of what has changed since a commit; with --sample also a part of the others',
  )
  .option(
    '--per-object <n>',
    'how many of one kind in one object; of policies, grants and prices always all',
    asCount,
    1,
  )
  .option('--every', 'as many as there are of each kind in each object')
  .option('--budget <seconds>', 'how long the claims may take that look for one fault', asCount, 8)
  .option('--workers <n>', 'how many faults are tried at once', asCount, Math.min(2, availableParallelism()))

  .option('--migrations <folder>', 'the migrations of another project, with --tests')
  .option('--tests <path>', 'its pgTAP files, or a folder of them; may be repeated', append)
  .option('--json', 'print the JSON report')
  .addHelpText(
    'after',
    `
Results are kept in ${relative(root, FOLDER)}: a run that is interrupted goes on where it was.
Exit status: 0 every fault was noticed, 1 one was not, 2 one could not be planted, none was, or the specs fail without any.`,
  )

interface Options extends ReportOptions {
  readonly sample: number
  readonly seed: string
  readonly only?: readonly string[]
  readonly since?: string
  readonly perObject: number
  readonly every?: boolean
  readonly budget: number
  readonly workers: number
  readonly migrations?: string
  readonly tests?: readonly string[]
  readonly json?: boolean
}

addReportOptions(command)

await runVerb(command, async (options: Options, secrets) => {
  const startedAt = new Date()
  const wanted: Wanted = {
    sample:
      options.since !== undefined && command.getOptionValueSource('sample') !== 'cli' ? 0 : options.sample,
    seed: options.seed,
    only: options.only ?? [],
    ...(options.since === undefined ? {} : await since(options.since)),
  }
  if ((options.migrations === undefined) !== (options.tests === undefined))
    throw new Error('--migrations and --tests go together: the migrations of a project, and its pgTAP files.')
  const explained = explainedIn(EXPLAINED_FILE)
  const perObject = options.every || options.only ? Number.POSITIVE_INFINITY : options.perObject
  if (options.migrations !== undefined && options.tests !== undefined) {
    const { migrations: folder, tests } = options
    mustBeReadable('--migrations', folder, {
      kind: 'folder',
      expected: 'a folder of files named *.sql',
    })
    for (const one of tests)
      mustBeReadable('--tests', one, {
        kind: 'file or folder',
        expected: 'a pgTAP file, or a folder of them',
      })
    const selection = { perObject, isWanted: isWanted(wanted) }
    const { judged, refused } = await runForeign({
      migrations: folder,
      tests,
      selection,
      workers: options.workers,
      ...progress(),
    })
    const report = mutationReport(judged, {
      ...around(startedAt, []),
      before: undefined,
      refused,
      golden: [],
    })
    return presentReport(command, report, secrets, 'reports/mutation')
  }
  const outcome = await runMutation({
    selection: { perObject, isWanted: isWanted(wanted) },
    workers: options.workers,
    budgetMs: options.budget * 1000,
    resultsFile: resolve(FOLDER, 'results.jsonl'),
    explained,
    say,
    ...progress(),
  })
  mustApply(outcome)
  const of = JSON.stringify({
    ...wanted,
    unchanged: undefined,
    touched: undefined,
    perObject,
    since: options.since,
  })
  const history = resolve(FOLDER, 'history.jsonl')
  const before = lastRun(history, of)
  remember(history, { at: startedAt.toISOString(), key: outcome.key, of, ...scoreOf(outcome.judged) })
  const report = mutationReport(outcome.judged, {
    ...around(startedAt, migrationsOnTrial()),
    before,
    refused: outcome.refused,
    golden: outcome.known.golden,
  })
  return presentReport(command, report, secrets, 'reports/mutation')
})

/** What stands around the findings. */
function around(startedAt: Date, files: Report['trial']['migrations']): Pick<Report, 'header' | 'trial'> {
  return {
    header: headerOf({ startedAt, durationMs: Date.now() - startedAt.getTime() }),
    trial: {
      command: commandLine('mutate', process.argv.slice(2)),
      migrations: files,
      servers: [],
      notStarted: [],
    },
  }
}

/** What was written since a commit, and what was there before. */
async function since(ref: string): Promise<Pick<Wanted, 'unchanged' | 'touched'>> {
  const commit = commitOf(root, ref, '--since')
  const unchanged = new Set<string>()
  const touched = new Set<string>()
  for (const migration of migrations()) {
    const path = `supabase/migrations/${migration.name}`
    const isThere = git(root, 'ls-tree', '--name-only', commit, path).trim() !== ''
    const before = isThere
      ? await locatedStatements([{ name: migration.name, sql: git(root, 'show', `${commit}:${path}`) }])
      : []
    const texts = new Set(before.map(({ text }) => text))
    for (const { text } of await locatedStatements([migration])) {
      if (texts.has(text)) unchanged.add(text)
      else for (const [word] of text.matchAll(/\w{3,}/g)) touched.add(word)
    }
  }
  return { unchanged, touched }
}

/** Throws when a reason is given for a fault that is noticed. */
function mustApply({ judged }: Outcome): void {
  for (const { mutant, result, reason } of judged)
    if (reason !== undefined && result.outcome === 'noticed')
      throw new Error(
        `fixtures/mutants-explained.json explains ${mutant.id}, which ${result.by?.file} notices: take it out.`,
      )
}

/** On a terminal one line with the time left; in a pipe nothing but what is said once. */
function progress() {
  const tty = process.stderr.isTTY
  const from = Date.now()
  let survived = 0
  const show = (line: string) => (tty ? process.stderr.write(`${CLEAR_LINE}${line}`) : undefined)
  return {
    recording: (done: number, all: number) => {
      show(done < all ? `${done} of ${all} specs recorded` : '')
    },
    progress: (done: number, all: number, { outcome }: { outcome: string }) => {
      if (outcome === 'survived') survived += 1
      const minutes = ((Date.now() - from) / 60_000 / done) * (all - done)
      show(
        done < all
          ? `${done} of ${all} faults, ${survived} survived, about ${Math.ceil(minutes)} min left`
          : '',
      )
    },
  }
}

function append(one: string, others: readonly string[] = []): string[] {
  return [...others, one]
}

function asPart(text: string): number {
  const [, digits] = /^(\d{1,3}(?:\.\d+)?)%?$/.exec(text) ?? []
  const part = Number(digits) / 100
  if (part > 0 && part <= 1) return part
  throw new InvalidArgumentError('Expected a part of all, such as 5%.')
}

function asCount(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a number from 1 on.')
}
