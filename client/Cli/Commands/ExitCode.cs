namespace Orleans.Kpl.Cli.Commands;

/// <summary>What the process says when it ends.</summary>
internal static class ExitCode
{
    /// <summary>All delivered, or all read.</summary>
    public const int Success = 0;

    /// <summary>Some records failed, or what was inspected is damaged.</summary>
    public const int SomeFailed = 1;

    /// <summary>Bad arguments or settings.</summary>
    public const int BadArguments = 2;

    /// <summary>Something that is needed is not there: a tier, an endpoint, a stream, a program.</summary>
    public const int NotThere = 3;

    /// <summary>Interrupted before anything was begun; as shells count SIGINT.</summary>
    public const int Interrupted = 130;
}
