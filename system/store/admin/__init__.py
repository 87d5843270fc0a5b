"""Commands of an administrator: roles and database, migrations, removal of expired rows."""
