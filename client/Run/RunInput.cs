namespace Orleans.Kpl.Run;

/// <summary>The source of a run's records.</summary>
internal abstract record RunInput(string Name);

/// <summary>Input <c>stdin</c>: standard input, a record a line.</summary>
internal sealed record StandardInputSettings() : RunInput("stdin");

/// <summary>Input <c>file</c>: files, a record a line.</summary>
internal sealed record FileInputSettings() : RunInput("file")
{
    /// <summary>Paths, whose last parts may have <c>*</c> and <c>?</c>.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Patterns of file names that patterns of <see cref="Paths"/> pass over. Default: compressed files.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = ["*.gz", "*.zip", "*.bz2", "*.xz", "*.zst"];

    /// <summary>Whether to wait for more at the end of a file, and for further files. Default false.</summary>
    public bool Follow { get; init; }

    /// <summary>Whether a file that the checkpoint does not know is read from its end. Default false: from its start.</summary>
    public bool FromEnd { get; init; }

    /// <summary>The file that keeps how far files were delivered; null for none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>How often to look for more at the end of files. Default 250 ms; 10 ms to 1 h.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a file that has lost its name is still watched for more. Default 5 s; 0 to 1 h.</summary>
    public TimeSpan RotateWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary><see cref="RotateWait"/>, and long enough to look several times: while it is renamed, a file may be overlooked once.</summary>
    public TimeSpan LeastWait => RotateWait > 4 * Poll ? RotateWait : 4 * Poll;

    /// <summary>The most lines that were read and that the checkpoint does not know as delivered. Default 10,000; 1 to 1,000,000.</summary>
    public int MaxInFlight { get; init; } = 10_000;
}

/// <summary>Input <c>http_server</c>: a server that takes JSON.</summary>
internal sealed record HttpInputSettings() : RunInput("http_server")
{
    /// <summary>The address to listen at. Default 127.0.0.1.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The port. Default 8080; 0 takes a free one.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>The path that records are posted to. Default <c>/ingest</c>.</summary>
    public string Path { get; init; } = "/ingest";

    /// <summary>The most bytes of a body. Default 10 MiB.</summary>
    public int MaxBodySize { get; init; } = 10 << 20;

    /// <summary>Whether a request is answered when its records are delivered; otherwise when they are taken. Default true.</summary>
    public bool Acknowledgment { get; init; } = true;

    /// <summary>The value that header <c>Authorization</c> must have; null for any.</summary>
    public string? Authorization { get; init; }
}
