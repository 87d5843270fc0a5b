-- A schema whose service sets the user in a setting: SELECT set_config('app.user_id', $1, true).
-- [database] of its crosstalk.toml:
--   url = "$DATABASE_URL"                       as notes_service
--   settings = {"app.user_id" = "{user}"}
CREATE TABLE users (
    id text PRIMARY KEY,
    email text NOT NULL
);
CREATE TABLE notebooks (
    user_id text NOT NULL REFERENCES users,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, name)
);
CREATE TABLE notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id text NOT NULL,
    notebook_id uuid,
    title text NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'done')),
    due date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (user_id, notebook_id) REFERENCES notebooks (user_id, id)
);
CREATE FUNCTION app_user() RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('app.user_id', true), '') $$;
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
ALTER TABLE notebooks ENABLE ROW LEVEL SECURITY;
ALTER TABLE notebooks FORCE ROW LEVEL SECURITY;
ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON users USING (id = app_user());
CREATE POLICY own ON notebooks USING (user_id = app_user());
CREATE POLICY own ON notes USING (user_id = app_user());
CREATE VIEW open_notes WITH (security_invoker = true) AS SELECT * FROM notes WHERE status = 'open';
CREATE FUNCTION my_titles() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public AS $$ SELECT title FROM notes WHERE user_id = app_user() $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON users, notebooks, notes, open_notes TO notes_service;
