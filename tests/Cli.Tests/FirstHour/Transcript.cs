using System.Text;
using Orleans.Kpl.Cli.Tests.Running;

namespace Orleans.Kpl.Cli.Tests.FirstHour;

/// <summary>Command lines that a user types one after the other, with what the terminal shows after each.</summary>
/// <param name="variables">The user's environment variables.</param>
internal sealed class Transcript(params IReadOnlyList<(string Name, string Value)> variables) : IDisposable
{
    private readonly StringBuilder _text = new();
    private readonly List<(string Text, string Placeholder)> _known = [];

    /// <summary>The user's folder.</summary>
    public Folder Folder { get; } = new();

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
    /// <param name="name">The file.</param>
    /// <param name="figures">Replaces figures that differ from run to run.</param>
    public void Check(string name, Func<string, string>? figures = null) =>
        GoldenText.Check(name, (figures ?? (static t => t))(_text.ToString()), [(Folder.Path, "{folder}"), .. _known]);

    public void Dispose() => Folder.Dispose();
}
