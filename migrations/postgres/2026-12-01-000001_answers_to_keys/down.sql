ALTER TABLE idempotent_answers ADD CONSTRAINT idempotent_answers_token_id_fkey
    FOREIGN KEY (token_id) REFERENCES api_tokens (id);
