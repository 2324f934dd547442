/** The example of each claim, as its documentation has it. Written by `npm run examples`. */
import { owner } from '../../../fixtures/people.ts'
import { expect, test } from '../../harness/index.ts'
import { callPgtap, typed } from '../../pgtap/index.ts'

test('hasCast', async ({ tapAtZoo: tap }) => {
  await tap.hasCast('zoo.place', 'text', { function: 'zoo.place_to_text' })
})

test('hasntCast', async ({ tapAtZoo: tap }) => {
  await tap.hasntCast('zoo.mood', 'bigint')
})

test('castContextIs', async ({ tapAtZoo: tap }) => {
  await tap.castContextIs('zoo.place', 'text', 'assignment')
})

test('castsAre', async ({ tapAtZoo: tap }) => {
  await expect(tap.castsAre(['zoo.place AS text'])).rejects.toThrow('Extra casts')
})

test('columnsAre', async ({ tapAtZoo: tap }) => {
  await tap.columnsAre('zoo.notes', ['body'])
})

test('defaultPrivsAre', async ({ tapAtZoo: tap }) => {
  await tap.defaultPrivsAre('postgres', 'zoo', 'tables', 'zoo_vets', ['SELECT'])
})

test('hasDomain', async ({ tapAtZoo: tap }) => {
  await tap.hasDomain('zoo.weight_kg')
})

test('hasntDomain', async ({ tapAtZoo: tap }) => {
  await tap.hasntDomain('zoo.mood')
})

test('domainsAre', async ({ tapAtZoo: tap }) => {
  await tap.domainsAre('Odd Zoo', ['Short Text'])
})

test('domainTypeIs', async ({ tapAtZoo: tap }) => {
  await tap.domainTypeIs('zoo.weight_kg', 'numeric')
})

test('domainTypeIsnt', async ({ tapAtZoo: tap }) => {
  await tap.domainTypeIsnt('zoo.weight_kg', 'integer')
})

test('hasEnum', async ({ tapAtZoo: tap }) => {
  await tap.hasEnum('zoo.mood')
})

test('hasntEnum', async ({ tapAtZoo: tap }) => {
  await tap.hasntEnum('zoo.place')
})

test('enumsAre', async ({ tapAtZoo: tap }) => {
  await tap.enumsAre('zoo', ['mood'])
})

test('enumHasLabels', async ({ tapAtZoo: tap }) => {
  await tap.enumHasLabels('zoo.mood', ['calm', 'playful', 'hungry'])
})

test('hasExtension', async ({ tapAtZoo: tap }) => {
  await tap.hasExtension('extensions."uuid-ossp"')
})

test('hasntExtension', async ({ tapAtZoo: tap }) => {
  await tap.hasntExtension('public.pgcrypto')
})

test('extensionsAre', async ({ tapAtZoo: tap }) => {
  await tap.extensionsAre('pg_catalog', ['plpgsql'])
})

test('isDefiner', async ({ tapAtZoo: tap }) => {
  await tap.isDefiner('zoo.feed')
})

test('isntDefiner', async ({ tapAtZoo: tap }) => {
  await tap.isntDefiner('zoo.greet', ['text'])
})

test('isStrict', async ({ tapAtZoo: tap }) => {
  await tap.isStrict('zoo.greet', ['text'])
})

test('isntStrict', async ({ tapAtZoo: tap }) => {
  await tap.isntStrict('zoo.feed')
})

test('isAggregate', async ({ tapAtZoo: tap }) => {
  await tap.isAggregate('zoo.total_weight')
})

test('isntAggregate', async ({ tapAtZoo: tap }) => {
  await tap.isntAggregate('zoo.feed')
})

test('isNormalFunction', async ({ tapAtZoo: tap }) => {
  await tap.isNormalFunction('zoo.feed')
})

test('isntNormalFunction', async ({ tapAtZoo: tap }) => {
  await tap.isntNormalFunction('zoo.total_weight')
})

test('isWindow', async ({ tapAtZoo: tap }) => {
  await tap.isWindow('zoo.running_number')
})

test('isntWindow', async ({ tapAtZoo: tap }) => {
  await tap.isntWindow('zoo.feed')
})

test('isProcedure', async ({ tapAtZoo: tap }) => {
  await tap.isProcedure('zoo.clean', ['integer'])
})

test('isntProcedure', async ({ tapAtZoo: tap }) => {
  await tap.isntProcedure('zoo.feed')
})

