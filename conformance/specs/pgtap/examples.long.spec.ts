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

test('colDefaultIs', async ({ tapAtZoo: tap }) => {
  await tap.colDefaultIs('zoo.animals', 'species', 'otter')
})

test('colTypeIs', async ({ tapAtZoo: tap }) => {
  await tap.colTypeIs('zoo.animals', 'fee', 'numeric(10,2)')
})

test('columnsAreType', async ({ tapAtZoo: tap }) => {
  await tap.columnsAreType('zoo', /_at$/, 'timestamptz')
})

test('hasColumn', async ({ tapAtZoo: tap }) => {
  await tap.hasColumn('zoo.animals', 'species')
})

test('hasntColumn', async ({ tapAtZoo: tap }) => {
  await tap.hasntColumn('zoo.animals', 'wings')
})

test('columnsAre', async ({ tapAtZoo: tap }) => {
  await tap.columnsAre('zoo.notes', ['body'])
})

test('colNotNull', async ({ tapAtZoo: tap }) => {
  await tap.colNotNull('zoo.animals', 'species')
})

test('colIsNull', async ({ tapAtZoo: tap }) => {
  await tap.colIsNull('zoo.animals', 'name')
})

test('colHasDefault', async ({ tapAtZoo: tap }) => {
  await tap.colHasDefault('zoo.animals', 'species')
})

test('colHasntDefault', async ({ tapAtZoo: tap }) => {
  await tap.colHasntDefault('zoo.animals', 'name')
})

test('commentIs', async ({ tapAtZoo: tap }) => {
  await tap.commentIs('column', ['zoo.animals', 'species'], 'In English.')
})

test('hasUnique', async ({ tapAtZoo: tap }) => {
  await tap.hasUnique('zoo.keepers')
})

test('hasCheck', async ({ tapAtZoo: tap }) => {
  await tap.hasCheck('zoo.animals')
})

test('colIsUnique', async ({ tapAtZoo: tap }) => {
  await tap.colIsUnique('zoo.feedings', ['fed_at', 'food'])
})

test('colHasCheck', async ({ tapAtZoo: tap }) => {
  await tap.colHasCheck('zoo.animals', 'legs')
})

test('hasConstraint', async ({ tapAtZoo: tap }) => {
  await tap.hasConstraint('zoo.animals', 'animals_legs_are_few')
})

test('hasntConstraint', async ({ tapAtZoo: tap }) => {
  await tap.hasntConstraint('zoo.animals', 'animals_legs_are_many')
})

test('constraintsAre', async ({ tapAtZoo: tap }) => {
  await tap.constraintsAre('zoo.portions', ['portions_feeding_fkey', 'portions_int4range_excl'])
})

test('checksAre', async ({ tapAtZoo: tap }) => {
  await tap.checksAre('zoo.animals', ['animals_legs_are_few', 'animals_name_and_species_differ'])
})

