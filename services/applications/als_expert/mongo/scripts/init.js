// Creates the application's user, or brings its password and role up to date. It may be run as
// often as you like. Everything it needs comes from the environment.
// Run with: mongosh --nodb init.js

const USER_NOT_FOUND = 11;

function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

function setUp() {
  const address = `mongodb://${setting("MONGO_HOST")}:27017/admin?serverSelectionTimeoutMS=20000`;
  const server = connect(address, setting("MONGO_ROOT_USER"), setting("MONGO_ROOT_PASSWORD"));
  const database = setting("MONGO_DATABASE");
  const user = setting("MONGO_APP_USER");
  const rights = {
    pwd: setting("MONGO_APP_PASSWORD"),
    roles: [{ role: "readWrite", db: database }],
  };
  const own = server.getSiblingDB(database);
  try {
    own.updateUser(user, rights);
    print(`The user '${user}' of '${database}' is up to date.`);
  } catch (error) {
    if (error.code !== USER_NOT_FOUND) throw error;
    own.createUser({ user, ...rights });
    print(`The user '${user}' of '${database}' was created.`);
  }
}

try {
  setUp();
} catch (error) {
  // The message alone: the rest of the error may repeat the command, and with it a password.
  print(`mongo_init failed: ${error.message}`);
  quit(1);
}