test('functionSearchPathIs', async ({ tapAtZoo: tap }) => {
  await tap.functionSearchPathIs('zoo.greet', ['text'], '')
})

test('functionSettingsAre', async ({ tapAtZoo: tap }) => {
  await tap.functionSettingsAre('zoo.greet', ['text'], ['search_path=""'])
})

test('functionParallelIs', async ({ tapAtZoo: tap }) => {
  await tap.functionParallelIs('zoo.greet', ['text'], 'safe')
})

test('hasFunction', async ({ tapAtZoo: tap }) => {
  await tap.hasFunction('zoo.greet', ['text', 'integer'])
})

test('hasntFunction', async ({ tapAtZoo: tap }) => {
  await tap.hasntFunction('zoo.greet', ['integer'])
})

test('functionsAre', async ({ tapAtZoo: tap }) => {
  await tap.functionsAre('zoo_annex', ['greet'])
})

test('functionSignaturesAre', async ({ tapAtZoo: tap }) => {
  await tap.functionSignaturesAre('zoo_annex', ['greet(text)'])
})

test('can', async ({ tapAtZoo: tap }) => {
  await tap.can('zoo', ['greet', 'feed'])
})

test('functionLangIs', async ({ tapAtZoo: tap }) => {
  await tap.functionLangIs('zoo.greet', ['text'], 'sql')
})

test('functionReturns', async ({ tapAtZoo: tap }) => {
  await tap.functionReturns('zoo.greet', ['text', 'integer'], 'setof text')
})

test('volatilityIs', async ({ tapAtZoo: tap }) => {
  await tap.volatilityIs('zoo.greet', ['text'], 'immutable')
})

test('colIsPk', async ({ tapAtZoo: tap }) => {
  await tap.colIsPk('zoo.feedings', ['animal_id', 'fed_at'])
})

test('hasLanguage', async ({ tapAtZoo: tap }) => {
  await tap.hasLanguage('plpgsql')
})

test('hasntLanguage', async ({ tapAtZoo: tap }) => {
  await tap.hasntLanguage('plcobol')
})

test('languageIsTrusted', async ({ tapAtZoo: tap }) => {
  await tap.languageIsTrusted('plpgsql')
})

test('languagesAre', async ({ tapAtZoo: tap }) => {
  await tap.languagesAre(['plpgsql', 'zoo_language'])
})

test('isMemberOf', async ({ tapAtZoo: tap }) => {
  await tap.isMemberOf('zoo_keepers', 'zoo_keeper')
})

test('isntMemberOf', async ({ tapAtZoo: tap }) => {
  await tap.isntMemberOf('zoo_keepers', ['zoo_director', 'Zoo Guest'])
})

test('raisesNotices', async ({ asAtZoo: as }) => {
  await as(owner)`select zoo.feed(1, 'fish')`.raisesNotices(['fed 1 with {fish}'])
})

test('hasOpclass', async ({ tapAtZoo: tap }) => {
  await tap.hasOpclass('zoo.place_ops')
})

test('hasntOpclass', async ({ tapAtZoo: tap }) => {
  await tap.hasntOpclass('zoo.mood_ops')
})

test('opclassesAre', async ({ tapAtZoo: tap }) => {
  await tap.opclassesAre('zoo', ['place_ops'])
})

test('hasOperator', async ({ tapAtZoo: tap }) => {
  await tap.hasOperator('zoo.place', 'zoo.===', 'zoo.place', { returns: 'boolean' })
})

test('hasntOperator', async ({ tapAtZoo: tap }) => {
  await tap.hasntOperator('zoo.place', 'zoo.===', 'text')
})

test('hasLeftop', async ({ tapAtZoo: tap }) => {
  await tap.hasLeftop('zoo.!!!', 'zoo.place')
})

test('hasntLeftop', async ({ tapAtZoo: tap }) => {
  await tap.hasntLeftop('zoo.!!!', 'zoo.mood')
})

test('hasRightop', async ({ tapAtZoo: tap }) => {
  await expect(tap.hasRightop('bigint', '!')).rejects.toThrow('should exist')
})

test('hasntRightop', async ({ tapAtZoo: tap }) => {
  await tap.hasntRightop('bigint', '!')
})

test('operatorsAre', async ({ tapAtZoo: tap }) => {
  await tap.operatorsAre('zoo', ['===(place,place) RETURNS boolean', '!!!(NONE,place) RETURNS boolean'])
})

