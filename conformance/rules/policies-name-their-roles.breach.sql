-- Noticed: e2b_pricing_select_authenticated on copilot_internal.e2b_pricing

alter policy e2b_pricing_select_authenticated on copilot_internal.e2b_pricing to public;
