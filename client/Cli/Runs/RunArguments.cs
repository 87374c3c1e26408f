namespace Orleans.Kpl.Cli.Runs;

/// <summary>The arguments of <c>kpl run</c>.</summary>
/// <param name="File">The file that says what to do.</param>
/// <param name="IsCheck">Whether the file is only checked.</param>
/// <param name="Json">Whether the summary goes to standard output as well.</param>
internal sealed record RunArguments(string File, bool IsCheck, bool Json);
