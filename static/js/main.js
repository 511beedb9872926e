import "./events.js";
import "./wave.js";
import "./poll.js";
import "./player.js";
import "./compose.js";
import "./keys.js";