/**
 * The migrations of other kinds of projects: a shop, a forum, a queue, files of many tenants, a ledger.
 *
 * Method: each folder is judged as it is, and then with one fault planted: the fault is named, at its place, and nothing else
 * is. What only a database can tell is none of these two steps’ business: they say nothing of it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { FAULTS, type Fault, FOLDERS } from '../../../fixtures/predeploy/faults.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { readFolder, repositoryStep, staticStep, together } from '../../predeploy/index.ts'
import { errorsOf, plantedFolder } from './planted-folder.ts'

function filesOf(folder: string): Record<string, string> {
  const path = `fixtures/predeploy/${folder}/migrations`
  return Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(`${path}/${name}`, 'utf8')]))
}

async function judge(files: Record<string, string>): Promise<string[]> {
  const folder = await readFolder(plantedFolder(files))
  return errorsOf(together([await repositoryStep(folder), await staticStep(folder)]))
}

/** The folder with the fault in it. */
function planted({ folder, file, from, to }: Fault): Record<string, string> {
  const files = filesOf(folder)
  const text = files[file]
  if (from === undefined) return { ...files, [file]: to }
  if (!text?.includes(from)) throw new Error(`${folder}/${file} does not say ${from}`)
  return { ...files, [file]: text.replace(from, () => to) }
}

const isSeen = ({ finding }: Fault) => finding.includes('/')

test.for(FOLDERS)('%s has 10 to 30 files, and nothing stops it', async (folder) => {
  const files = filesOf(folder)
  const count = Object.keys(files).length
  expect(count).toBeGreaterThanOrEqual(10)
  expect(count).toBeLessThanOrEqual(30)
  expect(await judge(files)).toEqual([])
})

describe('a fault', () => {
  test.for(FAULTS.filter(isSeen))('in $folder is named, and no other: $what', async (fault) => {
    const files = planted(fault)
    const at = files[fault.file]?.split('\n').findIndex((text) => text.startsWith(fault.line ?? '')) ?? -1
    expect(at).toBeGreaterThanOrEqual(0)
    const place = fault.line === undefined ? fault.file : `${fault.file}:${at + 1}`
    expect((await judge(files)).map((id) => id.split(', ')[0])).toEqual([`${fault.finding}: ${place}`])
  })
})

describe('what only a database can tell', () => {
  test.for(FAULTS.filter((fault) => !isSeen(fault)))('is not made up for $folder: $what', async (fault) => {
    expect(await judge(planted(fault))).toEqual([])
  })
})

test('at least half of the faults are for rules on statements', () => {
  const ofStatements = FAULTS.filter(({ finding }) => finding.startsWith('static/'))
  expect(ofStatements.length).toBeGreaterThanOrEqual(FAULTS.length / 2)
})
