/** What a deploy has come to, in words that are so whatever happened: by the ledger, read after the CLI had ended. */
import { failed, finding, PASSED, type Section } from '../../report/index.ts'
import type { MigrationsFolder } from '../folder.ts'
import type { Plan } from '../plan/plan.ts'
import type { StepResult } from '../step.ts'
import { CLAIMS } from './claims.ts'
import { leavesTraces, type Pushed } from './push.ts'

/** What the ledger said of the plan’s files before and after. */
export interface Progress {
  readonly before: readonly string[]
  readonly after: readonly string[]
}

/** Each pending file, and what has become of it. */
export function progressSection(
  plan: Plan,
  folder: MigrationsFolder,
  { before, after }: Progress,
  at?: string,
): Section {
  const state = (name: string) => {
    if (before.includes(name)) return 'applied before this run'
    if (after.includes(name)) return 'applied by this run'
    const mayRemain = name === at && leavesTraces(folder.files.find((file) => file.name === name))
    return mayRemain
      ? 'not noted as applied; runs in no transaction, so parts of it may be there'
      : 'not applied'
  }
  const rows = plan.pending.map((name) => [name, state(name)])
  return rows.length === 0
    ? { title: 'What is applied', lines: ['Nothing was pending.'] }
    : { title: 'What is applied', columns: [{ name: 'file' }, { name: 'state' }], rows }
}

/** The finding about the push itself. */
export function pushFinding(
  plan: Plan,
  folder: MigrationsFolder,
  pushed: Pushed,
  { after }: Progress,
): StepResult {
  const open = plan.pending.filter((name) => !after.includes(name))
  if (open.length === 0) return { findings: [finding(CLAIMS.push, PASSED)], notes: endedOddly(pushed) }
  const { reason, ended } = pushed
  // What the server had been sent, it may have ended: then it stopped before the next.
  const at = pushed.at && open.includes(pushed.at) ? pushed.at : (open[0] ?? '')
  const parts = leavesTraces(folder.files.find(({ name }) => name === at))
  return {
    findings: [
      finding(
        { ...CLAIMS.push, id: `${CLAIMS.push.id}: ${open[0]}`, objects: open },
        failed({
          have: after.length > 0 ? after.join('\n') : 'nothing of the plan is applied',
          want: plan.pending.join('\n'),
          reason:
            ended === 'interrupted'
              ? `It was interrupted at ${at}.`
              : [`${at} was not applied.`, reason].filter(Boolean).join('\n'),
          hint: parts ? afterParts(at) : hintFor(pushed, at, after.length > 0),
        }),
      ),
    ],
    notes: [],
  }
}

/** Everything is applied, and yet the CLI did not say so: it was cut off after its last commit. */
function endedOddly({ ended }: Pushed): StepResult['notes'] {
  if (ended === 'done') return []
  const text = `The push ${ended === 'interrupted' ? 'was interrupted' : 'failed'} after its last file was applied.`
  return [{ kind: 'note', group: CLAIMS.push.group, text }]
}

function afterParts(at: string): string {
  return `${at} runs in no transaction: look for what it has left, such as an invalid index (\`npm run predeploy\` names it), take that away, then run the same command again.`
}

function hintFor({ ended, isLock }: Pushed, at: string, isPartly: boolean): string {
  const stays = isPartly ? 'What is applied stays. ' : ''
  if (ended === 'interrupted')
    return `${stays}Of ${at} nothing stays. Run the same command again: it goes on from there.`
  if (isLock)
    return `${stays}Somebody holds a lock that ${at} needs: \`npm run predeploy\` names long transactions. Run the same command again when they are over.`
  return `${stays}Of ${at} nothing stays. Where the cause is the target’s, cure it and run the same command again; where it is the file, correct it and make a new plan.`
}

/** What stands in the report until there is one. */
export function unfinished({ pending }: Plan): StepResult & { readonly servers: [] } {
  const reason = `The deploy has begun to apply ${pending.length} files and has not ended, or was killed: what is applied is not known from here.`
  const hint =
    'If it is not at work any more, run the same command again: it reads what is applied, and goes on from there.'
  return { findings: [finding(CLAIMS.push, { outcome: 'error', reason, hint })], notes: [], servers: [] }
}
