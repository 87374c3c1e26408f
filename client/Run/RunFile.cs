using Orleans.Kpl.Run.Processing;

namespace Orleans.Kpl.Run;

/// <summary>What a file of <c>kpl run</c> asks for.</summary>
/// <param name="Files">The files that records come from, a line each; null for standard input.</param>
/// <param name="Processors">What is done to each record, in order.</param>
/// <param name="Output">Where records go.</param>
internal sealed record RunFile(FileInputSettings? Files, IReadOnlyList<RecordProcessor> Processors, RunOutput Output);

/// <summary>Input <c>file</c>.</summary>
internal sealed record FileInputSettings
{
    /// <summary>Paths, whose last parts may have <c>*</c> and <c>?</c>.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Patterns of file names that are passed over. Default: compressed files.</summary>
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
