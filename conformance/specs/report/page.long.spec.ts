/**
 * The HTML report in a browser: whole without a network, readable on a phone, in the dark and on paper, for eyes, ears and
 * keyboards.
 *
 * Method: Debian's Chromium opens the page as a file. What is broken in it, and named with ill will, comes from a report of
 * our own making.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe, { type AxeResults } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { test as base, describe, expect, needsTool } from '../../harness/index.ts'
import { type Finding, failed, finding, PASSED, render } from '../../report/index.ts'
import { reportWith } from './any-report.ts'

const ATTACK = `<script>document.title = 'taken'</script><img src=x onerror="document.title = 'taken'">`
const PHONE = { width: 375, height: 800 }
const DESK = { width: 1280, height: 900 }

const claims: readonly Finding[] = ['pglite', 'embedded-17'].flatMap((engine) => [
  finding({ id: 'a', title: 'a tenant sees its own costs', group: 'access/tenants.spec.ts', engine }, PASSED),
  finding({ id: 'b', title: `a name ${ATTACK}`, group: 'access/tenants.spec.ts', engine }, PASSED),
  finding(
    { id: 'c', title: 'a day is over at midnight', group: 'quotas/rollover.spec.ts', engine },
    failed({ have: 'spent=1.00 | period=2', want: 'spent=1.00 | period=3', reason: 'x'.repeat(400) }),
  ),
  finding(
    { id: 'd', title: 'the policies are these', group: 'access/policies.spec.ts', engine },
    failed({ extra: ['one'], missing: ['two', 'three'], hint: 'Run npm run schema.' }),
  ),
  finding(
    { id: 'e', title: 'a client that is killed leaks nothing', group: 'races/crash.race.spec.ts', engine },
    { outcome: 'skipped', reason: 'not run: there is one connection' },
  ),
  finding(
    { id: 'f', title: 'a policy may ask its own table', group: 'races/crash.race.spec.ts', engine },
    { outcome: 'error', reason: 'the engine no longer answers' },
  ),
])

const change = { object: 'table copilot_internal.t', have: 'policy p: none', want: 'policy p: for select' }
const changes = [{ ...change, engines: ['pglite'] }]
const since = { base: 'main', migrations: [{ name: '1.sql', state: 'added' as const }], changes: [change] }

const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the names of fixtures off the pattern
  .extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
    let launched: Promise<Browser> | undefined
    onCleanup(async () => (await launched)?.close())
    return (executablePath: string) => {
      launched ??= chromium.launch({ executablePath, args: ['--no-sandbox'] })
      return launched
    }
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the names of fixtures off the pattern
  .extend('file', { scope: 'file' }, async ({}, { onCleanup }) => {
    const folder = mkdtempSync(join(tmpdir(), 'report-page-'))
    onCleanup(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'report.html')
    writeFileSync(file, await render({ ...reportWith(claims, 'some text'), changes, since }, 'html'))
    return pathToFileURL(file).href
  })
  .extend('open', async ({ browser, file, skip }) => {
    const chromium = await browser(await needsTool('chromium', skip))
    return async (options: BrowserContextOptions = {}, before = async (_page: Page) => {}) => {
      const page = await chromium.newPage({ viewport: DESK, ...options })
      await before(page)
      await page.goto(file)
      return page
    }
  })

const shown = (page: Page) => page.locator('table.matrix tbody tr:visible').count()

test('it asks for nothing, and nothing runs in it that is not ours', async ({ open }) => {
  const requests: string[] = []
  const complaints: string[] = []
  const page = await open({}, async (opened) => {
    opened.on('request', (request) => requests.push(request.url()))
    opened.on('console', (message) => complaints.push(message.text()))
    opened.on('pageerror', (error) => complaints.push(error.message))
  })
  expect(requests).toEqual([page.url()])
  expect(complaints).toEqual([])
  expect(await page.title()).toBe('Failed: conformance report')
  expect(await page.locator('main img').count()).toBe(0)
})

describe('it is accessible', () => {
  const ways: readonly (readonly [name: string, options: BrowserContextOptions])[] = [
    ['on a desk', {}],
    ['in the dark', { colorScheme: 'dark' }],
    ['on a phone', { viewport: PHONE }],
  ]
  test.for(ways)('%s', async ([, options], { open }) => {
    const page = await open({ ...options, bypassCSP: true })
    await page.evaluate(() => {
      for (const group of document.querySelectorAll('details')) group.open = true
    })
    await page.addScriptTag({ content: axe.source })
    const { violations } = await page.evaluate<AxeResults>('axe.run()')
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`)
    expect(told).toEqual([])
  })
})

test('a phone scrolls it in one direction', async ({ open }) => {
  const page = await open({ viewport: PHONE })
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.width)
})

test('search and outcome find claims', async ({ open }) => {
  const page = await open()
  await page.keyboard.press('/')
  await page.keyboard.type('TENANT costs')
  expect(await shown(page)).toBe(1)
  expect(await page.locator('#shown').textContent()).toBe('1 of 6 claims')
  await page.locator('#words').fill('')
  await page.locator('#outcome').selectOption('error')
  expect(await page.locator('table.matrix tbody tr:visible').innerText()).toContain('its own table')
  await page.locator('#words').fill('no such claim')
  expect(await shown(page)).toBe(0)
})

test('paper gets what a reviewer needs, and not what is folded', async ({ open }) => {
  const page = await open()
  await page.emulateMedia({ media: 'print' })
  for (const id of ['failed', 'since', 'access', 'prices'])
    expect(await page.locator(`#${id}`).isVisible(), id).toBe(true)
  for (const id of ['claims', 'skipped', 'trial'])
    expect(await page.locator(`#${id}`).isVisible(), id).toBe(false)
})

test('a reviewer’s questions come first, our tools last and folded', async ({ open }) => {
  const page = await open()
  const ids = await page.locator('main > section').evaluateAll((all) => all.map(({ id }) => id))
  // What the verb itself has to show is what it was asked for.
  expect(ids.slice(0, 6)).toEqual(['failed', 'section-1', 'section-2', 'since', 'access', 'prices'])
  expect(await page.locator('.folded > details[open]').count()).toBe(0)
  await page.locator('nav a[href="#claims"]').click()
  await expect.poll(() => page.locator('#claims details[open]').count()).toBeGreaterThan(0)
})

test('without scripts everything is there, but the search', async ({ open }) => {
  const page = await open({ javaScriptEnabled: false })
  expect(await page.locator('table.matrix tbody tr').count()).toBe(6)
  expect(await page.locator('#filter').isVisible()).toBe(false)
  expect(await page.locator('h1').innerText()).toBe('Failed')
})

test('what differs is marked, on either side', async ({ open }) => {
  const page = await open()
  expect(await page.locator('.difference del').allInnerTexts()).toEqual(['2'])
  expect(await page.locator('.difference ins').allInnerTexts()).toEqual(['3'])
  expect(await page.locator('article').count()).toBe(3)
})
