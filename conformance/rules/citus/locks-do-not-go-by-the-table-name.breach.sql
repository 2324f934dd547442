-- Noticed: copilot_internal.later_guard()
-- Noticed: copilot_internal.later_price_guard()

create function copilot_internal.later_guard() returns trigger language plpgsql set search_path = '' as $$
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(tg_table_name || new.tenant_id, 0));
  return null;
end
$$;

-- By way of a variable.
create function copilot_internal.later_price_guard() returns trigger language plpgsql set search_path = '' as $$
declare
  list constant text := tg_relid::regclass;
begin
  perform pg_advisory_xact_lock(copilot_internal.price_lock(list, new.provider, new.model));
  return null;
end
$$;

-- Not noticed: a name that is only said, and a clock.
create function copilot_internal.later_message() returns trigger language plpgsql set search_path = '' as $$
begin
  raise notice '% changed at %', tg_table_name, clock_timestamp();
  return null;
end
$$;
