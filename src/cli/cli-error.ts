// What ends a command early, with the exit code that says why.

/** 0: all well; 1: some records failed, or the command did; 2: wrong usage; 130: interrupted. */
export type ExitCode = 0 | 1 | 2 | 130;

export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function usageError(message: string): CliError {
  return new CliError(message, 2);
}
