/** The suite of snapshotters on devmapper, with a thin pool in files: beside conformance.integration.test.ts, where the kernel has device mapper. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { temporaryDirectory } from '../test-fixtures.ts';
import { DeviceMapperBackend } from './device-mapper-backend.ts';
import { readDeviceMapperConfig } from './device-mapper-config.ts';
import { runSuite } from './snapshot-suite.ts';
import { openStore, printTable, storeApi } from './test-drivers.ts';

// Where no udev makes the devices' nodes, dmsetup does so itself if it is told.
if (!existsSync('/run/udev/control')) process.env.DM_DISABLE_UDEV = '1';
const skip = spawnSync('dmsetup', ['targets']).status !== 0 && 'needs device mapper and dmsetup';
const sectorSize = 512;
const [dataSize, metadataSize] = [4 * 2 ** 30, 64 * 2 ** 20];
/** Sectors of a block of the pool. */
const blockSize = 128;

t.test('devmapper', { skip }, async (t) => {
  const pool = makePool(t);
  const config = readDeviceMapperConfig({ pool_name: pool, base_image_size: '64MB' }, '');
  const traits = { mountType: 'ext4', staysWritable: true, chain: 8, countsBlocks: true };
  const make = (rootPath: string) => new DeviceMapperBackend({ ...config, rootPath });
  const passed = await runSuite(t, 'devmapper', traits, (test) => storeApi(openStore(test, make).store));
  t.same(devicesOf(pool), [], 'no device is left');
  printTable(t, new Map([['devmapper', passed]]));
});

/** A thin pool on files; the test's end removes it. */
function makePool(t: Test): string {
  const directory = temporaryDirectory(t);
  const [data, metadata] = [
    ['data', dataSize],
    ['metadata', metadataSize],
  ].map(([file, size]) => loopDevice(t, join(directory, String(file)), Number(size)));
  const pool = 'drydock-test';
  const thinPool = `0 ${dataSize / sectorSize} thin-pool ${metadata} ${data} ${blockSize} 0`;
  execFileSync('dmsetup', ['create', pool, '--table', thinPool]);
  t.teardown(() => execFileSync('dmsetup', ['remove', '--retry', pool]));
  return pool;
}

/** A block device on a file of zeros that takes no room. */
function loopDevice(t: Test, file: string, size: number): string {
  writeFileSync(file, '');
  truncateSync(file, size);
  const device = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim();
  t.teardown(() => execFileSync('losetup', ['--detach', device]));
  return device;
}

/** The devices of a pool that are there. */
function devicesOf(pool: string): string[] {
  const { stdout } = spawnSync('dmsetup', ['ls'], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '')
    .filter((name) => name.startsWith(`${pool}-`));
}