test('usesIndex', async ({ asAtZoo: as }) => {
  await as(owner)`select from zoo.animals where id = 1`.usesIndex('animals_pkey')
})

test('avoidsSeqScanOn', async ({ asAtZoo: as }) => {
  await as(owner)`select from zoo.animals where id = 1`.avoidsSeqScanOn('zoo.animals')
})

test('hasInitPlans', async ({ asAtZoo: as }) => {
  await as(owner)`select from zoo.animals where id = (select count(*) from zoo.keepers)`.hasInitPlans(1)
})

test('tablePrivsAre', async ({ tapAtZoo: tap }) => {
  await tap.tablePrivsAre('zoo.animals', 'zoo_keepers', ['SELECT', 'INSERT'])
})

test('sequencePrivsAre', async ({ tapAtZoo: tap }) => {
  await tap.sequencePrivsAre('zoo.ticket_numbers', 'zoo_keepers', ['SELECT', 'USAGE', 'UPDATE'])
})

test('anyColumnPrivsAre', async ({ tapAtZoo: tap }) => {
  await tap.anyColumnPrivsAre('zoo.keepers', 'zoo_vets', ['SELECT', 'UPDATE'])
})

test('columnPrivsAre', async ({ tapAtZoo: tap }) => {
  await tap.columnPrivsAre('zoo.keepers', 'name', 'zoo_vets', ['SELECT', 'UPDATE'])
})

test('databasePrivsAre', async ({ tapAtZoo: tap }) => {
  await tap.databasePrivsAre('postgres', 'zoo_keepers', ['CONNECT', 'TEMPORARY'])
})

test('schemaPrivsAre', async ({ tapAtZoo: tap }) => {
  await tap.schemaPrivsAre('zoo', 'zoo_keepers', ['USAGE'])
})

test('tablespacePrivsAre', async ({ tapAtZoo: tap }) => {
  await tap.tablespacePrivsAre('pg_default', 'zoo_keepers', [])
})

test('languagePrivsAre', async ({ tapAtZoo: tap }) => {
  await tap.languagePrivsAre('zoo_language', 'zoo_vets', ['USAGE'])
})

test('fdwPrivsAre', async ({ tapAtZoo: tap }) => {
  await tap.fdwPrivsAre('zoo_wrapper', 'zoo_keepers', ['USAGE'])
})

test('serverPrivsAre', async ({ tapAtZoo: tap }) => {
  await tap.serverPrivsAre('zoo_server', 'zoo_keepers', ['USAGE'])
})

test('functionPrivsAre', async ({ tapAtZoo: tap }) => {
  await tap.functionPrivsAre('zoo.greet', ['text'], 'zoo_keepers', ['EXECUTE'])
})

test('throwsOk', async ({ asAtZoo: as }) => {
  await as(owner)`select 1 / 0`.throwsOk('22012', 'division by zero')
})

test('throwsLike', async ({ asAtZoo: as }) => {
  await as(owner)`select 1 / 0`.throwsLike('division by %')
})

test('throwsIlike', async ({ asAtZoo: as }) => {
  await as(owner)`select 1 / 0`.throwsIlike('DIVISION BY %')
})

test('throwsMatching', async ({ asAtZoo: as }) => {
  await as(owner)`select 1 / 0`.throwsMatching('^division')
})

test('throwsImatching', async ({ asAtZoo: as }) => {
  await as(owner)`select 1 / 0`.throwsImatching('^DIVISION')
})

test('livesOk', async ({ asAtZoo: as }) => {
  await as(owner)`select 1`.livesOk()
})

test('hasRelation', async ({ tapAtZoo: tap }) => {
  await tap.hasRelation('zoo.animals')
})

test('hasntRelation', async ({ tapAtZoo: tap }) => {
  await tap.hasntRelation('zoo.nothing')
})

test('hasTable', async ({ tapAtZoo: tap }) => {
  await tap.hasTable('zoo.animals')
})

test('hasntTable', async ({ tapAtZoo: tap }) => {
  await tap.hasntTable('zoo.nothing')
})

test('hasView', async ({ tapAtZoo: tap }) => {
  await tap.hasView('zoo.heavy_animals')
})

test('hasntView', async ({ tapAtZoo: tap }) => {
  await tap.hasntView('zoo.animals')
})

test('hasMaterializedView', async ({ tapAtZoo: tap }) => {
  await tap.hasMaterializedView('zoo.census')
})

