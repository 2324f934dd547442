-- Noticed: copilot_internal.usage_requests

alter table copilot_internal.usage_requests drop constraint usage_requests_pkey;
