/** A small shop whose second migration is watched, for the specs of the watched replay. */
import type { RunningEngine } from '../../engines/index.ts'
import { observedStep, readFolder, type StepResult } from '../../predeploy/index.ts'
import { plantedFolder } from './planted-folder.ts'

/** The first migration. There is no manifest: the second is judged against what it has made. */
export const BASE = `
  create schema private;
  create table public.shops (id bigint primary key, name text not null, since date not null default current_date);
  create table public.orders (
    id bigint primary key, shop_id bigint, amount numeric, note text, email text
  );
  alter table public.shops enable row level security;
  alter table public.orders enable row level security;
  revoke all on public.shops, public.orders from anon, authenticated;
  grant select on public.shops, public.orders to authenticated;
  create policy orders_select_own on public.orders for select to authenticated using (note = (select auth.uid())::text);
  create view public.order_notes with (security_invoker = true) as select id, note from public.orders;
  grant select on public.order_notes to authenticated;
  create function public.total(shop bigint) returns numeric language sql set search_path = ''
    as 'select sum(amount) from public.orders where shop_id = shop';
  revoke execute on function public.total(bigint) from public;`

/** What is made of the second migration. */
export async function observed(engine: RunningEngine, sql: string): Promise<StepResult> {
  const folder = plantedFolder({ '20260101000000_base.sql': BASE, '20260102000000_change.sql': sql })
  return observedStep(await readFolder(folder), { on: engine })
}

/** What is said of it. */
export async function findings(engine: RunningEngine, sql: string): Promise<string[]> {
  const { findings: all } = await observed(engine, sql)
  return all.flatMap((one) => (one.outcome === 'passed' ? [] : [`${one.outcome}: ${one.reason}`]))
}
