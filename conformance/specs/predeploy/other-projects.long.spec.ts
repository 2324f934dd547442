/**
 * The migrations of other kinds of projects, applied and watched: nothing stops them as they are, and what only a database can
 * tell of a planted fault is told.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { FAULTS, FOLDERS } from '../../../fixtures/predeploy/faults.ts'
import type { RunningEngine } from '../../engines/index.ts'
import { afterAll, beforeAll, describe, expect, referenceServer, test } from '../../harness/index.ts'
import { observedStep, readFolder, type StepResult } from '../../predeploy/index.ts'
import { plantedFolder } from './planted-folder.ts'

let engine: RunningEngine
beforeAll(async () => {
  engine = await referenceServer()
})
afterAll(() => engine.stop())

function filesOf(folder: string): Record<string, string> {
  const path = `fixtures/predeploy/${folder}/migrations`
  return Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(`${path}/${name}`, 'utf8')]))
}

async function watched(files: Record<string, string>): Promise<StepResult> {
  return observedStep(await readFolder(plantedFolder(files)), { on: engine })
}

const said = ({ findings }: StepResult) =>
  findings.flatMap((one) => (one.outcome === 'passed' ? [] : [`${one.group}: ${one.reason}`]))
const warned = ({ notes }: StepResult) => notes.map(({ group, text }) => `${group}: ${text}`)

test.for(FOLDERS)('%s: nobody waits, nothing opens, everything is still found', async (folder) => {
  expect(said(await watched(filesOf(folder)))).toEqual([])
})

/** What the watched replay calls the steps of the list. */
const STEPS: Readonly<Record<string, string>> = {
  privileges: 'privileges',
  behaviour: 'former release',
}

describe('a fault', () => {
  const faults = FAULTS.filter(({ finding }) => finding in STEPS)
  test.for(faults)('that only a database can tell is told of $folder: $what', async (fault) => {
    const files = { ...filesOf(fault.folder), [fault.file]: fault.to }
    const result = await watched(files)
    const groups = [...said(result), ...warned(result)].map((one) => one.split(': ')[0])
    expect(new Set(groups)).toEqual(new Set([STEPS[fault.finding]]))
  })

  test.for(FAULTS.filter(({ finding }) => finding === 'replay'))(
    'that stops a file half-way is told of $folder: $what',
    async ({ folder, file, to }) => {
      const told = said(await watched({ ...filesOf(folder), [file]: to }))
      expect(told[0]).toContain(`the files cannot be applied: ${file}:`)
    },
  )
})
