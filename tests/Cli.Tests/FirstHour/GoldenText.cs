using System.Text;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Cli.Tests.FirstHour;

/// <summary>Holds what a user sees to a reviewed file. What differs from run to run has a placeholder there.</summary>
internal static partial class GoldenText
{
    private static readonly Regex Instant = new(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z");
    private static readonly Regex Clock = new(@"\b\d\d:\d\d:\d\d\b");
    private static readonly Regex SecondsAndRate = new(@"in [\d.,]+ s \([\d,]+/s\)");
    /// <summary>A machine and a process number.</summary>
    private static readonly Regex Silo = new(@"\S+:\d{2,7}(?=  {time})");

    /// <summary>Set to 1, this environment variable has the files written as the program shows them.</summary>
    private const string Accept = "KPL_ACCEPT_GOLDEN";

    private const string Folder = "tests/Cli.Tests/FirstHour/Golden";

    /// <summary>Compares a text with <c>Golden/NAME.txt</c>.</summary>
    /// <param name="known">Texts with their placeholders, such as addresses.</param>
    public static void Check(string name, string seen, params IEnumerable<(string Text, string Placeholder)> known)
    {
        var file = Path.Combine(Checkout.Root, Folder, name + ".txt");
        var now = Generalise(seen, known);
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllText(file, now);
        var reviewed = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        Assert.True(
            reviewed == now,
            $"What the user sees is not what {Folder}/{name}.txt has. Review it, and accept it by a run of this test with {Accept}=1.\n--- reviewed\n{reviewed}\n--- seen\n{now}");
    }

    private static string Generalise(string seen, IEnumerable<(string Text, string Placeholder)> known)
    {
        // The longest first: one address may begin with another.
        var text = known.OrderByDescending(static k => k.Text.Length)
            .Aggregate(seen, static (all, k) => all.Replace(k.Text, k.Placeholder, StringComparison.Ordinal));
        // The terminal's echo of Ctrl-C comes before or after what the program says, and at times not at all.
        text = text.Replace("^C", "", StringComparison.Ordinal);
        text = Instant.Replace(text, "{time}");
        text = Clock.Replace(text, "{clock}");
        text = Operation().Replace(text, "{operation}");
        text = SecondsAndRate.Replace(text, "in {s} s ({rate}/s)");
        return Silo.Replace(text, "{process}");
    }

    [GeneratedRegex(@"\b\d{8}T\d+-\w+-[0-9a-f]+\b|\b[0-9a-f]{32}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")]
    private static partial Regex Operation();
}

/// <summary>Command lines that a user types one after the other, with what the terminal shows after each.</summary>
/// <param name="variables">The user's environment variables.</param>
internal sealed class Transcript(params IReadOnlyList<(string Name, string Value)> variables) : IDisposable
{
    private readonly StringBuilder _text = new();
    private readonly List<(string Text, string Placeholder)> _known = [];

    /// <summary>The user's folder.</summary>
    public TemporaryFolder Folder { get; } = new();

    /// <summary>Names an address that differs from run to run.</summary>
    public Transcript Know(string text, string placeholder)
    {
        _known.Add((text, placeholder));
        return this;
    }

    /// <summary>Runs a command line, and returns what the user sees.</summary>
    public Task<string> RunAsync(string line) => RunAsync(line, static _ => Task.CompletedTask);

    /// <summary>Runs a command line while the user does something at the terminal.</summary>
    public async Task<string> RunAsync(string line, Func<TerminalSession, Task> act)
    {
        await using var session = new TerminalSession(Folder.Path, variables).Start(line);
        await act(session);
        var seen = await session.EndAsync();
        _text.Append("$ ").Append(line).Append('\n').Append(seen).Append('\n');
        return seen;
    }

    /// <summary>Compares all of it with a golden file.</summary>
    /// <param name="figures">Replaces figures that differ from run to run.</param>
    public void Check(string name, Func<string, string>? figures = null) =>
        GoldenText.Check(name, (figures ?? (static t => t))(_text.ToString()), [(Folder.Path, "{folder}"), .. _known]);

    public void Dispose() => Folder.Dispose();
}