test('constraintIs', async ({ tapAtZoo: tap }) => {
  await tap.constraintIs('zoo.feedings', 'feedings_pkey', 'PRIMARY KEY (animal_id, fed_at)')
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

test('hasFk', async ({ tapAtZoo: tap }) => {
  await tap.hasFk('zoo.animals')
})

test('hasntFk', async ({ tapAtZoo: tap }) => {
  await tap.hasntFk('zoo.keepers')
})

test('colIsFk', async ({ tapAtZoo: tap }) => {
  await tap.colIsFk('zoo.portions', ['animal_id', 'fed_at'])
})

test('colIsntFk', async ({ tapAtZoo: tap }) => {
  await tap.colIsntFk('zoo.portions', 'portion')
})

test('fkOk', async ({ tapAtZoo: tap }) => {
  await tap.fkOk('zoo.animals', 'keeper_id', 'zoo.keepers', 'id')
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

test('functionsOfVolatilityAre', async ({ tapAtZoo: tap }) => {
  await tap.functionsOfVolatilityAre('zoo', 'stable', ['greet(text, integer)', 'census_of(text)'])
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

test('indexIs', async ({ tapAtZoo: tap }) => {
  await tap.indexIs('zoo.animals', 'animals_lower_name_idx', 'UNIQUE btree (lower((name)::text))')
})

test('indexDefinitionsAre', async ({ tapAtZoo: tap }) => {
  await tap.indexDefinitionsAre('zoo.keepers', {
    keepers_pkey: 'UNIQUE btree (id)',
    keepers_name_key: 'UNIQUE btree (name)',
  })
})

test('indexIsUnique', async ({ tapAtZoo: tap }) => {
  await tap.indexIsUnique('zoo.animals', 'animals_lower_name_idx')
})

test('indexIsPrimary', async ({ tapAtZoo: tap }) => {
  await tap.indexIsPrimary('zoo.animals_pkey')
})

test('indexIsPartial', async ({ tapAtZoo: tap }) => {
  await tap.indexIsPartial('zoo.animals', 'animals_hungry_idx')
})

test('isClustered', async ({ tapAtZoo: tap }) => {
  await tap.isClustered('zoo.feedings', 'feedings_pkey')
})

test('indexIsType', async ({ tapAtZoo: tap }) => {
  await tap.indexIsType('zoo.animals', 'animals_tags_idx', 'gin')
})

test('hasIndex', async ({ tapAtZoo: tap }) => {
  await tap.hasIndex('zoo.animals', 'animals_species_name_idx', ['species', 'name'])
})

test('hasntIndex', async ({ tapAtZoo: tap }) => {
  await tap.hasntIndex('zoo.animals', 'animals_wings_idx')
})

test('indexesAre', async ({ tapAtZoo: tap }) => {
  await tap.indexesAre('zoo.keepers', ['keepers_pkey', 'keepers_name_key'])
})

test('isIndexed', async ({ tapAtZoo: tap }) => {
  await tap.isIndexed('zoo.animals', ['species', 'name'])
})

test('hasInheritedTables', async ({ tapAtZoo: tap }) => {
  await tap.hasInheritedTables('zoo.building')
})

test('hasntInheritedTables', async ({ tapAtZoo: tap }) => {
  await tap.hasntInheritedTables('zoo.lagoon')
})

test('isAncestorOf', async ({ tapAtZoo: tap }) => {
  await tap.isAncestorOf('zoo.building', 'zoo.reef', 2)
})

test('isntAncestorOf', async ({ tapAtZoo: tap }) => {
  await tap.isntAncestorOf('zoo.reef', 'zoo.building')
})

test('isDescendentOf', async ({ tapAtZoo: tap }) => {
  await tap.isDescendentOf('zoo.reef', 'zoo.aquarium', 1)
})

test('isntDescendentOf', async ({ tapAtZoo: tap }) => {
  await tap.isntDescendentOf('zoo.aquarium', 'zoo.reef')
})

test('hasPk', async ({ tapAtZoo: tap }) => {
  await tap.hasPk('zoo.animals')
})

test('hasntPk', async ({ tapAtZoo: tap }) => {
  await tap.hasntPk('zoo.notes')
})

test('colIsPk', async ({ tapAtZoo: tap }) => {
  await tap.colIsPk('zoo.feedings', ['animal_id', 'fed_at'])
})

test('colIsntPk', async ({ tapAtZoo: tap }) => {
  await tap.colIsntPk('zoo.feedings', 'animal_id')
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

test('dbOwnerIs', async ({ tapAtZoo: tap }) => {
  await expect(tap.dbOwnerIs('template1', 'zoo_keeper')).rejects.toThrow('should be owned by zoo_keeper')
})

test('schemaOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.schemaOwnerIs('zoo_annex', 'zoo_keepers')
})

test('tablespaceOwnerIs', async ({ tapAtZoo: tap }) => {
  await expect(tap.tablespaceOwnerIs('fast_disk', 'zoo_keeper')).rejects.toThrow('does not exist')
})

test('languageOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.languageOwnerIs('zoo_language', 'zoo_director')
})

test('relationOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.relationOwnerIs('zoo.feedings', 'zoo_keepers')
})

test('tableOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.tableOwnerIs('zoo.notes', 'zoo_vets')
})

test('viewOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.viewOwnerIs('zoo.heavy_animals', 'zoo_keepers')
})

test('materializedViewOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.materializedViewOwnerIs('zoo.census', 'zoo_keepers')
})

test('sequenceOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.sequenceOwnerIs('zoo.ticket_numbers', 'zoo_vets')
})

test('compositeOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.compositeOwnerIs('zoo.place', 'zoo_keepers')
})

test('foreignTableOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.foreignTableOwnerIs('zoo.visitors_elsewhere', 'zoo_keepers')
})

test('typeOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.typeOwnerIs('zoo.mood', 'zoo_vets')
})

test('opclassOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.opclassOwnerIs('zoo.place_ops', 'zoo_vets')
})

test('indexOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.indexOwnerIs('zoo.feedings', 'feedings_pkey', 'zoo_keepers')
})

test('functionOwnerIs', async ({ tapAtZoo: tap }) => {
  await tap.functionOwnerIs('zoo.greet', ['text'], 'zoo_keepers')
})

