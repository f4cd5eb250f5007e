// Loaded with --import into a program that is measured: leaves its resource usage in the file that USAGE_FILE names.
import { writeFileSync } from 'node:fs';

process.on('exit', () => writeFileSync(process.env.USAGE_FILE, JSON.stringify(process.resourceUsage())));
