using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Cli.Tests.FirstHour;

/// <summary>A user at a terminal of 120 columns, with <c>kpl</c> on the PATH: each command is one line of a shell.</summary>
/// <param name="folder">The user's folder, which is also the home.</param>
/// <param name="variables">Environment variables besides PATH, HOME and TERM.</param>
internal sealed class TerminalSession(string folder, params IReadOnlyList<(string Name, string Value)> variables) : IAsyncDisposable
{
    private readonly PseudoTerminal _terminal = new();
    private Process? _shell;

    /// <summary>Starts a command line. Its shell has the terminal to itself, so that Ctrl-C goes to all of it.</summary>
    public TerminalSession Start(string line)
    {
        // The shell tells the command's exit code, as some prompts do. It survives Ctrl-C for that; the command sees the signal as ever.
        var script = $"""set -o pipefail; trap : INT; stty cols 120 rows 40; {line}; echo "[exit $?]" """;
        var start = new ProcessStartInfo("/bin/bash", ["-c", """exec setsid -c /bin/bash -c "$1" <"$0" >"$0" 2>&1""", _terminal.Device, script])
        {
            WorkingDirectory = folder,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = $"{Path.GetDirectoryName(Checkout.Built("Orleans.Kpl.Cli", "kpl"))}:/usr/local/bin:/usr/bin:/bin";
        start.Environment["HOME"] = folder;
        start.Environment["TERM"] = "xterm-256color";
        start.Environment["NO_COLOR"] = "1";
        foreach (var name in new[] { "DOTNET_ROOT", "DOTNET_ROOT_X64", "TMPDIR" })
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
                start.Environment[name] = value;
        }

        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        _shell = Process.Start(start)!;
        return this;
    }

    /// <summary>The process of the shell.</summary>
    public int Id => _shell!.Id;

    public Task SeenAsync(string text) => _terminal.SeenAsync(text);

    public Task SeenAsync(Func<string, bool> isMeant) => _terminal.SeenAsync(isMeant);

    public void Type(string text) => _terminal.Type(text);

    /// <summary>Ctrl-C.</summary>
    public void Interrupt() => _terminal.Type("\u0003");

    /// <summary>Waits for the end of the command line, and returns what the user sees.</summary>
    public async Task<string> EndAsync()
    {
        await _shell!.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Waiting.Long);
        _terminal.Finish();
        return Screen.Render(_terminal.Shown);
    }

    public async ValueTask DisposeAsync()
    {
        if (_shell is { HasExited: false })
        {
            _shell.Kill(entireProcessTree: true);
            await _shell.WaitForExitAsync();
        }

        _shell?.Dispose();
        _terminal.Dispose();
    }
}

/// <summary>What a terminal shows at the end of what was written to it.</summary>
internal static partial class Screen
{
    /// <summary>
    /// Carries out carriage returns, backspaces and line ends; blanks at the ends of lines are not seen, nor is the keyboard's mode. Other escape
    /// sequences stay, as <c>^[</c>.
    /// </summary>
    public static string Render(string written)
    {
        var lines = new StringBuilder();
        foreach (var line in KeyboardMode().Replace(written, "").Split('\n'))
            lines.Append(RenderLine(line).TrimEnd()).Append('\n');
        return lines.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>.NET asks for application keys at the start of a program.</summary>
    [GeneratedRegex(@"\x1b\[\?1[hl]|\x1b[=>]")]
    private static partial Regex KeyboardMode();

    private static string RenderLine(string written)
    {
        var (cells, at) = (new List<char>(), 0);
        foreach (var character in written)
        {
            if (character == '\r')
                at = 0;
            else if (character == '\b')
                at = Math.Max(0, at - 1);
            else
            {
                foreach (var shown in character == '\u001b' ? "^[" : $"{character}")
                    Put(shown);
            }
        }

        return string.Concat(cells);

        void Put(char shown)
        {
            if (at < cells.Count)
                cells[at] = shown;
            else
                cells.Add(shown);
            at++;
        }
    }
}
