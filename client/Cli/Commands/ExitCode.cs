namespace Orleans.Kpl.Cli.Commands;

/// <summary>The exit codes of the process.</summary>
internal static class ExitCode
{
    /// <summary>All records were delivered, or all were read.</summary>
    public const int Success = 0;

    /// <summary>Some records failed, or the inspected record is damaged.</summary>
    public const int SomeFailed = 1;

    /// <summary>The arguments or settings are wrong.</summary>
    public const int BadArguments = 2;

    /// <summary>A tier, an endpoint, a stream or a program that the command needs does not exist.</summary>
    public const int NotThere = 3;

    /// <summary>The command was interrupted before it began any work; the code that shells use for SIGINT.</summary>
    public const int Interrupted = 130;
}
