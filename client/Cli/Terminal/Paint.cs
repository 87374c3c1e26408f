namespace Orleans.Kpl.Cli.Terminal;

/// <summary>Colours text for a terminal.</summary>
/// <param name="IsOn">Whether anything is coloured.</param>
internal readonly record struct Paint(bool IsOn)
{
    private const string End = "\u001b[0m";
    private const string Prefix = "kpl:";

    /// <summary>
    /// Decides whether an output is coloured: only a terminal is, and none if <c>NO_COLOR</c> is set (no-color.org) or the terminal says that
    /// it cannot (<c>TERM=dumb</c>).
    /// </summary>
    public static Paint For(CliHost host, bool isTerminal) =>
        new(isTerminal && host.Variable("NO_COLOR") is null && host.Variable("TERM") is not "dumb");

    public string Bold(string text) => Wrap(text, "1");

    /// <summary>Colours the <c>kpl:</c> that a message begins with, by what the message means.</summary>
    public string Message(string message, Tone tone) => tone is Tone.Plain || !message.StartsWith(Prefix, StringComparison.Ordinal)
        ? message
        : Words(Prefix, tone) + message[Prefix.Length..];

    /// <summary>Colours words by what they mean.</summary>
    public string Words(string text, Tone tone) => tone switch
    {
        Tone.Good => Wrap(text, "32"),
        Tone.Warning => Wrap(text, "33"),
        Tone.Bad => Wrap(text, "31"),
        _ => text,
    };

    private string Wrap(string text, string code) => IsOn ? $"\u001b[{code}m{text}{End}" : text;
}

/// <summary>The meaning of a message; it has a colour of its own on a terminal.</summary>
internal enum Tone
{
    /// <summary>A fact.</summary>
    Plain,

    /// <summary>All went well.</summary>
    Good,

    /// <summary>Something to look at.</summary>
    Warning,

    /// <summary>Something failed.</summary>
    Bad,
}
