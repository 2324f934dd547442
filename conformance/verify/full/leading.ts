/** Which findings a reader should see first when there are many: who may see or change what, then money, then the rest. */
import type { Finding } from '../../report/index.ts'

/** As many as are read at a glance. */
const MOST = 5
/** From how many findings on somebody has to choose. */
const MANY = 10

type Failed = Extract<Finding, { outcome: 'failed' }>

/** The first that fits is how much a finding matters. */
const ranks: readonly ((finding: Failed) => boolean)[] = [
  ({ objects = [] }) => objects.some((object) => object.startsWith('migration ')),
  (finding) =>
    finding.group === 'schema' && /row level security|policy |security invoker/.test(saying(finding)),
  (finding) =>
    finding.group === 'schema' && /privileges|owner|definer|search_path|role /.test(saying(finding)),
  ({ group }) => ['prices', 'usage', 'quotas', 'calculations'].includes(group),
  ({ reason = '' }) => reason.includes('not the product’s'),
  ({ have }) => have === 'it is not there',
]

/** At most five findings, those that matter most, in the order they were found within a rank. None where few failed. */
export function leading(findings: readonly Finding[]): readonly Finding[] {
  const failed = findings.filter((finding) => finding.outcome === 'failed')
  if (failed.length <= MANY) return []
  const ranked = failed.map((finding) => ({ finding, rank: rankOf(finding) }))
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST)
    .map(({ finding }) => finding)
}

function rankOf(finding: Failed): number {
  const rank = ranks.findIndex((fits) => fits(finding))
  return rank < 0 ? ranks.length : rank
}

function saying({ objects = [], have = '', want = '' }: Failed): string {
  return [...objects, have, want].join('\n')
}