test('hasntMaterializedView', async ({ tapAtZoo: tap }) => {
  await tap.hasntMaterializedView('zoo.heavy_animals')
})

test('hasSequence', async ({ tapAtZoo: tap }) => {
  await tap.hasSequence('zoo.ticket_numbers')
})

test('hasntSequence', async ({ tapAtZoo: tap }) => {
  await tap.hasntSequence('zoo.animals')
})

test('hasForeignTable', async ({ tapAtZoo: tap }) => {
  await tap.hasForeignTable('zoo.visitors_elsewhere')
})

test('hasntForeignTable', async ({ tapAtZoo: tap }) => {
  await tap.hasntForeignTable('zoo.animals')
})

test('hasComposite', async ({ tapAtZoo: tap }) => {
  await tap.hasComposite('zoo.place')
})

test('hasntComposite', async ({ tapAtZoo: tap }) => {
  await tap.hasntComposite('zoo.animals')
})

test('tablesAre', async ({ tapAtZoo: tap }) => {
  await tap.tablesAre('zoo_annex', ['keepers_twin', 'stables', 'visits_later'])
})

test('viewsAre', async ({ tapAtZoo: tap }) => {
  await tap.viewsAre('zoo', ['heavy_animals'])
})

test('materializedViewsAre', async ({ tapAtZoo: tap }) => {
  await tap.materializedViewsAre('zoo', ['census'])
})

test('sequencesAre', async ({ tapAtZoo: tap }) => {
  await tap.sequencesAre('zoo_annex', ['stables_id_seq'])
})

test('foreignTablesAre', async ({ tapAtZoo: tap }) => {
  await tap.foreignTablesAre('zoo', ['visitors_elsewhere'])
})

test('resultsEq', async ({ asAtZoo: as }) => {
  await as(owner)`select name from zoo.keepers order by id`.resultsEq([{ name: 'Anna' }, { name: 'Bert' }])
})

test('resultsNe', async ({ asAtZoo: as }) => {
  await as(owner)`select name from zoo.keepers order by id`.resultsNe([{ name: 'Bert' }, { name: 'Anna' }])
})

test('rowEq', async ({ asAtZoo: as }) => {
  await as(owner)`select id, name from zoo.keepers order by id`.rowEq({ id: 1, name: 'Anna' })
})

test('isEmpty', async ({ asAtZoo: as }) => {
  await as(owner)`select from zoo.keepers where name = 'Nobody'`.isEmpty()
})

test('isntEmpty', async ({ asAtZoo: as }) => {
  await as(owner)`select from zoo.keepers`.isntEmpty()
})

test('hasRole', async ({ tapAtZoo: tap }) => {
  await tap.hasRole('zoo_vets')
})

test('hasntRole', async ({ tapAtZoo: tap }) => {
  await tap.hasntRole('zoo_poacher')
})

test('rolesAre', async ({ tapAtZoo: tap }) => {
  await expect(tap.rolesAre(['zoo_vets'])).rejects.toThrow('Extra roles')
})

test('hasUser', async ({ tapAtZoo: tap }) => {
  await tap.hasUser('zoo_keeper')
})

test('hasntUser', async ({ tapAtZoo: tap }) => {
  await tap.hasntUser('zoo_vets')
})

test('usersAre', async ({ tapAtZoo: tap }) => {
  await expect(tap.usersAre(['zoo_keeper'])).rejects.toThrow('Extra users')
})

test('hasGroup', async ({ tapAtZoo: tap }) => {
  await tap.hasGroup('zoo_vets')
})

test('hasntGroup', async ({ tapAtZoo: tap }) => {
  await tap.hasntGroup('zoo_keeper')
})

test('groupsAre', async ({ tapAtZoo: tap }) => {
  await expect(tap.groupsAre(['zoo_vets'])).rejects.toThrow('Extra groups')
})

test('isSuperuser', async ({ tapAtZoo: tap }) => {
  await tap.isSuperuser('zoo_director')
})

test('isntSuperuser', async ({ tapAtZoo: tap }) => {
  await tap.isntSuperuser('zoo_keeper')
})

test('hasSchema', async ({ tapAtZoo: tap }) => {
  await tap.hasSchema('zoo')
})

test('hasntSchema', async ({ tapAtZoo: tap }) => {
  await tap.hasntSchema('nowhere')
})

test('schemasAre', async ({ tapAtZoo: tap }) => {
  await tap.schemasAre(['auth', 'extensions', 'public', 'zoo', 'zoo_annex', 'Odd Zoo'])
})