test('isPartitioned', async ({ tapAtZoo: tap }) => {
  await tap.isPartitioned('zoo.visits')
})

test('isntPartitioned', async ({ tapAtZoo: tap }) => {
  await tap.isntPartitioned('zoo.animals')
})

test('isPartitionOf', async ({ tapAtZoo: tap }) => {
  await tap.isPartitionOf('zoo_annex.visits_later', 'zoo.visits')
})

test('partitionsAre', async ({ tapAtZoo: tap }) => {
  await tap.partitionsAre('zoo.visits', ['zoo.visits_2025', 'zoo.visits_2026', 'zoo_annex.visits_later'])
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

test('policiesAre', async ({ tapAtZoo: tap }) => {
  await tap.policiesAre('zoo.feedings', ['Odd Policy'])
})

test('policyRolesAre', async ({ tapAtZoo: tap }) => {
  await tap.policyRolesAre('zoo.animals', 'animals_select_keepers', ['zoo_keepers'])
})

test('policyCmdIs', async ({ tapAtZoo: tap }) => {
  await tap.policyCmdIs('zoo.animals', 'animals_select_keepers', 'SELECT')
})

test('policyIsPermissive', async ({ tapAtZoo: tap }) => {
  await tap.policyIsPermissive('zoo.animals', 'animals_select_keepers')
})

test('policyIsRestrictive', async ({ tapAtZoo: tap }) => {
  await tap.policyIsRestrictive('zoo.animals', 'animals_all')
})

test('policyUsingIs', async ({ tapAtZoo: tap }) => {
  await tap.policyUsingIs('zoo.animals', 'animals_select_keepers', '(keeper_id IS NOT NULL)')
})

test('policyWithCheckIs', async ({ tapAtZoo: tap }) => {
  await tap.policyWithCheckIs('zoo.animals', 'animals_insert_vets', '(legs > 0)')
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

test('rlsIsEnabled', async ({ tapAtZoo: tap }) => {
  await tap.rlsIsEnabled('zoo.animals')
})

test('rlsIsntEnabled', async ({ tapAtZoo: tap }) => {
  await tap.rlsIsntEnabled('zoo.keepers')
})

test('rlsIsForced', async ({ tapAtZoo: tap }) => {
  await tap.rlsIsForced('zoo.feedings')
})

test('rlsIsntForced', async ({ tapAtZoo: tap }) => {
  await tap.rlsIsntForced('zoo.animals')
})

test('hasRule', async ({ tapAtZoo: tap }) => {
  await tap.hasRule('zoo.notes', 'no_deletes')
})

test('hasntRule', async ({ tapAtZoo: tap }) => {
  await tap.hasntRule('zoo.notes', 'no_updates')
})

test('rulesAre', async ({ tapAtZoo: tap }) => {
  await tap.rulesAre('zoo.notes', ['no_deletes'])
})

test('ruleIsInstead', async ({ tapAtZoo: tap }) => {
  await tap.ruleIsInstead('zoo.notes', 'no_deletes')
})

test('ruleIsOn', async ({ tapAtZoo: tap }) => {
  await tap.ruleIsOn('zoo.notes', 'no_deletes', 'DELETE')
})

test('privsOnRelationsAre', async ({ tapAtZoo: tap }) => {
  await tap.privsOnRelationsAre('zoo_annex', 'zoo_vets', {})
})

test('executableFunctionsAre', async ({ tapAtZoo: tap }) => {
  await tap.executableFunctionsAre('zoo_annex', 'zoo_vets', ['greet(text)'])
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

test('hasTrigger', async ({ tapAtZoo: tap }) => {
  await tap.hasTrigger('zoo.animals', '_100_note_change')
})

test('hasntTrigger', async ({ tapAtZoo: tap }) => {
  await tap.hasntTrigger('zoo.animals', '_200_note_change')
})

test('triggersAre', async ({ tapAtZoo: tap }) => {
  await tap.triggersAre('zoo.animals', ['_100_note_change', 'Odd Trigger'])
})

test('triggerIs', async ({ tapAtZoo: tap }) => {
  await tap.triggerIs('zoo.animals', '_100_note_change', 'zoo.note_change')
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

test('viewIsSecurityInvoker', async ({ tapAtZoo: tap }) => {
  await tap.viewIsSecurityInvoker('zoo.heavy_animals')
})

test('viewOptionsAre', async ({ tapAtZoo: tap }) => {
  await tap.viewOptionsAre('zoo.heavy_animals', { security_invoker: true })
})
