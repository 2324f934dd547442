/** What a run has found out, in the model of all reports. */
import { createTwoFilesPatch } from 'diff'
import {
  type Finding,
  failed,
  finding,
  PASSED,
  type Report,
  reportOf,
  type Section,
} from '../report/index.ts'
import type { Past } from './history.ts'
import { KINDS, type Mutant } from './mutant.ts'
import { type Judged, percentOf, type Score, scoreOf, scoresBy } from './score.ts'

/** What stands around the findings. */
export interface Around extends Pick<Report, 'header' | 'trial'> {
  readonly before: Past | undefined
  readonly refused: number
  readonly golden: readonly string[]
}

/** The report of `npm run mutate`: a claim a fault, that somebody notices it. */
export function mutationReport(
  judged: readonly Judged[],
  { header, trial, before, refused, golden }: Around,
): Report {
  const score = scoreOf(judged)
  const survivors = judged.filter(
    ({ result, reason }) => result.outcome === 'survived' && reason === undefined,
  )
  return reportOf({
    verb: 'mutate',
    header,
    trial,
    findings: judged.map(findingOf),
    mutation: {
      noticed: score.noticed,
      total: score.noticed + score.survived,
      survivors: survivors.map(({ mutant }) => ({
        mutant: `${mutant.id} ${mutant.object}: ${mutant.kind}`,
        change: changeOf(mutant),
      })),
    },
    sections: [
      { title: 'Score', lines: scoreLines(score, { before, refused, golden }) },
      scoreTable(
        'Score by kind',
        'Kind',
        scoresBy(judged, ({ kind }) => kind),
      ),
      scoreTable(
        'Score by file',
        'File',
        scoresBy(judged, ({ file }) => file),
      ),
    ],
  })
}

function scoreLines(
  score: Score,
  { before, refused, golden }: Pick<Around, 'before' | 'refused' | 'golden'>,
): string[] {
  const { noticed, survived, explained } = score
  return [
    `${percentOf(score)} % of the planted faults are noticed: ${noticed} of ${noticed + survived}.`,
    `${explained} more change nothing that anybody could notice, each with a reason.`,
    `${refused} changes were not planted: PostgreSQL refuses them.`,
    `${golden.length} claims compare texts and notice every change; what they notice does not count.`,
    ...(before ? [`The run before, of ${before.at}: ${percentOf(before)} %.`] : []),
  ]
}

function scoreTable(title: string, head: string, scores: readonly [string, Score][]): Section {
  return {
    title,
    columns: [
      { name: head },
      ...['Planted', 'Noticed', 'Survived', 'Explained', '%'].map((name) => ({ name, isNumber: true })),
    ],
    rows: scores.map(([name, score]) => {
      const { noticed, survived, explained } = score
      return [name, noticed + survived + explained, noticed, survived, explained, percentOf(score)].map(
        String,
      )
    }),
  }
}

function findingOf({ mutant, result, reason }: Judged): Finding {
  const about = {
    id: `mutate > ${mutant.id}`,
    title: `${mutant.object}, ${mutant.kind} (${mutant.id})`,
    group: mutant.file,
    objects: [mutant.object],
  }
  if (result.outcome === 'noticed') return finding(about, PASSED)
  if (result.outcome === 'refused')
    return finding(about, {
      outcome: 'error',
      reason: `It cannot be planted: ${result.said ?? 'no reason was given'}`,
    })
  if (reason !== undefined) return finding(about, { outcome: 'skipped', reason: `not applicable: ${reason}` })
  return finding(
    about,
    failed({
      have: changeOf(mutant),
      reason: `No claim notices it. ${KINDS[mutant.kind]} ${lookedAt(result.looked, Object.keys(result.files))}`,
      hint: `Claim what it breaks, then: npm run mutate -- --only ${mutant.id}`,
      at: `supabase/migrations/${mutant.file}:${mutant.line}`,
    }),
  )
}

function lookedAt(count: number, files: readonly string[]): string {
  if (count === 0) return 'No claim runs it.'
  const few = files.slice(0, 4).join(', ')
  const left = files.length - 4
  const more = left > 0 ? ` and ${left} more ${left === 1 ? 'file' : 'files'}` : ''
  return `${count} ${count === 1 ? 'claim' : 'claims'} looked at it: ${few}${more}.`
}

/** The change as a diff, without its head. */
export function changeOf({ before, after }: Mutant): string {
  return createTwoFilesPatch('', '', `${before}\n`, `${after}\n`, '', '', { context: 1 })
    .split('\n')
    .slice(4)
    .join('\n')
    .trim()
}
