-- Noticed: copilot_internal.get_current_model_pricing(text,text)

alter function copilot_internal.get_current_model_pricing(text, text) security definer;
