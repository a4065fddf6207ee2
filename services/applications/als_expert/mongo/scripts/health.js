// Health: the server answers, and answers strangers with a refusal.
// While the image sets up its first user, it runs the server without authentication; a check that
// only asks whether somebody answers would let the other services in too early.
// Run with: mongosh --nodb health.js

const UNAUTHORIZED = 13;

function refusesStrangers() {
  const server = connect("mongodb://127.0.0.1:27017/admin?serverSelectionTimeoutMS=3000");
  try {
    server.adminCommand({ listDatabases: 1, nameOnly: true });
  } catch (error) {
    return error.code === UNAUTHORIZED;
  }
  return false;
}

quit(refusesStrangers() ? 0 : 1);
