/** The version that the supervisor answers with. */

export const version = '0.1.0';
/** The source's revision; a build may put it here. */
export const revision = '';

/** What `--version` prints, in containerd's shape: name, source, version, revision. */
export const versionLine = `drydock-supervisor drydock ${version} ${revision}`.trimEnd();
