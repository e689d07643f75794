/** `images convert` */
import { ignoreNotFound } from '@drydock/rpc/errors';
import { command } from '../../command.ts';
import { wordsFlag } from '../../flags/common.ts';
import { platformFlags, platformsOf } from '../../flags/platform.ts';
import { convertImage } from '../../image/convert.ts';
import { findImage } from '../../image/find.ts';

export const convert = command(
  'convert [words..]',
  'convert SOURCE TARGET: another form of an image',
  (argv) =>
    platformFlags(wordsFlag(argv))
      .option('uncompress', { type: 'boolean', default: false, describe: 'layers without compression' })
      .option('oci', { type: 'boolean', default: false, describe: "OCI's media types for Docker's" }),
  async (supervisor, args) => {
    const [source = '', name = ''] = args.words;
    if (source === '' || name === '') throw new Error('src and target image need to be specified');
    await supervisor.withLease(async (leased) => {
      const { image, target } = await findImage(leased, source);
      const { oci, uncompress } = args;
      const { mediaType, digest, size } = await convertImage(leased.content, target, {
        platforms: platformsOf(args),
        oci,
        uncompress,
      });
      await leased.images.delete({ name }).catch(ignoreNotFound);
      await leased.images.create({ image: { name, labels: image.labels, target: { mediaType, digest, size } } });
      console.log(digest);
    });
  },
);
