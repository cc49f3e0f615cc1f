// Starts `holdfast demo` in a folder of its own, for one run of the tests.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** A filled demonstration is there within seconds; a debug build on a busy machine takes longer. */
const PATIENCE_MS = 180_000;

/** The program under test: `PROGRAM_UNDER_TEST`, else the debug build. */
function program() {
  if (process.env.PROGRAM_UNDER_TEST) return process.env.PROGRAM_UNDER_TEST;
  const built = ['target/x86_64-unknown-linux-gnu/debug/holdfast', 'target/aarch64-unknown-linux-gnu/debug/holdfast'];
  return built.map((name) => path.join(ROOT, name)).find(existsSync) ?? path.join(ROOT, 'target/debug/holdfast');
}

/** The program takes names like ours for settings, and refuses those it does not know. */
const environment = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^HOLDFAST_(?!TEST_CLOCK)/.test(name)));

/** A running demonstration: what it printed about itself, and the ways to find people in it. */
export class House {
  constructor(process, folder, facts) {
    this.process = process;
    this.folder = folder;
    this.facts = facts;
    this.url = facts.url;
    this.workspace = facts.workspaces[0];
    this.operator = facts.operator;
  }

  /** Starts one; or, while tests are written, uses the one whose `--json` line `RUNNING_DEMO` names the file of. */
  static async start() {
    if (process.env.RUNNING_DEMO) return new House(null, null, JSON.parse(readFileSync(process.env.RUNNING_DEMO, 'utf8')));
    const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-browser-'));
    const server = spawn(program(), ['demo', '--json', '--data', folder, '--listen', '127.0.0.1:0'], {
      stdio: ['ignore', 'pipe', 'pipe'], env: environment(),
    });
    const heard = [];
    server.stderr.on('data', (chunk) => heard.push(chunk));
    const facts = await new Promise((resolve, reject) => {
      const fail = (why) => reject(new Error(`${program()} demo ${why}\n${Buffer.concat(heard).toString()}`));
      const timer = setTimeout(() => { server.kill(); fail('was not ready in time'); }, PATIENCE_MS);
      server.once('error', (error) => fail(error.message));
      server.once('exit', (code) => fail(`ended with ${code}`));
      readline.createInterface({ input: server.stdout }).on('line', (line) => {
        if (!line.startsWith('{')) return;
        clearTimeout(timer);
        resolve(JSON.parse(line));
      });
    });
    return new House(server, folder, facts);
  }

  /** The first member of the first workspace with this role and without a second step, unless asked for. */
  member(role, { twoStep = false } = {}) {
    const found = this.workspace.members.find((member) => member.role === role && Boolean(member.totp_secret) === twoStep);
    if (!found) throw new Error(`the demonstration has no ${role} ${twoStep ? 'with' : 'without'} a second step`);
    return found;
  }

  /** Somebody who has to show a code. */
  withTwoSteps() {
    const found = this.facts.workspaces.flatMap((workspace) => workspace.members).find((member) => member.totp_secret);
    if (!found) throw new Error('nobody in the demonstration has a second step');
    return found;
  }

  /** The address of a page of the first workspace. */
  at(place = '') {
    return `${this.url}/w/${this.workspace.slug}${place}`;
  }

  async stop() {
    if (!this.process) return;
    if (this.process.exitCode === null) {
      this.process.kill('SIGTERM');
      await new Promise((resolve) => this.process.once('exit', resolve));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
