/**
 * The harness on trial: a test that proves nothing must fail, and a failure must say why.
 */
import { acme, owner, service, visitor } from '../../../fixtures/people.ts'
import { claimsFor, describe, expect, Ledger, test } from '../../harness/index.ts'
import { typed } from '../../pgtap/index.ts'

describe('a test fails', () => {
  test('when it claims nothing', () => {
    expect(() => new Ledger().close(0)).toThrow(/claims nothing/)
    expect(() => new Ledger().close(1)).not.toThrow()
  })

  test('when a statement has no claim', async ({ session }) => {
    const ledger = new Ledger()
    const { as } = (await claimsFor(ledger))(session)
    as(acme)`select 1`
    expect(() => ledger.close(1)).toThrow(/A statement has no claim[\s\S]*acme: select 1/)
  })

  test('when a claim is not awaited', async ({ session }) => {
    const ledger = new Ledger()
    const claim = (await claimsFor(ledger))(session).as(acme)`select 1 as one`.resultsEq([{ one: 1 }])
    expect(() => ledger.close(1)).toThrow(/not awaited[\s\S]*acme: select 1 as one/)
    await claim
    expect(() => ledger.close(0)).not.toThrow()
  })
})

test('a failure points at the line of the spec, and not at the harness', async ({ session }) => {
  const { as } = (await claimsFor(new Ledger()))(session)
  const error: unknown = await as(owner)`select 1 as one`.isEmpty().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const [, first] = error instanceof Error ? (error.stack ?? '').split(/\n(?= +at )/) : []
  expect(first).toContain('ledger.spec.ts')
})

describe('a broken claim says what is there and what was wanted', () => {
  const rows = `select v as n from unnest('{1,2,2}'::int[]) as v`

  test('other rows', async ({ session }) => {
    const as = (await claimsFor(new Ledger()))(session).as
    await expect(as(owner)(rows).resultsEq([{ n: 1 }, { n: 3 }])).rejects.toThrow(
      /differ beginning at row 2:\n\s+have: n=2\n\s+want: n=3\n\s+n: have "2", want "3"\n\s+3 rows, want 2/,
    )
    await expect(as(owner)(rows).bagEq([{ n: 1 }, { n: 2 }, { n: 3 }])).rejects.toThrow(
      /Extra records:\n\s+n=2\n\s+Missing records:\n\s+n=3/,
    )
    await expect(as(owner)(rows).setEq([{ n: 1 }])).rejects.toThrow(/Extra records:\n\s+n=2$/m)
    await expect(as(owner)(rows).isEmpty()).rejects.toThrow(/Unexpected records:\n\s+\(1\)\n/)
    await as(owner)(rows).setEq([{ n: 2 }, { n: 1 }])
  })

  test('rows with other columns or values that only look alike', async ({ session }) => {
    const as = (await claimsFor(new Ledger()))(session).as
    await expect(as(owner)`select 1 as a`.resultsEq([{ b: 1 }])).rejects.toThrow(/have: a=1[\s\S]*want: b=1/)
    await expect(as(owner)`select null as a`.resultsEq([{ a: 0 }])).rejects.toThrow(/have: a=NULL/)
    await expect(as(owner)`select 'NULL' as a`.resultsEq([{ a: null }])).rejects.toThrow(
      /a: have "NULL", want NULL/,
    )
    await expect(as(owner)`select 1::bigint as a`.resultsEq([{ a: typed('integer', '1') }])).rejects.toThrow(
      /a: have "1" \(bigint\), want "1" \(integer\)/,
    )
    await expect(as(owner)`select 1.50 as a`.resultsEq([{ a: '1.5' }])).rejects.toThrow(/have: a=1.50/)
  })

  test('a refusal that does not come, or is another', async ({ session }) => {
    const as = (await claimsFor(new Ledger()))(session).as
    await expect(as(owner)`select 1`.throwsOk('42501')).rejects.toThrow(
      /caught: no exception\n\s+wanted: 42501/,
    )
    await expect(as(owner)`select 1/0`.throwsOk('42501')).rejects.toThrow(
      /caught: 22012: division by zero\n\s+wanted: 42501/,
    )
    await expect(as(owner)`select 1/0`.throwsOk('22012', { hint: /try/ })).rejects.toThrow(
      /have: hint \(none\)/,
    )
    await expect(as(owner)`select 1/0`.livesOk()).rejects.toThrow(/died: 22012: division by zero/)
    await expect(as(owner)`select 1/0`.isEmpty()).rejects.toThrow(/died: 22012/)
  })
})

describe('an actor', () => {
  const me = `select current_user as role, coalesce(auth.jwt() ->> 'tenant_id', 'none') as tenant`

  test('is put on for one statement and taken off after it', async ({ as }) => {
    await as(acme)(me).resultsEq([{ role: 'authenticated', tenant: acme.tenantId }])
    await as(owner)(me).resultsEq([{ role: 'postgres', tenant: 'none' }])
    await as(service)(me).resultsEq([{ role: 'service_role', tenant: 'none' }])
    await as(visitor)`select 1/0`.throwsOk('22012')
    await as(owner)(me).resultsEq([{ role: 'postgres', tenant: 'none' }])
  })

  test('leaves what it wrote for the next, and nothing of what was refused', async ({ as, session }) => {
    await session.run(
      'create table public.notes (n int primary key); grant all on public.notes to service_role;',
    )
    await as(service)`insert into public.notes values (1)`.livesOk()
    await as(service)`insert into public.notes values (2), (1)`.throwsOk('23505')
    await as(owner)`select n from public.notes`.resultsEq([{ n: 1 }])
  })

  test('is somebody who owns nothing and is no superuser', async ({ as }) => {
    await as(owner)`
      select rolname, rolsuper, rolbypassrls from pg_roles
      where rolname in ('postgres', 'anon', 'authenticated', 'service_role', 'authenticator')`.bagEq([
      { rolname: 'postgres', rolsuper: false, rolbypassrls: true },
      { rolname: 'anon', rolsuper: false, rolbypassrls: false },
      { rolname: 'authenticated', rolsuper: false, rolbypassrls: false },
      { rolname: 'service_role', rolsuper: false, rolbypassrls: true },
      { rolname: 'authenticator', rolsuper: false, rolbypassrls: false },
    ])
  })
})

describe('a test', () => {
  for (const run of ['first', 'second']) {
    test(`leaves nothing to the next (${run})`, async ({ as }) => {
      await as(owner)`create table public.left_behind ()`.livesOk()
    })
  }
})
