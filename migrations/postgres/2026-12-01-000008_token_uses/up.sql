-- When a program last used the token, to the minute.
ALTER TABLE api_tokens ADD COLUMN last_used_at TIMESTAMP;

-- Tokens end with the account of their maker: those of accounts that were disabled before have ended with them.
UPDATE api_tokens
SET revoked_at = (SELECT users.disabled_at FROM users WHERE users.email = api_tokens.created_by)
WHERE revoked_at IS NULL
  AND EXISTS (SELECT 1 FROM users WHERE users.email = api_tokens.created_by AND users.disabled_at IS NOT NULL);
