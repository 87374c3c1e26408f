namespace Orleans.Kpl.Cli.Terminal;

/// <summary>What the command has around it. The process' own in <see cref="Program"/>, memory in tests.</summary>
internal sealed class CliHost
{
    /// <summary>Standard input.</summary>
    public required Stream Input { get; init; }

    /// <summary>Standard output: only data goes there.</summary>
    public required Stream Output { get; init; }

    /// <summary>Standard error: progress, messages, summaries, logs.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether a progress bar may be drawn on standard error.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether people read standard output as it is written.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Columns of the terminal.</summary>
    public Func<int> Columns { get; init; } = static () => 80;

    /// <summary>The environment's variables.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The folder that files and <c>appsettings.json</c> are looked for in.</summary>
    public required string Directory { get; init; }

    /// <summary>The folder that this program lies in; others that it starts lie beside it, or where the same build puts them.</summary>
    public string ProgramFolder { get; init; } = AppContext.BaseDirectory;

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Ctrl-C: read no more, end what was begun, say what was done.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>An environment variable, or null where it is missing or empty.</summary>
    public string? Variable(string name) => Environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>A file's path, seen from <see cref="Directory"/>.</summary>
    public string PathOf(string file) => Path.GetFullPath(file, Directory);
}
