namespace Orleans.Kpl.Cli.Commands;

/// <summary>The exit codes of the process. Those of signals are 128 and the signal's number, as in shells.</summary>
internal static class ExitCode
{
    /// <summary>All records were delivered, or all were read.</summary>
    public const int Success = 0;

    /// <summary>Some records failed, the inspected record is damaged, or the tier is degraded.</summary>
    public const int SomeFailed = 1;

    /// <summary>The arguments or settings are wrong.</summary>
    public const int BadArguments = 2;

    /// <summary>A tier, an endpoint, a stream or a program that the command needs does not exist.</summary>
    public const int NotThere = 3;

    /// <summary>Ctrl-C (SIGINT) ended the command before its work was complete.</summary>
    public const int Interrupted = 130;

    /// <summary>SIGTERM ended the command before its work was complete.</summary>
    public const int Terminated = 143;
}
