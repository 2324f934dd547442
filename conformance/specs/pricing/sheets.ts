/** Lists to begin with: a sheet of models, and a whole public list. */

/** A model as a sheet has it. */
export const model = {
  provider: 'openai',
  model: 'gpt-5',
  unit: 'USD per 1,000,000 tokens',
  input: '1.25',
  output: '10',
}

/** A sheet of these models. */
export const sheet = (...models: unknown[]) => ({ meta: { as_of: '2026-01-20', currency: 'USD' }, models })

/** A public list. */
export const LIST = 'fixtures/pricing/litellm-2026-01-03.json'
