/**
 * What reads a report as its consumers do: the validator of each format. Each answers how many claims it counted, and throws
 * when the report is not what the format says.
 */
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { type CTRFReport, schema as ctrfSchema } from 'ctrf'
import { HtmlValidate } from 'html-validate'
import { XmlDocument, type XmlElement, XsdValidator } from 'libxml2-wasm'
import { parseHTML } from 'linkedom'
import { lexer } from 'marked'
import stringWidth from 'string-width'
import { Parser } from 'tap-parser'
import { type ReporterName, ReportSchema, type Tally, tallyOf } from '../../report/index.ts'

const here = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
const published = JSON.parse(here('../../report/report.schema.json'))

type Reader = (text: string) => Tally | Promise<Tally>

const ajv = new Ajv2020({ strict: true })
// The default export of a CommonJS package, as nodenext sees it.
;(formats as unknown as (to: Ajv2020) => void)(ajv)
const conforms = ajv.compile(published)
/** CTRF's own validator compiles its schema again for each report. */
const conformsToCtrf = new Ajv({ strict: false, formats: ajv.formats }).compile(ctrfSchema)

const json: Reader = (text) => {
  const report: unknown = JSON.parse(text)
  if (!conforms(report)) throw new Error(ajv.errorsText(conforms.errors))
  return tallyOf(ReportSchema.parse(report).findings)
}

const junitSchema = XsdValidator.fromDoc(XmlDocument.fromString(here('junit.xsd')))

const junit: Reader = (text) => {
  using document = XmlDocument.fromString(text)
  junitSchema.validate(document)
  const sum = (name: string, element: XmlElement = document.root) => Number(element.attr(name)?.value)
  const failed = sum('failures') + sum('errors')
  const told = document.find('//testcase').length
  if (told !== sum('tests')) throw new Error(`${told} testcases, but ${sum('tests')} tests`)
  return { passed: sum('tests') - failed - sum('skipped'), failed, skipped: sum('skipped') }
}

const tap: Reader = (text) => {
  const parser = new Parser({ strict: true })
  parser.end(text)
  const { results } = parser
  if (!results || results.failures.some(({ tapError }) => tapError)) throw new Error('It is not TAP.')
  const tally = { passed: results.pass - results.skip, failed: results.fail, skipped: results.skip }
  if (tally.passed + tally.failed + tally.skipped !== results.count) throw new Error('It is not as planned.')
  return tally
}

const ctrf: Reader = (text) => {
  const report: CTRFReport = JSON.parse(text)
  if (!conformsToCtrf(report)) throw new Error(ajv.errorsText(conformsToCtrf.errors))
  const { passed, failed, skipped } = report.results.summary
  return { passed, failed, skipped }
}

const markdown: Reader = (text) => {
  const tokens = lexer(text)
  const raw = tokens.flatMap((token) => (token.type === 'html' ? (token.raw.match(/<[^>]*>?/g) ?? []) : []))
  const ours = ['<details>', '<summary>', '</summary>', '</details>']
  if (raw.join() !== ours.join()) throw new Error(`It has HTML that is not ours: ${raw.join()}`)
  const headings = tokens.filter((token) => token.type === 'heading' && token.depth === 3).length
  const [table] = tokens.filter((token) => token.type === 'table')
  if (table?.type !== 'table') throw new Error('It has no table.')
  const sum = (...columns: readonly number[]) =>
    columns
      .flatMap((column) => table['rows'].map((row: { text: string }[]) => Number(row[column]?.text)))
      .reduce((total: number, count: number) => total + count, 0)
  const failed = sum(3, 4)
  // A claim that failed in the same way on several engines is told once.
  if (headings > failed || (headings === 0) !== (failed === 0))
    throw new Error(`${headings} claims are told, but ${failed} failed`)
  return { passed: sum(2), failed, skipped: sum(5) }
}

const rules = new HtmlValidate({
  extends: ['html-validate:recommended', 'html-validate:document'],
  rules: {
    'no-inline-style': 'off',
    'no-trailing-whitespace': 'off',
    'void-style': 'off',
    'long-title': 'off',
  },
})

const html: Reader = async (text) => {
  const { valid, results } = await rules.validateString(text)
  const messages = results.flatMap((result) => result.messages)
  if (!valid)
    throw new Error(
      messages
        .slice(0, 5)
        .map(({ line, message }) => `${line}: ${message}`)
        .join('\n'),
    )
  const { document } = parseHTML(text)
  if (document.querySelectorAll('script').length !== 1) throw new Error('It has a script that is not ours.')
  const cells = (...outcomes: readonly string[]) =>
    outcomes.reduce((sum, outcome) => sum + document.querySelectorAll(`table.matrix td.${outcome}`).length, 0)
  return {
    passed: cells('passed'),
    failed: cells('failed', 'error'),
    skipped: cells('skipped'),
  }
}

const terminal: Reader = (text) => {
  const wide = text.split('\n').filter((line) => stringWidth(line) > 80)
  if (wide.length > 0) throw new Error(`Wider than 80 columns: ${wide.join('\n')}`)
  const plain = text.replace(/\n|\u200c|\u200d/g, '')
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(plain)) throw new Error('It holds what cannot be printed.')
  const [, passed, failed, skipped] = /(\d+) passed, (\d+) failed, (\d+) skipped\n$/.exec(text) ?? []
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) }
}

/** A reader for each form of a report. */
export const readers: Readonly<Record<ReporterName, Reader>> = {
  terminal,
  json,
  junit,
  tap,
  ctrf,
  markdown,
  html,
}
