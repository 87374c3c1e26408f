using System.Collections;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Terminal;

/// <summary>The command's environment: the process' own by <see cref="ProcessHost"/>, objects in memory in tests.</summary>
internal sealed class CliHost
{
    /// <summary>Standard input.</summary>
    public required Stream Input { get; init; }

    /// <summary>Standard output, for data only.</summary>
    public required Stream Output { get; init; }

    /// <summary>Standard error, for progress, messages, summaries and logs.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether a progress bar may be drawn on standard error.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether standard output is a terminal, where people read it as it is written.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether standard input is a keyboard.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>Waits for a key that is typed, and does not echo it; null where there is no keyboard any more.</summary>
    public Func<char?>? ReadKey { get; init; }

    /// <summary>Returns the number of columns of the terminal.</summary>
    public Func<int> Columns { get; init; } = static () => 80;

    /// <summary>Returns the number of rows of the terminal.</summary>
    public Func<int> Rows { get; init; } = static () => int.MaxValue;

    /// <summary>The environment variables.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The folder in which files and <c>appsettings.json</c> are looked for.</summary>
    public required string Directory { get; init; }

    /// <summary>The folder of this program; programs that it starts are in the same folder, or where the same build puts them.</summary>
    public string ProgramFolder { get; init; } = AppContext.BaseDirectory;

    /// <summary>The tier of this machine, where nothing names one.</summary>
    public Uri UsualTier { get; init; } = new(SharedOptions.UsualTier);

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Is cancelled by Ctrl-C: the command stops reading, completes the work it began and reports it.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>Returns the exit code of a command that <see cref="Stop"/> ended: that of the signal.</summary>
    public Func<int> StopCode { get; init; } = static () => ExitCode.Interrupted;

    /// <summary>The words that a second Ctrl-C tells before it ends the process.</summary>
    public LastWords LastWords { get; init; } = new();

    /// <summary>The colours of standard output.</summary>
    public Paint OutputPaint => Paint.For(this, OutputIsTerminal);

    /// <summary>The colours of standard error.</summary>
    public Paint ErrorPaint => Paint.For(this, ErrorIsTerminal);

    /// <summary>Returns the environment variables of this process.</summary>
    public static Dictionary<string, string> Variables()
    {
        var variables = new Dictionary<string, string>(OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (DictionaryEntry variable in System.Environment.GetEnvironmentVariables())
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        return variables;
    }

    /// <summary>Returns an environment variable; null if it is missing or empty.</summary>
    public string? Variable(string name) => Environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>Returns a file's full path, relative to <see cref="Directory"/>.</summary>
    public string PathOf(string file) => Path.GetFullPath(file, Directory);
}
