// Looks at a tier's dashboard with Debian's Chromium: node dashboard.mjs CHROMIUM TIER KINESIS WHAT [OTHER SILO, or SECONDS] [ITS PROCESS]. Prints one line of JSON.
import { acts } from './dashboard/acts.mjs';
import { errors, launch } from './dashboard/browser.mjs';
import { heats } from './dashboard/heat.mjs';
import { states } from './dashboard/states.mjs';

const [program, tier, kinesis, what, other, victim] = process.argv.slice(2);
const places = { tier, kinesis, other, victim };
const browser = await launch(program);
try {
  console.log(JSON.stringify({ ...await { ...acts(places), ...states(places), ...heats(places) }[what](), errors }));
} finally {
  await browser.close();
}
