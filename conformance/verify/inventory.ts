/** What phase 1 consists of, by name. */

/** Tables whose presence and protection phase 1 promises, in alphabetical order. */
export const RECORD_TABLES = [
  'cost_quotas',
  'e2b_cost_records',
  'e2b_pricing',
  'llm_cost_records',
  'model_pricing',
] as const

/** The five functions, each with the one signature it may have. */
export const FUNCTIONS = [
  'calculate_e2b_cost(tier text, region text, execution_time_seconds numeric, cpu_core_seconds numeric, memory_gb_seconds numeric, disk_io_gb numeric, pricing_date timestamp with time zone)',
  'calculate_llm_cost(provider text, model text, input_tokens bigint, output_tokens bigint, pricing_date timestamp with time zone)',
  'check_e2b_quota(scope text, scope_id uuid, estimated_cost numeric)',
  'get_current_model_pricing(provider text, model text)',
  'increment_e2b_quota_spend(scope text, scope_id uuid, amount numeric)',
] as const

/** The seven views that add costs up. */
export const VIEWS = [
  'combined_cost_summary_by_tenant',
  'cost_summary_by_model',
  'cost_summary_by_task',
  'cost_summary_by_tenant',
  'e2b_cost_summary_by_conversation',
  'e2b_cost_summary_by_tenant',
  'e2b_cost_summary_by_tier',
] as const
