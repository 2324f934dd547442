import type { Probe } from '../probe.ts'

/** What reports and dashboards are made of: windows, groups, upserts, merges. */
export const queryProbes: readonly Probe[] = [
  {
    name: 'a running sum',
    ask: `select v, sum(v) over (order by v), row_number() over (order by v desc), lag(v) over (order by v), ntile(2) over (order by v) from (values (1.5), (2), (4)) as t (v) order by v`,
  },
  {
    name: 'a frame of rows',
    ask: `select v, sum(v) over (order by v rows between 1 preceding and current row), first_value(v) over (order by v range between unbounded preceding and unbounded following) from generate_series(1, 3) as v`,
  },
  {
    name: 'totals of groups',
    ask: `select a, b, sum(v), grouping(a, b) from (values ('x', 'p', 1), ('x', 'q', 2), ('y', 'p', 3)) as t (a, b, v) group by rollup (a, b) order by a nulls last, b nulls last`,
  },
  {
    name: 'percentiles',
    ask: `select percentile_cont(0.5) within group (order by v), percentile_disc(0.95) within group (order by v), mode() within group (order by v) from generate_series(1, 10) as v`,
  },
  {
    name: 'deviations',
    ask: `select stddev(v), variance(v), corr(v, v * 2), regr_slope(v, v) from generate_series(1, 4) as v`,
  },
  {
    name: 'the first row of each group',
    ask: `select distinct on (a) a, v from (values ('x', 2), ('x', 1), ('y', 3)) as t (a, v) order by a, v`,
  },
  {
    name: 'a query that calls itself',
    ask: `with recursive t (n) as (select 1 union all select n + 1 from t where n < 4) select string_agg(n::text, ',' order by n), max(n) from t`,
  },
  {
    name: 'a lateral join',
    ask: `select a, b from generate_series(1, 2) as a cross join lateral (select a * 10 as b) as t order by a`,
  },
  {
    name: 'a full join',
    ask: `select a, x, y from (values (1, 'x')) as l (a, x) full join (values (2, 'y')) as r (a, y) using (a) order by a`,
  },
  {
    name: 'sets of rows',
    ask: `(values (1), (2), (2)) except all (values (2)) union (values (3)) order by 1`,
  },
  {
    name: 'a page of rows',
    ask: `select v from generate_series(1, 10) as v order by v desc offset 2 fetch next 2 rows with ties`,
  },
  { name: 'more rows than one', ask: `select (select v from generate_series(1, 2) as v)`, refused: '21000' },
  {
    name: 'a column that is in no group',
    ask: `select a, count(*) from (values (1)) as t (a) group by ()`,
    refused: '42803',
  },
  {
    name: 'a column that two tables have',
    ask: `select a from (values (1)) as l (a), (values (1)) as r (a)`,
    refused: '42702',
  },
  {
    name: 'types that do not go together',
    ask: `select case when true then 1 else 'x'::text end`,
    refused: '42804',
  },
  { name: 'text compared with a number', ask: `select 'a'::text = 1`, refused: '42883' },
  {
    name: 'an upsert',
    setup: ['create table public.t (k text primary key, v int)', `insert into public.t values ('a', 1)`],
    ask: `insert into public.t as t values ('a', 2), ('b', 3) on conflict (k) do update set v = t.v + excluded.v where t.v < 10 returning k, v`,
  },
  {
    name: 'an upsert that meets one row twice',
    setup: ['create table public.t (k text primary key, v int)'],
    ask: `insert into public.t values ('a', 2), ('a', 3) on conflict (k) do update set v = excluded.v`,
    refused: '21000',
  },
  {
    name: 'an upsert without a constraint to meet',
    setup: ['create table public.t (k text, v int)'],
    ask: `insert into public.t values ('a', 2) on conflict (k) do nothing`,
    refused: '42P10',
  },
  {
    name: 'a merge',
    setup: [
      'create table public.t (k int primary key, v int)',
      `insert into public.t values (1, 1), (2, 2)`,
      `merge into public.t using (values (2), (3)) as s (k) on t.k = s.k when matched then delete when not matched then insert values (s.k, 30)`,
    ],
    ask: `select * from public.t order by k`,
  },
  {
    name: 'rows that an update returns',
    setup: ['create table public.t (k int, v numeric(20,12))', `insert into public.t values (1, 1), (2, 2)`],
    ask: `with changed as (update public.t set v = v * 1.1 returning k, v) select * from changed order by k`,
  },
  {
    name: 'what a statement sees of itself',
    setup: ['create table public.t (k int)', 'insert into public.t values (1)'],
    ask: `with gone as (delete from public.t returning k) select (select count(*) from gone) as gone, (select count(*) from public.t) as there`,
  },
  {
    name: 'a locked row',
    setup: ['create table public.t (k int)', 'insert into public.t values (1)'],
    ask: `select k from public.t for no key update skip locked`,
  },
  {
    name: 'rows of partitions',
    setup: [
      'create table public.t (at date, v int) partition by range (at)',
      `create table public.t_2026 partition of public.t for values from ('2026-01-01') to ('2027-01-01')`,
      `insert into public.t values ('2026-02-01', 1)`,
    ],
    ask: `select tableoid::regclass, v from public.t`,
  },
  {
    name: 'a row that fits no partition',
    setup: [
      'create table public.t (at date) partition by range (at)',
      `create table public.t_2026 partition of public.t for values from ('2026-01-01') to ('2027-01-01')`,
    ],
    ask: `insert into public.t values ('2025-02-01')`,
    refused: '23514',
  },
  {
    name: 'a view that can be written through',
    setup: [
      'create table public.t (v int)',
      'create view public.positive as select v from public.t where v > 0 with check option',
    ],
    ask: `insert into public.positive values (-1)`,
    refused: '44000',
  },
]
