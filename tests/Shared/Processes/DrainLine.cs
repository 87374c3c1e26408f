using System.Globalization;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Testing;

/// <summary>What a process says of its records when it has drained.</summary>
internal sealed partial record DrainLine(int Delivered, int Failed, int Backlog)
{
    /// <summary>Reads the line, which must be one of those.</summary>
    public static DrainLine Parse(string line)
    {
        var match = Line().Match(line);
        Assert.True(match.Success, line);
        return new DrainLine(Of("delivered"), Of("failed"), Of("backlog"));

        int Of(string name) => int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^drained delivered=(?<delivered>[0-9]+) failed=(?<failed>[0-9]+) backlog=(?<backlog>[0-9]+) seconds=[0-9]+\.[0-9]+$")]
    private static partial Regex Line();
}
