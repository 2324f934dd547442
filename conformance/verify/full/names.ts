/** Other names of models: each has to lead to a price, and to be needed. */
import type { Check } from './check.ts'
import { covers, versionNamed } from './price-lists.ts'

/** Examples that are told of each kind. */
const TOLD = 20

/** Aliases of what has no price, and aliases that an exact match makes useless. */
export const aliases: Check = {
  id: 'full/prices/aliases',
  title: 'Every alias of a model leads to a price',
  group: 'prices',
  since: versionNamed('llm_model_pricing'),
  reads: ['model_aliases', 'model_pricing'],
  async ask(session) {
    const priced = (model: string) =>
      `exists (select from copilot_internal.model_pricing as p where p.provider = a.provider and p.model = ${model} and ${covers('p', 'now()')})`
    const rows = await session.query(
      `select a.provider || ' ' || a.alias as alias, a.provider || ' ' || a.model as model, ${priced('a.model')} as leads,
              exists (select from copilot_internal.model_aliases as b where b.provider = a.provider and b.alias = a.model) as chained
       from copilot_internal.model_aliases as a
       where not ${priced('a.model')} or ${priced('a.alias')}
       order by 1 limit ${TOLD}`,
    )
    return {
      warnings: rows.map(({ alias, model, leads, chained }) =>
        leads === 't'
          ? {
              objects: [`alias ${alias}`],
              have: `a price of its own, which is used instead of that of ${model}`,
              want: 'one of the two',
              hint: 'Delete the alias, or end the price of that name.',
            }
          : {
              objects: [`alias ${alias}`],
              have: `an alias of ${model}, which has no price now`,
              want: 'a model that has one: usage by that name will be recorded unpriced',
              hint:
                chained === 't'
                  ? `${model} is an alias, too: let both lead to the model that has the price.`
                  : 'Set the price of that model, or let the alias lead to another.',
            },
      ),
    }
  },
}
