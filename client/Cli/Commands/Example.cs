namespace Orleans.Kpl.Cli.Commands;

/// <summary>A command line that a verb's help shows.</summary>
/// <param name="Line">The line, without <c>kpl</c>.</param>
/// <param name="What">What it does.</param>
internal readonly record struct Example(string Line, string What);
