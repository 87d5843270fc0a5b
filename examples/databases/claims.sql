-- A schema of the kind that Supabase and Neon have: the user is in the claims of a verified token.
-- [database] of its crosstalk.toml:
--   url = "$DATABASE_URL"                       as authenticator
--   claims = {sub = "{user}", role = "authenticated"}
--   role = "authenticated"
--   anonymous_role = "anon"
--   owners = {profiles = "id"}
--   subjects = ["...", "..."]                   two ids of auth.users
CREATE SCHEMA auth;
CREATE TABLE auth.users (id uuid PRIMARY KEY);
INSERT INTO auth.users VALUES
    ('11111111-1111-4111-8111-111111111111'), ('22222222-2222-4222-8222-222222222222');
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
$$;
CREATE TABLE profiles (
    id uuid PRIMARY KEY REFERENCES auth.users,
    display_name text NOT NULL
);
CREATE TABLE lists (
    user_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    PRIMARY KEY (user_id, id)
);
CREATE TABLE todos (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id uuid NOT NULL DEFAULT auth.uid() REFERENCES auth.users,
    list_id uuid,
    task text NOT NULL,
    done boolean NOT NULL DEFAULT false,
    FOREIGN KEY (user_id, list_id) REFERENCES lists (user_id, id)
);
CREATE TABLE categories (name text PRIMARY KEY);
ALTER TABLE profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE lists ENABLE ROW LEVEL SECURITY;
ALTER TABLE todos ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON profiles TO authenticated USING (id = auth.uid());
CREATE POLICY own ON lists TO authenticated USING (user_id = auth.uid());
CREATE POLICY own ON todos TO authenticated USING (user_id = auth.uid());
GRANT USAGE ON SCHEMA auth TO anon, authenticated;
GRANT SELECT ON categories TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON profiles, lists, todos TO anon, authenticated;