test('setEq', async ({ asAtZoo: as }) => {
  await as(owner)`select species from zoo.animals`.setEq(['lion', 'otter'])
})

test('bagEq', async ({ asAtZoo: as }) => {
  await as(owner)`select species from zoo.animals`.bagEq(['lion', 'otter', 'otter'])
})

test('setNe', async ({ asAtZoo: as }) => {
  await as(owner)`select species from zoo.animals`.setNe(['lion'])
})

test('bagNe', async ({ asAtZoo: as }) => {
  await as(owner)`select species from zoo.animals`.bagNe(['lion', 'otter'])
})

test('setHas', async ({ asAtZoo: as }) => {
  await as(owner)`select species from zoo.animals`.setHas(['otter'])
})

test('bagHas', async ({ asAtZoo: as }) => {
  await as(owner)`select species from zoo.animals`.bagHas(['otter', 'otter'])
})

test('setHasnt', async ({ asAtZoo: as }) => {
  await as(owner)`select species from zoo.animals`.setHasnt(['shark'])
})

test('bagHasnt', async ({ asAtZoo: as }) => {
  await as(owner)`select species from zoo.animals`.bagHasnt(['shark'])
})

test('callPgtap', async ({ zoo: session }) => {
  const zoo = { type: 'name', value: 'zoo' }
  const { ok } = await callPgtap(session, 'has_table', [zoo, { type: 'name', value: 'animals' }])
  expect(ok).toBe(true)
})

test('hasTablespace', async ({ tapAtZoo: tap }) => {
  await tap.hasTablespace('pg_default')
})

test('hasntTablespace', async ({ tapAtZoo: tap }) => {
  await tap.hasntTablespace('fast_disk')
})

test('tablespacesAre', async ({ tapAtZoo: tap }) => {
  await tap.tablespacesAre(['pg_default', 'pg_global'])
})

test('performsOk', async ({ asAtZoo: as }) => {
  await as(owner)`select 1`.performsOk(1_000)
})

test('performsWithin', async ({ asAtZoo: as }) => {
  await as(owner)`select 1`.performsWithin(0, 1_000)
})

test('hasType', async ({ tapAtZoo: tap }) => {
  await tap.hasType('zoo.place')
})

test('hasntType', async ({ tapAtZoo: tap }) => {
  await tap.hasntType('zoo.nothing')
})

test('typesAre', async ({ tapAtZoo: tap }) => {
  await tap.typesAre('Odd Zoo', ['Mood Swing', 'Short Text'])
})

test('ok', async ({ tapAtZoo: tap }) => {
  await tap.ok(1 + 1 === 2, 'one and one are two')
})

test('pass', async ({ tapAtZoo: tap }) => {
  await tap.pass('we got here')
})

test('fail', async ({ tapAtZoo: tap }) => {
  await expect(tap.fail('we should not get here')).rejects.toThrow('we should not get here')
})

test('is', async ({ tapAtZoo: tap }) => {
  await tap.is(typed('numeric', '1.50'), '1.5', 'the price is right')
})

test('isnt', async ({ tapAtZoo: tap }) => {
  await tap.isnt('have', 'want')
})

test('matches', async ({ tapAtZoo: tap }) => {
  await tap.matches('standard', '^stan')
})

test('imatches', async ({ tapAtZoo: tap }) => {
  await tap.imatches('Standard', '^stan')
})

test('doesntMatch', async ({ tapAtZoo: tap }) => {
  await tap.doesntMatch('standard', '^gpu')
})

test('doesntImatch', async ({ tapAtZoo: tap }) => {
  await tap.doesntImatch('standard', '^GPU')
})

test('alike', async ({ tapAtZoo: tap }) => {
  await tap.alike('standard', 'stan%')
})

test('ialike', async ({ tapAtZoo: tap }) => {
  await tap.ialike('Standard', 'stan%')
})

test('unalike', async ({ tapAtZoo: tap }) => {
  await tap.unalike('standard', 'gpu%')
})

test('unialike', async ({ tapAtZoo: tap }) => {
  await tap.unialike('standard', 'GPU%')
})

test('cmpOk', async ({ tapAtZoo: tap }) => {
  await tap.cmpOk(typed('interval', '1 day'), '<', '36 hours')
})

test('isaOk', async ({ tapAtZoo: tap }) => {
  await tap.isaOk(typed('interval', '1 day'), 'interval', 'a day')
})
