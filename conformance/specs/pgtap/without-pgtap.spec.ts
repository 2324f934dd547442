/**
 * Claims that pgTAP has no words for, each seen to fail: functions' settings, default privileges, notices, plans.
 */
import { owner } from '../../../fixtures/people.ts'
import { describe, expect, test } from '../../harness/index.ts'

describe('a function', () => {
  test('has the search path, settings and parallel safety that are claimed', async ({ tapAtZoo: tap }) => {
    await expect(tap.functionSearchPathIs('zoo.greet', ['text'], 'public')).rejects.toThrow(
      /have: ""\n\s+want: public/,
    )
    await expect(tap.functionSearchPathIs('zoo.feed', '')).rejects.toThrow(
      /have: the search path of its caller/,
    )
    await expect(tap.functionSearchPathIs('zoo.nothing', '')).rejects.toThrow(
      /zoo.nothing\(\) does not exist/,
    )
    await expect(tap.functionSettingsAre('zoo.greet', ['text'], ['work_mem=1MB'])).rejects.toThrow(
      /Extra settings:\n\s+search_path=""\n\s+Missing settings:\n\s+work_mem=1MB/,
    )
    await tap.functionSettingsAre('zoo.feed', ['bigint', 'text[]'], [])
    await expect(tap.functionParallelIs('zoo.greet', ['text'], 'unsafe')).rejects.toThrow(/have: safe/)
    await expect(tap.functionSignaturesAre('zoo_annex', ['greet()'])).rejects.toThrow(
      /Extra functions:\n\s+greet\(text\)\n\s+Missing functions:\n\s+greet\(\)/,
    )
  })
})

describe('default privileges', () => {
  test('are those altered for a schema and those for all together', async ({ tapAtZoo: tap, zoo }) => {
    await zoo.query(
      'alter default privileges for role postgres in schema zoo grant update on tables to zoo_vets',
    )
    await tap.defaultPrivsAre('postgres', 'zoo', 'tables', 'zoo_vets', ['SELECT', 'UPDATE'])
    await tap.defaultPrivsAre('postgres', 'zoo_annex', 'tables', 'zoo_vets', [])
    await expect(tap.defaultPrivsAre('postgres', 'zoo', 'tables', 'zoo_vets', ['DELETE'])).rejects.toThrow(
      /Extra privileges:\n\s+SELECT\n\s+UPDATE\n\s+Missing privileges:\n\s+DELETE/,
    )
    await expect(tap.defaultPrivsAre('postgres', 'zoo', 'tables', 'nobody', [])).rejects.toThrow(
      /Role nobody does not exist/,
    )
  })

  test('are those that are built in where none have been altered', async ({ tapAtZoo: tap, zoo }) => {
    await tap.defaultPrivsAre('postgres', null, 'types', 'public', ['USAGE'])
    await zoo.query('alter default privileges revoke usage on types from public')
    await tap.defaultPrivsAre('postgres', null, 'types', 'public', [])
    await expect(tap.defaultPrivsAre('postgres', null, 'types', 'public', ['USAGE'])).rejects.toThrow(
      /Missing privileges:\n\s+USAGE/,
    )
  })
})

describe('a statement', () => {
  test('raises the notices that are claimed and no others', async ({ asAtZoo: as }) => {
    await as(owner)`select 1`.raisesNotices([])
    await expect(as(owner)`select zoo.feed(1, 'fish')`.raisesNotices([])).rejects.toThrow(/have: fed 1 with/)
    await expect(as(owner)`select 1`.raisesNotices(['fed'])).rejects.toThrow(/want: fed/)
  })

  test('uses an index, or the plan says what it does instead', async ({ asAtZoo: as }) => {
    await expect(
      as(owner)`select from zoo.keepers where email = 'x'`.usesIndex('keepers_pkey'),
    ).rejects.toThrow(/The plan:\n\s+Seq Scan on keepers/)
    await expect(
      as(owner)`select from zoo.keepers where email = 'x'`.avoidsSeqScanOn('keepers'),
    ).rejects.toThrow(/Seq Scan on keepers/)
    await expect(as(owner)`select 1`.avoidsSeqScanOn('zoo.keepers')).rejects.toThrow(/is not read at all/)
    await as(owner)`select from zoo.keepers where id = ${1}`.avoidsSeqScanOn('zoo.keepers')
  })

  test('computes a value once, or for every row', async ({ asAtZoo: as }) => {
    await as(owner)`select from zoo.keepers where id = 1`.hasInitPlans(0)
    await expect(as(owner)`select from zoo.keepers where id = length(name)`.hasInitPlans(1)).rejects.toThrow(
      /Seq Scan on keepers filter/,
    )
  })
})
