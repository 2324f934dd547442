-- Noticed: copilot_internal.get_current_model_pricing(text,text)
-- Noticed: copilot_internal.quota_status(text,uuid)
-- Noticed: copilot_internal.price_lock(text,text,text)

alter function copilot_internal.get_current_model_pricing(text, text) reset search_path;
alter function copilot_internal.quota_status(text, uuid) set search_path = copilot_internal;
alter function copilot_internal.price_lock(text, text, text) set statement_timeout = 0;
