/** The process of the fake service: takes its options as JSON in its first argument, and sends its address to its parent. */

import type { AddressInfo } from 'node:net';
import type { FakeOptions } from './options.ts';
import { FakeService } from './service.ts';

const options = JSON.parse(process.argv[2]) as FakeOptions;
const server = new FakeService(options).server();
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('disconnect', () => process.exit(0));
